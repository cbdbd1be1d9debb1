//! Why no plan was made, and what to do.

use domain::plan::NotYet;

use super::words::{folder, quoted};
use crate::judge::Judged;

const PROCFILE_CURE: &str = "Say how it starts in a file named Procfile at the top of the repository, for example:\nweb: python server.py\nIt must listen on the port in $PORT, on all addresses (0.0.0.0).";

fn looked_for() -> Vec<String> {
    [
        "Procfile (web) or havre.toml ([start] command)",
        "Django: manage.py that names settings",
        "Flask: an object or factory made with Flask(...)",
        "FastAPI: an object or factory made with FastAPI(...)",
        "Express.js or another Node.js server: package.json with a start script or a server file",
        "Static site: index.html, public/index.html or a Staticfile",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn not_yet(message: String, cure: String) -> NotYet {
    NotYet {
        message,
        looked_for: looked_for(),
        cure,
    }
}

fn mistaken(message: String, cure: &str) -> NotYet {
    NotYet {
        message,
        looked_for: Vec::new(),
        cure: cure.to_owned(),
    }
}

pub(crate) fn nothing_runs(judged: &Judged<'_>) -> NotYet {
    let Some(sign) = judged.signs.first() else {
        let root = judged.app.view.root();
        let place = if root.is_empty() {
            "the repository".to_owned()
        } else {
            folder(root)
        };
        let message = format!("Nothing that Havre can run was found in {place}.");
        return not_yet(message, procfile_cure(judged));
    };
    let message = format!(
        "This looks like {} ({}). Havre does not run that yet; it comes.",
        sign.title, sign.evidence.sentence
    );
    let cure = match sign.procfile {
        Some(line) => format!(
            "A file named Procfile at the top of the repository runs it already; adapt the file's name:\n{line}"
        ),
        None => procfile_cure(judged),
    };
    not_yet(message, cure)
}

/// The cure with a file of the repository in it, where one looks like it could be started.
fn procfile_cure(judged: &Judged<'_>) -> String {
    let plain = |path: &&str| {
        path.chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    let file = judged
        .app
        .python
        .files
        .iter()
        .map(|file| file.path.as_str())
        .find(plain);
    match file {
        Some(file) => PROCFILE_CURE.replace("server.py", file),
        None => PROCFILE_CURE.to_owned(),
    }
}

pub(crate) fn several_apps(top: Option<&Judged<'_>>, below: &[Judged<'_>]) -> NotYet {
    let describe = |judged: &Judged<'_>| {
        let root = judged.app.view.root();
        let title = judged
            .best()
            .map_or("an app", |best| best.framework.info().name);
        format!("{} ({title})", if root.is_empty() { "." } else { root })
    };
    let all: Vec<String> = top.into_iter().chain(below).map(describe).collect();
    let first = below.first().map_or("FOLDER", |one| one.app.view.root());
    mistaken(
        format!(
            "The repository holds several apps and it cannot be told which one is meant: {}.",
            all.join(", ")
        ),
        &format!(
            "Choose one by its folder, for example with `--root {first}`, or with `[app] root = \"{first}\"` in havre.toml."
        ),
    )
}

pub(crate) fn no_entry(title: &str, root: &str) -> NotYet {
    not_yet(
        format!(
            "{title}: no Python file in {} makes its application.",
            folder(root)
        ),
        format!(
            "Make it at the top level of app.py, main.py or wsgi.py (for example `app = {title}(...)`), or say how it starts in a Procfile."
        ),
    )
}

pub(crate) fn several_entries(title: &str, paths: &[&str]) -> NotYet {
    let paths: Vec<String> = paths
        .iter()
        .take(20)
        .map(|path| (*path).to_owned())
        .collect();
    mistaken(
        format!(
            "{title}: several files make an application and it cannot be told which one is meant: {}.",
            paths.join(", ")
        ),
        "Choose a folder with `--root`, or say how the app starts in a Procfile, for example:\nweb: gunicorn --bind 0.0.0.0:$PORT module:app",
    )
}

pub(crate) fn factory_wants(path: &str, name: &str, wanted: &[String]) -> NotYet {
    let wanted: Vec<String> = wanted.iter().take(10).cloned().collect();
    mistaken(
        format!(
            "The factory `{name}` in {path} wants arguments ({}), which Havre cannot know.",
            wanted.join(", ")
        ),
        &format!("Give them defaults, or add a wsgi.py that calls it: `app = {name}(...)`."),
    )
}

pub(crate) fn no_manage(root: &str) -> NotYet {
    not_yet(
        format!("Django: no manage.py in {} names the settings module.", folder(root)),
        "Choose the project's folder with `--root`, or say how it starts in a Procfile, for example:\nweb: gunicorn --bind 0.0.0.0:$PORT mysite.wsgi".to_owned(),
    )
}

pub(crate) fn no_wsgi(settings: &str) -> NotYet {
    not_yet(
        format!("Django: no wsgi.py or asgi.py lies beside the settings `{settings}`."),
        "Add the wsgi.py that `django-admin startproject` makes, or say how it starts in a Procfile.".to_owned(),
    )
}

pub(crate) fn no_package_json(title: &str, root: &str) -> NotYet {
    not_yet(
        format!("{title}: no package.json is in {}.", folder(root)),
        "Run `npm init` and commit package.json, or choose the app's folder with `--root`."
            .to_owned(),
    )
}

pub(crate) fn no_node_start(title: &str) -> NotYet {
    not_yet(
        format!("{title}: package.json has no start script and no server file was found."),
        "Add to the scripts of package.json: \"start\": \"node server.js\".".to_owned(),
    )
}

pub(crate) fn no_index(root: &str) -> NotYet {
    not_yet(
        format!(
            "Static site: no index.html is in {} or in its public/.",
            folder(root)
        ),
        "Add an index.html, or name the folder in a Staticfile: `root: FOLDER`.".to_owned(),
    )
}

pub(crate) fn bad_static_root(root: &str) -> NotYet {
    mistaken(
        format!(
            "Staticfile names the root {}, which is no folder inside the app.",
            quoted(root)
        ),
        "Name a folder of the repository, for example `root: public`.",
    )
}

pub(crate) fn no_procfile(root: &str) -> NotYet {
    not_yet(
        format!("No Procfile is in {}.", folder(root)),
        PROCFILE_CURE.to_owned(),
    )
}

pub(crate) fn procfile_without_web(others: &[String]) -> NotYet {
    let others: Vec<String> = others.iter().take(20).cloned().collect();
    let message = format!(
        "The Procfile has no `web` line{}.",
        if others.is_empty() {
            String::new()
        } else {
            format!(" (only {})", others.join(", "))
        }
    );
    not_yet(message, PROCFILE_CURE.to_owned())
}

pub(crate) fn wish_later(name: &str, runs: &[&str]) -> NotYet {
    not_yet(
        format!("{name} is known and not run yet; it comes."),
        format!("What runs today: {}. {PROCFILE_CURE}", runs.join(", ")),
    )
}

pub(crate) fn wish_unknown(key: &str, runs: &[&str]) -> NotYet {
    mistaken(
        format!("Unsupported framework: {}", quoted(key).trim_matches('`')),
        &format!(
            "Choose one of: {}. Without a choice, Havre detects it.",
            runs.join(", ")
        ),
    )
}

pub(crate) fn bad_root(root: &str) -> NotYet {
    mistaken(
        format!(
            "The root {} is not a folder inside the repository.",
            quoted(root)
        ),
        "Give a relative folder, for example `--root backend`.",
    )
}

pub(crate) fn no_such_root(root: &str) -> NotYet {
    mistaken(
        format!("The repository has no folder {}.", quoted(root)),
        "Choose a folder that is in the repository, not a link, with `--root`.",
    )
}

pub(crate) fn persist_is_file(path: &str) -> NotYet {
    mistaken(
        format!(
            "havre.toml keeps {} ([persist] paths), which is a file of the repository.",
            quoted(path)
        ),
        "Only folders can be kept. Put the file into a folder of its own, for example data/, and name that.",
    )
}

pub(crate) fn unreadable_config() -> NotYet {
    bad_config("it is not UTF-8 text, or larger than 512 KiB")
}

pub(crate) fn bad_config(what: &str) -> NotYet {
    mistaken(
        format!("havre.toml cannot be used: {what}"),
        "Correct havre.toml and deploy again.",
    )
}

pub(crate) fn bad_path(key: &str, value: &str) -> String {
    format!(
        "{key} names {}; a path inside the repository is expected, without `..` or a leading `/`",
        quoted(value)
    )
}

pub(crate) fn bad_persist(value: &str) -> String {
    format!(
        "[persist] paths names {}; a folder of the app is expected, and not one that the build makes",
        quoted(value)
    )
}

pub(crate) fn too_many_paths(most: usize) -> String {
    format!("[persist] paths has more than {most} entries")
}

pub(crate) fn bad_version(key: &str, value: &str) -> String {
    format!("{key} is {}, which is no version", quoted(value))
}

pub(crate) fn bad_line(key: &str) -> String {
    format!("{key} holds a NUL byte")
}

pub(crate) fn bad_health_path(value: &str) -> String {
    format!(
        "health.path is {}; it must start with `/` and hold no spaces",
        quoted(value)
    )
}

pub(crate) fn out_of_range(key: &str, low: u64, high: u64) -> String {
    format!("{key} must be between {low} and {high}")
}

pub(crate) fn bad_env_value(name: &str) -> String {
    format!("[env] {name} must be a text, a number or a truth value")
}
