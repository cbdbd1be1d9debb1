//! What the plans of several frameworks have in common.

use std::collections::BTreeMap;

use domain::plan::{HealthCheck, Plan, Start};

use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::node::{baked, commands};
use crate::python::{install, secrets};
use crate::text;

/// A plan that says nothing yet but whose it is.
pub(super) fn blank(info: &FrameworkInfo, app: &App<'_>) -> Plan {
    Plan {
        framework: info.key.to_owned(),
        title: info.name.to_owned(),
        why: Vec::new(),
        rejected: Vec::new(),
        root: app.view.root().to_owned(),
        runtimes: Vec::new(),
        install: Vec::new(),
        build: Vec::new(),
        release: None,
        start: Start::Line(String::new()),
        port: info.port,
        health: HealthCheck::default(),
        env: BTreeMap::new(),
        baked_env: Vec::new(),
        secrets: Vec::new(),
        persist: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A Python app with its dependencies, its secrets, and its assets where it has a `package.json`.
pub(super) fn python(info: &FrameworkInfo, app: &App<'_>, extras: &[&str]) -> Plan {
    let mut plan = blank(info, app);
    let python = &app.python;
    plan.runtimes.push(python.need());
    plan.install = install::commands(&python.deps, extras);
    plan.secrets = secrets::to_make(
        python
            .env_read
            .iter()
            .map(|(name, file)| (name.as_str(), file.as_str())),
    );
    plan.warnings.extend(python.warnings.iter().cloned());
    if let Some(file) = python.deps.file() {
        plan.why.push(text::why_install(file));
    } else if !extras.is_empty() {
        plan.warnings.push(text::no_dependency_file(extras));
    }
    if !extras.is_empty() {
        plan.why.push(text::why_added(extras));
    }
    set(&mut plan, "PYTHONUNBUFFERED", "1");
    // A release is known by what its build made: byte code written while it runs would count as the app's own data.
    set(&mut plan, "PYTHONDONTWRITEBYTECODE", "1");
    // The gateway is the only way in, and it replaces these headers.
    set(&mut plan, "FORWARDED_ALLOW_IPS", "*");
    assets(&mut plan, app);
    plan
}

/// The assets of an app that is not Node's: built where Node.js is there, left out with a warning where it is not.
pub(super) fn assets(plan: &mut Plan, app: &App<'_>) {
    let Some(package) = &app.node else { return };
    if package.script("build").is_none() {
        plan.warnings.push(text::assets_without_build());
        return;
    }
    plan.why.push(text::why_assets());
    plan.runtimes
        .push(package.need(Some(text::assets_without_node())));
    plan.install.extend(commands::install(package));
    plan.build.extend(commands::build(package));
    plan.baked_env = baked::names(package);
    plan.warnings.extend(package.warnings.iter().cloned());
    plan.env.extend(commands::env(package));
}

/// What Havre installs because the app does not ask for it: the framework itself, and the server where it is used.
pub(super) fn missing<'n>(app: &App<'_>, framework: &'n str, server: &'n str) -> Vec<&'n str> {
    let deps = &app.python.deps;
    let starts_it = app
        .stated_start()
        .is_none_or(|(line, _)| line.contains(server));
    let mut out = Vec::new();
    if deps.asked_by(framework).is_none() {
        out.push(framework);
    }
    if deps.asked_by(server).is_none() && starts_it {
        out.push(server);
    }
    out
}

/// Sets an environment variable of the plan.
pub(super) fn set(plan: &mut Plan, name: &str, value: &str) {
    plan.env.insert(name.to_owned(), value.to_owned());
}
