//! Arguments of `deploy`.

use clap::Args;

use crate::text::help;

/// `havre deploy`.
#[derive(Debug, Args)]
pub struct DeployArgs {
    #[arg(value_name = "GIT_URL", help = help::GIT_URL)]
    pub git_url: String,
    #[arg(long, help = help::NEW_NAME)]
    pub name: String,
    #[arg(long = "type", value_name = "lxc|vm", value_parser = ["lxc", "vm"], hide_possible_values = true, help = help::TYPE)]
    pub kind: Option<String>,
    #[arg(long, value_name = "F", help = help::FRAMEWORK)]
    pub framework: Option<String>,
    #[arg(long = "ref", value_name = "R", help = help::REF)]
    pub git_ref: Option<String>,
    #[arg(long, value_name = "DIR", help = help::ROOT)]
    pub root: Option<String>,
    #[arg(long = "tag", value_name = "T", help = help::DEPLOY_TAG)]
    pub tags: Vec<String>,
    #[arg(long = "env", value_name = "K=V", help = help::ENV_PAIR)]
    pub env: Vec<String>,
    #[command(flatten)]
    pub resources: ResourceArgs,
    #[arg(long, help = help::NO_WAIT)]
    pub no_wait: bool,
    #[arg(long, help = help::ANY_VERSION)]
    pub any_version: bool,
    #[arg(long, help = help::DISCARD_DATA)]
    pub discard_data: bool,
    #[arg(long, value_name = "NODE", help = help::NODE)]
    pub node: Option<String>,
    #[arg(long, help = help::REPLACE_SOURCE)]
    pub replace_source: bool,
    #[arg(long, value_name = "PATH", help = help::HEALTH_PATH)]
    pub health_path: Option<String>,
    #[arg(long, value_name = "STATUS", help = help::HEALTH_BELOW)]
    pub health_below: Option<u16>,
    #[arg(long, value_name = "SECONDS", help = help::HEALTH_WITHIN)]
    pub health_within: Option<u32>,
}

/// What a deployment may use.
#[derive(Debug, Args)]
pub struct ResourceArgs {
    #[arg(long, value_name = "N", help = help::CORES)]
    pub cores: Option<u32>,
    #[arg(long, value_name = "MB", help = help::MEMORY)]
    pub memory: Option<u32>,
    #[arg(long, value_name = "GB", help = help::DISK)]
    pub disk: Option<u32>,
}

impl ResourceArgs {
    /// As the API takes them; none when nothing was asked.
    pub fn request(&self) -> Option<api::ResourcesRequest> {
        let asked = self.cores.is_some() || self.memory.is_some() || self.disk.is_some();
        asked.then_some(api::ResourcesRequest {
            cores: self.cores,
            memory: self.memory,
            disk: self.disk,
        })
    }
}
