//! The last word on a plan: Procfile, then `havre.toml`. What they say wins over what was detected.

use domain::plan::{Command, NotYet, Plan, Run, Runtime, Start, VersionWish};

use crate::app::App;
use crate::config::{self, Config};
use crate::node::baked;
use crate::shell;
use crate::text;

/// Applies what the app's people say.
pub(crate) fn apply(app: &App<'_>, mut plan: Plan) -> Result<Plan, NotYet> {
    procfile(app, &mut plan);
    stated(&app.config, &mut plan);
    versions(&app.config, &mut plan);
    database(app, &mut plan);
    for path in &app.config.persist {
        if app.view.has(path) {
            return Err(text::persist_is_file(path));
        }
    }
    plan.persist.clone_from(&app.config.persist);
    plan.warnings.extend(app.config.warnings.iter().cloned());
    Ok(plan)
}

fn procfile(app: &App<'_>, plan: &mut Plan) {
    let Some(procfile) = &app.procfile else {
        return;
    };
    // A static site is chosen over a Procfile only by the user, and then it is Havre that serves it.
    let serves_files = matches!(plan.start, Start::Static { .. });
    if let Some(web) = procfile.web.as_ref().filter(|_| !serves_files) {
        plan.start = Start::Line(shell::exec(web));
        if plan.framework != "procfile" {
            plan.why.push(text::why_stated("Procfile", "web"));
        }
        if web.contains("migrate") && plan.framework == "django" {
            plan.warnings.push(text::migrates_at_start());
        }
    }
    if let Some(release) = &procfile.release {
        plan.release = Some(line(
            text::label_release("Procfile"),
            release,
            plan.main_runtime(),
        ));
    }
    plan.warnings.extend(procfile.warnings.iter().cloned());
}

fn stated(config: &Config, plan: &mut Plan) {
    let main = plan.main_runtime();
    let lines = |all: &[String], label: fn(&str) -> String| -> Vec<Command> {
        all.iter().map(|one| line(label(one), one, main)).collect()
    };
    if let Some(install) = &config.install {
        plan.install = lines(install, text::label_own_install);
        plan.why
            .push(text::why_stated(config::FILE, "[build] install"));
    }
    if let Some(build) = &config.build {
        plan.build = lines(build, text::label_build);
        if plan.baked_env.is_empty() && !build.is_empty() {
            plan.baked_env = baked::of_any_tool();
        }
        plan.why
            .push(text::why_stated(config::FILE, "[build] build"));
    }
    match config.release.as_deref() {
        Some("") => plan.release = None,
        Some(command) => {
            plan.release = Some(line(text::label_release(config::FILE), command, main))
        }
        None => {}
    }
    let serves_files = matches!(plan.start, Start::Static { .. });
    if let Some(start) = config.start.as_ref().filter(|_| !serves_files) {
        plan.start = Start::Line(shell::exec(start));
        plan.why
            .push(text::why_stated(config::FILE, "[start] command"));
    }
    plan.port = config.port.unwrap_or(plan.port);
    plan.health = config.health(plan.health.clone());
    for (name, value) in &config.env {
        plan.env.insert(name.clone(), value.clone());
        plan.secrets.retain(|secret| secret.name != *name);
    }
}

fn versions(config: &Config, plan: &mut Plan) {
    let stated = [
        (Runtime::Python, &config.python),
        (Runtime::Node, &config.node),
    ];
    for (runtime, wish) in stated {
        let need = plan
            .runtimes
            .iter_mut()
            .find(|need| need.runtime == runtime);
        if let (Some(need), Some(wish)) = (need, wish) {
            need.version = Some(VersionWish {
                wish: wish.clone(),
                file: config::FILE.to_owned(),
            });
        }
    }
}

/// A SQLite file in the app's folder is lost with the release that wrote it.
fn database(app: &App<'_>, plan: &mut Plan) {
    let is_python = plan.main_runtime() == Runtime::Python && plan.framework != "django";
    if let Some((file, url)) = app
        .python
        .sqlite
        .as_ref()
        .filter(|_| is_python && app.config.persist.is_empty())
    {
        plan.warnings.push(text::sqlite_url(file, url));
    }
}

fn line(label: String, line: &str, needs: Runtime) -> Command {
    Command {
        label,
        run: Run::Line(line.to_owned()),
        needs,
    }
}
