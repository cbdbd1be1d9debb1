//! Any other Node.js server that says how it starts: koa, fastify, plain `http`.

use domain::plan::{NotYet, Plan, Start};

use super::{Framework, shared};
use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;
use crate::node::{Package, baked, commands, start};
use crate::python::secrets;
use crate::text;
use crate::view::View;

/// Server packages that run by their start script.
const SERVERS: [&str; 9] = [
    "koa",
    "fastify",
    "@hapi/hapi",
    "@nestjs/core",
    "polka",
    "restify",
    "hono",
    "@hono/node-server",
    "connect",
];
const MAX_READ: usize = 20;

pub(super) struct NodeServer;

impl Framework for NodeServer {
    fn info(&self) -> FrameworkInfo {
        FrameworkInfo::deployable("node", "Node.js", "nodejs", 3000)
    }

    fn evidence(&self, app: &App<'_>) -> Vec<Evidence> {
        let Some(package) = &app.node else {
            return Vec::new();
        };
        let mut out = Vec::new();
        if let Some(server) = SERVERS
            .iter()
            .find(|name| package.dependencies.contains(**name))
        {
            out.push(Evidence::new(50, text::asks_for("package.json", server)));
        }
        if let Some(line) = package.script("start") {
            out.push(Evidence::new(20, text::start_script(line)));
        }
        let started = start::find(&app.view, package);
        if let Some(file) = started.and_then(|started| started.file)
            && app
                .view
                .read(&file)
                .is_some_and(|source| source.contains(".listen("))
        {
            out.push(Evidence::new(35, text::listens(&file)));
        }
        out
    }

    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet> {
        plan(&self.info(), app)
    }
}

/// The plan of a Node server.
pub(super) fn plan(info: &FrameworkInfo, app: &App<'_>) -> Result<Plan, NotYet> {
    let package = app
        .node
        .as_ref()
        .ok_or_else(|| text::no_package_json(info.name, app.view.root()))?;
    let started = start::find(&app.view, package);
    let line = match (&started, app.stated_start()) {
        (Some(started), _) => started.line.clone(),
        (None, Some((line, _))) => line.to_owned(),
        (None, None) => return Err(text::no_node_start(info.name)),
    };
    let mut plan = shared::blank(info, app);
    node(&mut plan, package, &app.view);
    if let Some(started) = &started {
        plan.why.push(text::why_start(&started.from));
    }
    plan.start = Start::Line(line);
    Ok(plan)
}

/// What every plan that is served by Node.js has.
pub(super) fn node(plan: &mut Plan, package: &Package, view: &View<'_>) {
    plan.runtimes.push(package.need(None));
    plan.install.extend(commands::install(package));
    plan.build.extend(commands::build(package));
    plan.baked_env = baked::names(package);
    plan.warnings.extend(package.warnings.iter().cloned());
    plan.env.extend(commands::env(package));
    plan.why.push(text::why_install(package.manager.file()));
    if !package.manager.is_locked() {
        plan.warnings.push(text::no_node_lock());
    }
    shared::set(plan, "NODE_ENV", "production");
    let read = env_read(view);
    plan.secrets = secrets::to_make(
        read.iter()
            .map(|(name, file)| (name.as_str(), file.as_str())),
    );
}

fn env_read(view: &View<'_>) -> Vec<(String, String)> {
    let is_source = |path: &&str| {
        [".js", ".mjs", ".cjs", ".ts"]
            .iter()
            .any(|ending| path.ends_with(ending))
    };
    let mut paths: Vec<&str> = view.files().filter(is_source).collect();
    paths.sort_by_key(|path| (path.matches('/').count(), *path));
    let mut out = Vec::new();
    for path in paths.into_iter().take(MAX_READ) {
        let source = view.read(path).unwrap_or_default();
        out.extend(
            secrets::names_read(&source)
                .into_iter()
                .map(|name| (name, path.to_owned())),
        );
    }
    out
}
