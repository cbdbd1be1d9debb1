//! What the user should know of a plan that was made.

use super::words::{list, quoted};
use crate::evidence::{self, Evidence};

pub(crate) fn unreadable_requirements(path: &str) -> String {
    format!(
        "{path} is named but is not there or is not UTF-8 text, so what it asks for is not known before the build"
    )
}

pub(crate) fn include_outside(path: &str, target: &str) -> String {
    format!(
        "{path} includes {}, which is outside the app's folder",
        quoted(target)
    )
}

pub(crate) fn toml_error(content: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(content.len()));
    let before = content.as_bytes().get(..start).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("line {line}: {}", error.message().trim())
}

pub(crate) fn unreadable_toml(file: &str, content: &str, error: &toml::de::Error) -> String {
    format!(
        "{file} cannot be read ({}), so it is not used",
        toml_error(content, error)
    )
}

pub(crate) fn unreadable_json(file: &str, error: &serde_json::Error) -> String {
    format!("{file} cannot be read ({error}), so it is not used")
}

pub(crate) fn odd_requirement(file: &str, name: &str) -> String {
    format!(
        "{file} asks for {} in a way that only its own tool understands; it is not installed. A lock file or requirements.txt would say it to pip",
        quoted(name)
    )
}

pub(crate) fn odd_version(runtime: &str, file: &str, text: &str) -> String {
    format!(
        "{file} asks for {runtime} {}, which is no version that Havre knows; the default is used",
        quoted(text)
    )
}

pub(crate) fn odd_package_manager(text: &str) -> String {
    format!(
        "packageManager {} in package.json is not npm, pnpm or yarn with a version; the lock file decides",
        quoted(text)
    )
}

pub(crate) fn bun_by_npm() -> String {
    "The lock file is bun's; dependencies are installed by npm from package.json, unpinned"
        .to_owned()
}

pub(crate) fn no_node_lock() -> String {
    "There is no lock file, so each build may install other versions; commit package-lock.json"
        .to_owned()
}

pub(crate) fn no_dependency_file(extras: &[&str]) -> String {
    format!(
        "No requirements.txt or pyproject.toml is there; Havre installs only {}. Add a requirements.txt with what the app imports",
        extras.join(" and ")
    )
}

pub(crate) fn used_not_asked(path: &str, package: &str, file: &str) -> String {
    format!("{path} uses {package} and {file} does not ask for it; it is added. Add it to {file}")
}

pub(crate) fn assets_without_build() -> String {
    "package.json has no build script, so nothing is built from it".to_owned()
}

pub(crate) fn assets_without_node() -> String {
    "package.json builds assets and no Node.js is here, so they are not built. Install Node.js (with npm) and redeploy".to_owned()
}

pub(crate) fn source_is_public() -> String {
    "Everything in the app's folder is served, Python source included. Put the site into public/ to serve only that".to_owned()
}

pub(crate) fn odd_procfile_line(number: usize) -> String {
    format!("Line {number} of the Procfile is not `name: command` and is left out")
}

pub(crate) fn process_twice(name: &str) -> String {
    format!("The Procfile names `{name}` more than once; the first one counts")
}

pub(crate) fn other_processes(names: &[String]) -> String {
    let names: Vec<String> = names
        .iter()
        .take(20)
        .map(|name| format!("`{name}`"))
        .collect();
    format!(
        "The Procfile's {} {} not run yet; only `web` and `release` are",
        list(&names),
        if names.len() == 1 { "is" } else { "are" }
    )
}

pub(crate) fn migrates_at_start() -> String {
    "The Procfile's `web` migrates the database at every start. Move that to `release: python manage.py migrate --noinput`".to_owned()
}

pub(crate) fn unknown_keys(keys: &[String]) -> String {
    let keys: Vec<String> = keys.iter().take(20).map(|key| quoted(key)).collect();
    format!(
        "havre.toml has keys that mean nothing here: {}",
        keys.join(", ")
    )
}

pub(crate) fn debug_on(file: &str) -> String {
    format!(
        "{file} sets DEBUG = True: errors show the source and the settings to everyone. Set it to False or read it from the environment"
    )
}

pub(crate) fn no_allowed_hosts(file: &str) -> String {
    format!(
        "ALLOWED_HOSTS in {file} is empty: with DEBUG off, Django answers 400 to everything. Use ALLOWED_HOSTS = os.environ.get(\"ALLOWED_HOSTS\", \"*\").split(\",\")"
    )
}

pub(crate) fn no_static_root(file: &str) -> String {
    format!(
        "{file} sets no STATIC_ROOT, so static files (the admin's too) are not collected. Add STATIC_ROOT = BASE_DIR / \"staticfiles\" and WhiteNoise"
    )
}

pub(crate) fn no_whitenoise() -> String {
    "Static files are collected and nothing serves them: gunicorn does not. Add `whitenoise` to the dependencies and whitenoise.middleware.WhiteNoiseMiddleware to MIDDLEWARE".to_owned()
}

pub(crate) fn sqlite_in(folder: &str) -> String {
    format!(
        "The SQLite database in {folder}/ is lost with the next release. To keep it, add to havre.toml:\n[persist]\npaths = [\"{folder}\"]"
    )
}

pub(crate) fn sqlite_at_top(file: &str, folder: &str) -> String {
    format!(
        "The SQLite database {file} lies beside the code and is lost with the next release. To keep it, set its NAME to BASE_DIR / \"data\" / \"{file}\" and add to havre.toml:\n[persist]\npaths = [\"{folder}\"]"
    )
}

pub(crate) fn sqlite_url(file: &str, url: &str) -> String {
    format!(
        "{file} names the SQLite database {}: in the app's folder it is lost with the next release. To keep it, put it into a folder of its own and name that in havre.toml, for Flask's instance folder:\n[persist]\npaths = [\"instance\"]",
        quoted(url)
    )
}

pub(crate) fn wish_disagrees(wished: &str, other: &str, evidence: &[Evidence]) -> String {
    format!(
        "{wished} is what you chose; the repository looks like {other}: {}",
        list(&evidence::sentences(evidence))
    )
}

pub(crate) fn wish_without_evidence(wished: &str) -> String {
    format!("{wished} is what you chose; nothing in the repository speaks for it")
}

pub(crate) fn close_call(other: &str, key: &str) -> String {
    format!(
        "{other} is in the same folder and weighs about as much; `--framework {key}` deploys that instead"
    )
}

pub(crate) fn top_not_run(title: &str) -> String {
    format!("{title} at the top of the repository is not run yet and not part of this app")
}

pub(crate) fn tree_is_cut() -> String {
    "The repository has more files than detection looks at; what lies deep in it was not seen"
        .to_owned()
}

pub(crate) fn not_prepared(title: &str) -> String {
    format!(
        "This looks like {title}, for which Havre prepares nothing yet: its commands find only what the base system has"
    )
}
