//! The frameworks that Havre runs: one file and one line in [`ALL`] each.

use domain::plan::{NotYet, Plan};

use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;

mod django;
mod express;
mod fastapi;
mod flask;
pub(crate) mod later;
mod node_server;
pub(crate) mod procfile;
mod shared;
mod static_site;

/// A framework: what speaks for it in a folder, and how it is built and started there.
pub(crate) trait Framework: Sync {
    /// Its key, name and port.
    fn info(&self) -> FrameworkInfo;

    /// What speaks for it; nothing when nothing does.
    fn evidence(&self, app: &App<'_>) -> Vec<Evidence>;

    /// The plan, or what is missing to make one. Asked even without evidence when the user wishes for the framework.
    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet>;
}

/// All of them. At equal weight the earlier one is chosen.
pub(crate) const ALL: &[&dyn Framework] = &[
    &django::Django,
    &flask::Flask,
    &fastapi::FastApi,
    &express::Express,
    &node_server::NodeServer,
    &static_site::StaticSite,
    &procfile::ProcfileApp,
];
