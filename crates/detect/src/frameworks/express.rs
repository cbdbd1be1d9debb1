//! Express.js.

use domain::plan::{NotYet, Plan};

use super::{Framework, node_server};
use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;
use crate::node::start;
use crate::text;

pub(super) struct Express;

impl Framework for Express {
    fn info(&self) -> FrameworkInfo {
        FrameworkInfo::deployable("express", "Express.js", "nodejs", 3000)
            .shown_as("18.x", "npm install express")
    }

    fn evidence(&self, app: &App<'_>) -> Vec<Evidence> {
        let Some(package) = &app.node else {
            return Vec::new();
        };
        let mut out = Vec::new();
        if package.dependencies.contains("express") {
            out.push(Evidence::new(50, text::asks_for("package.json", "express")));
        }
        let started = start::find(&app.view, package);
        let file = started.as_ref().and_then(|started| started.file.as_deref());
        if let Some(file) = file
            && uses_express(&app.view.read(file).unwrap_or_default())
        {
            out.push(Evidence::new(50, text::calls_express(file)));
        }
        // A start script alone is any Node app's.
        if !out.is_empty() && package.script("start").is_some() {
            out.push(Evidence::new(10, text::has_start_script()));
        }
        out
    }

    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet> {
        node_server::plan(&self.info(), app)
    }
}

fn uses_express(source: &str) -> bool {
    let loads = [
        "require('express')",
        "require(\"express\")",
        "from 'express'",
        "from \"express\"",
    ];
    loads.iter().any(|load| source.contains(load))
}
