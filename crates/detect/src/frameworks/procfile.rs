//! Any app whose people say how it starts: a Procfile, or `[start] command` in `havre.toml`.

use domain::plan::{NotYet, Plan, Runtime, RuntimeNeed, Start};

use super::{Framework, node_server, shared};
use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;
use crate::python::deps::Manager;
use crate::shell;
use crate::text;

/// Programs that a Python environment brings.
const PYTHON: [&str; 14] = [
    "python",
    "python3",
    "gunicorn",
    "uvicorn",
    "hypercorn",
    "daphne",
    "waitress-serve",
    "flask",
    "fastapi",
    "streamlit",
    "django-admin",
    "uwsgi",
    "celery",
    "pip",
];
/// Programs that Node.js and its packages bring.
const NODE: [&str; 8] = ["node", "npm", "npx", "yarn", "pnpm", "next", "nuxt", "nest"];
/// Servers that Havre adds where the line uses them and nothing asks for them.
const SERVERS: [&str; 4] = ["gunicorn", "uvicorn", "hypercorn", "daphne"];

pub(crate) struct ProcfileApp;

impl Framework for ProcfileApp {
    fn info(&self) -> FrameworkInfo {
        FrameworkInfo::deployable("procfile", "Procfile", "any", 8000)
    }

    fn evidence(&self, app: &App<'_>) -> Vec<Evidence> {
        // Little weight: it says how to start, not what the app is. A known framework keeps its own build and health.
        match app.stated_start() {
            Some((line, file)) => vec![Evidence::new(10, text::says_start(file, line))],
            None => Vec::new(),
        }
    }

    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet> {
        let Some((line, _)) = app.stated_start() else {
            return Err(match &app.procfile {
                Some(procfile) => text::procfile_without_web(&procfile.others),
                None => text::no_procfile(app.view.root()),
            });
        };
        let lines = lines(app);
        let mut plan = match runtime(app, &lines) {
            Runtime::Python => shared::python(&self.info(), app, &servers(app, &lines)),
            other => bare(&self.info(), app, other),
        };
        plan.start = Start::Line(shell::exec(line));
        Ok(plan)
    }
}

/// The lines that the app's people wrote.
fn lines<'t>(app: &'t App<'_>) -> Vec<&'t str> {
    let release = app
        .procfile
        .as_ref()
        .and_then(|procfile| procfile.release.as_deref());
    let start = app.stated_start().map(|(line, _)| line);
    start.into_iter().chain(release).collect()
}

/// The language of what the lines start, in the words of the catalogue, where they tell.
pub(crate) fn language(app: &App<'_>) -> Option<&'static str> {
    let lines = lines(app);
    if uses(&lines, &PYTHON) {
        Some("python")
    } else if uses(&lines, &NODE) {
        Some("nodejs")
    } else {
        None
    }
}

/// Words of the lines, without folders: `.venv/bin/python` is `python`.
fn uses(lines: &[&str], programs: &[&str]) -> bool {
    lines.iter().any(|line| {
        line.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'))
            .map(|word| word.rsplit('/').next().unwrap_or(word))
            .any(|word| programs.contains(&word))
    })
}

/// The runtime that the lines use; where they do not tell, the one whose dependencies the app has.
fn runtime(app: &App<'_>, lines: &[&str]) -> Runtime {
    if uses(lines, &PYTHON) {
        Runtime::Python
    } else if uses(lines, &NODE) {
        Runtime::Node
    } else if app.python.deps.manager != Manager::Nothing {
        Runtime::Python
    } else if app.node.is_some() {
        Runtime::Node
    } else {
        Runtime::Shell
    }
}

fn servers(app: &App<'_>, lines: &[&str]) -> Vec<&'static str> {
    let missing =
        |server: &&str| uses(lines, &[server]) && app.python.deps.asked_by(server).is_none();
    SERVERS.iter().copied().filter(missing).collect()
}

/// The plan of an app that is not Python's.
fn bare(info: &FrameworkInfo, app: &App<'_>, runtime: Runtime) -> Plan {
    let mut plan = shared::blank(info, app);
    match &app.node {
        Some(package) if runtime == Runtime::Node => {
            node_server::node(&mut plan, package, &app.view)
        }
        _ => plan.runtimes.push(RuntimeNeed {
            runtime,
            version: None,
            optional: None,
        }),
    }
    plan
}
