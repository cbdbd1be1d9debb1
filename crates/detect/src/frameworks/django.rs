//! Django: gunicorn, migrations as the release command, static files collected by the build.

use domain::plan::{NotYet, Plan, Start};

use super::{Framework, shared};
use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;
use crate::index::join;
use crate::python::django::{Project, Sqlite};
use crate::python::install;
use crate::python::secrets;
use crate::python::server::{self, Target};
use crate::text;

const THREADS: u32 = 4;
const PYTHON: &str = ".venv/bin/python";

pub(super) struct Django;

impl Framework for Django {
    fn info(&self) -> FrameworkInfo {
        FrameworkInfo::deployable("django", "Django", "python", 8000)
            .shown_as("4.2", "pip install django gunicorn")
    }

    fn evidence(&self, app: &App<'_>) -> Vec<Evidence> {
        let mut out = Vec::new();
        if let Some(file) = app.python.deps.asked_by("django") {
            out.push(Evidence::new(50, text::asks_for(file, "django")));
        }
        if let Some(project) = Project::find(app) {
            out.push(Evidence::new(
                70,
                text::names_settings(&project.manage, &project.settings),
            ));
        } else if let Some(file) = app.python.importer("django") {
            out.push(Evidence::new(20, text::imports(&file.path, "django")));
        }
        out
    }

    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet> {
        let project = Project::find(app).ok_or_else(|| text::no_manage(app.view.root()))?;
        let start = start(app, &project)?;
        let server = if start.contains("gunicorn") {
            "gunicorn"
        } else {
            "daphne"
        };
        let mut plan = shared::python(&self.info(), app, &shared::missing(app, "django", server));
        shared::set(&mut plan, "WEB_CONCURRENCY", "2");
        plan.start = Start::Line(start);
        settings(&mut plan, &project);
        statics(&mut plan, app, &project);
        migrations(&mut plan, app, &project);
        Ok(plan)
    }
}

/// gunicorn; daphne where the app asks for it, since that is asked for to serve websockets.
fn start(app: &App<'_>, project: &Project) -> Result<String, NotYet> {
    let wants_daphne = app.python.deps.has_any(&["daphne"]);
    let target = |name: &str| Target {
        name: name.to_owned(),
        factory: false,
        base: project.folder.clone(),
    };
    match (&project.wsgi, &project.asgi) {
        (_, Some(asgi)) if wants_daphne => Ok(server::daphne(&target(asgi))),
        (Some(wsgi), _) => Ok(server::gunicorn(&target(wsgi), THREADS)),
        (None, Some(asgi)) => Ok(server::daphne(&target(asgi))),
        (None, None) => Err(text::no_wsgi(&project.settings)),
    }
}

fn settings(plan: &mut Plan, project: &Project) {
    if project.overrides_manage {
        shared::set(plan, "DJANGO_SETTINGS_MODULE", &project.settings);
        plan.why.push(text::why_settings(&project.settings));
    }
    let read: Vec<(&str, &str)> = project
        .env_read
        .iter()
        .map(|(name, file)| (name.as_str(), file.as_str()))
        .collect();
    for secret in secrets::to_make(read.iter().copied()) {
        if plan.secrets.iter().all(|known| known.name != secret.name) {
            plan.secrets.push(secret);
        }
    }
    let hosts = ["ALLOWED_HOSTS", "DJANGO_ALLOWED_HOSTS"];
    for name in hosts
        .into_iter()
        .filter(|name| project.env_read.contains_key(*name))
    {
        // The gateway lets only the app's own host names through, so the app need not know them.
        shared::set(plan, name, "*");
    }
    if project.debug() == Some(true) {
        plan.warnings.push(text::debug_on(&project.settings_file));
    }
    if project.allows_no_host() && project.debug() != Some(true) {
        plan.warnings
            .push(text::no_allowed_hosts(&project.settings_file));
    }
}

fn statics(plan: &mut Plan, app: &App<'_>, project: &Project) {
    if !project.serves_static() {
        return;
    }
    if project.has_static_root() {
        let manage = project.manage.as_str();
        plan.build.push(install::python(
            text::label_collectstatic(),
            &[PYTHON, manage, "collectstatic", "--noinput"],
        ));
        if !project.has_whitenoise() && !app.python.deps.has_any(&["whitenoise", "dj-static"]) {
            plan.warnings.push(text::no_whitenoise());
        }
    } else {
        plan.warnings
            .push(text::no_static_root(&project.settings_file));
    }
}

fn migrations(plan: &mut Plan, app: &App<'_>, project: &Project) {
    if !project.has_database() {
        return;
    }
    plan.release = Some(install::python(
        text::label_migrate(),
        &[PYTHON, &project.manage, "migrate", "--noinput"],
    ));
    let Some(sqlite) = project.sqlite() else {
        return;
    };
    match sqlite {
        Sqlite::Folder(folder) => {
            let folder = join(&project.folder, &folder);
            let kept = |path: &String| folder == *path || folder.starts_with(&format!("{path}/"));
            if !app.config.persist.iter().any(kept) {
                plan.warnings.push(text::sqlite_in(&folder));
            }
        }
        Sqlite::Top(file) => plan
            .warnings
            .push(text::sqlite_at_top(&file, &join(&project.folder, "data"))),
    }
}
