//! Flask, behind gunicorn.

use domain::plan::{NotYet, Plan, Start};

use super::{Framework, shared};
use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;
use crate::python::modules::{self, Entry};
use crate::python::server::{self, Target};
use crate::python::source::{Class, Shape};
use crate::text;

/// Enough to answer while others wait, without the memory of more workers.
const THREADS: u32 = 4;
/// Long-lived socket.io connections each hold a thread.
const SOCKET_THREADS: u32 = 100;

pub(super) struct Flask;

impl Framework for Flask {
    fn info(&self) -> FrameworkInfo {
        FrameworkInfo::deployable("flask", "Flask", "python", 5000)
            .shown_as("3.0", "pip install flask gunicorn")
    }

    fn evidence(&self, app: &App<'_>) -> Vec<Evidence> {
        of_class(app, Class::Flask, "flask", "Flask")
    }

    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet> {
        let entries = app.python.entries(Class::Flask);
        let entry = chosen(app, &entries, "Flask")?;
        let mut plan = shared::python(
            &self.info(),
            app,
            &shared::missing(app, "flask", "gunicorn"),
        );
        let sockets = app.python.deps.asked_by("flask-socketio").is_some();
        let (workers, threads) = if sockets {
            ("1", SOCKET_THREADS)
        } else {
            ("2", THREADS)
        };
        if sockets {
            plan.why.push(text::why_one_worker());
        }
        shared::set(&mut plan, "WEB_CONCURRENCY", workers);
        plan.start = Start::Line(server::gunicorn(&Target::of(&entry), threads));
        not_asked_for(&mut plan, app, "flask", &entry);
        Ok(plan)
    }
}

/// What speaks for a framework whose application is an object of a class.
pub(super) fn of_class(app: &App<'_>, class: Class, package: &str, call: &str) -> Vec<Evidence> {
    let mut out = Vec::new();
    if let Some(file) = app.python.deps.asked_by(package) {
        out.push(Evidence::new(50, text::asks_for(file, package)));
    }
    let entries = app.python.entries(class);
    if let Some(entry) = entries.first() {
        let (path, name) = (&entry.file.path, &entry.app.name);
        out.push(match &entry.app.shape {
            Shape::Object => Evidence::new(60, text::makes_object(path, name, call)),
            Shape::Called(function) => Evidence::new(60, text::makes_by(path, name, function)),
            Shape::Factory => Evidence::new(55, text::has_factory(path, name)),
            Shape::FactoryWith(_) => Evidence::new(45, text::has_factory(path, name)),
        });
    } else if let Some(file) = app.python.importer(package) {
        out.push(Evidence::new(20, text::imports(&file.path, package)));
    }
    out
}

/// The application to serve, or why none can be.
pub(super) fn chosen<'e>(
    app: &App<'_>,
    entries: &[Entry<'e>],
    title: &str,
) -> Result<Entry<'e>, NotYet> {
    let Some(first) = entries.first() else {
        return Err(text::no_entry(title, app.view.root()));
    };
    let rivals = modules::rivals(entries);
    if !rivals.is_empty() {
        let mut paths = vec![first.file.path.as_str()];
        paths.extend(rivals.iter().map(|file| file.path.as_str()));
        return Err(text::several_entries(title, &paths));
    }
    if let Shape::FactoryWith(wanted) = &first.app.shape {
        return Err(text::factory_wants(
            &first.file.path,
            &first.app.name,
            wanted,
        ));
    }
    Ok(first.clone())
}

/// Says that a framework was added that the source uses and no file asks for.
pub(super) fn not_asked_for(plan: &mut Plan, app: &App<'_>, package: &str, entry: &Entry<'_>) {
    let deps = &app.python.deps;
    if let Some(file) = deps.file()
        && deps.asked_by(package).is_none()
    {
        plan.warnings
            .push(text::used_not_asked(&entry.file.path, package, file));
    }
}
