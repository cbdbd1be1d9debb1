//! Every sentence that detection says to a user, in one place: another language comes next.
//!
//! Fragments of `why` are joined by [`why`]: they name the file first and what it does.

use domain::plan::NotYet;

use crate::evidence::{self, Evidence};
use crate::judge::Judged;

/// Longer texts of a repository are cut in sentences.
const MAX_QUOTED: usize = 80;

/// A text of the repository inside a sentence: on one line, not endless.
fn quoted(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_QUOTED)
        .collect();
    if text.chars().count() > MAX_QUOTED {
        format!("`{line}…`")
    } else {
        format!("`{line}`")
    }
}

fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn folder(root: &str) -> String {
    if root.is_empty() {
        "the top folder".to_owned()
    } else {
        format!("`{root}`")
    }
}

// --- why a framework

pub(crate) fn why(title: &str, evidence: &[Evidence]) -> String {
    let fragments: Vec<String> = evidence.iter().map(|one| one.sentence.clone()).collect();
    format!("{title}: {}", list(&fragments))
}

pub(crate) fn asks_for(file: &str, package: &str) -> String {
    format!("{file} asks for {package}")
}

pub(crate) fn makes_object(file: &str, name: &str, class: &str) -> String {
    format!("{file} makes `{name} = {class}(...)`")
}

pub(crate) fn makes_by(file: &str, name: &str, function: &str) -> String {
    format!("{file} makes `{name} = {function}(...)`")
}

pub(crate) fn has_factory(file: &str, function: &str) -> String {
    format!("{file} has the factory `{function}()`")
}

pub(crate) fn imports(file: &str, package: &str) -> String {
    format!("{file} imports {package}")
}

pub(crate) fn names_settings(manage: &str, settings: &str) -> String {
    format!("{manage} names the settings `{settings}`")
}

pub(crate) fn calls_express(file: &str) -> String {
    format!("{file} loads express")
}

pub(crate) fn has_start_script() -> String {
    "package.json has a start script".to_owned()
}

pub(crate) fn start_script(line: &str) -> String {
    format!("package.json starts it with {}", quoted(line))
}

pub(crate) fn listens(file: &str) -> String {
    format!("{file} listens on a port")
}

pub(crate) fn has_file(path: &str) -> String {
    format!("{path} is there")
}

pub(crate) fn says_start(file: &str, line: &str) -> String {
    match file {
        "Procfile" => format!("its `web` is {}", quoted(line)),
        file => format!("{file} starts the app with {}", quoted(line)),
    }
}

// --- further reasons

pub(crate) fn why_install(file: &str) -> String {
    format!("Dependencies come from {file}")
}

pub(crate) fn why_assets() -> String {
    "Assets are built by the build script of package.json".to_owned()
}

pub(crate) fn why_start(from: &str) -> String {
    format!("It is started by {from}")
}

pub(crate) fn why_static(dir: &str, spa: bool) -> String {
    let fallback = if spa {
        "; unknown paths answer index.html"
    } else {
        ""
    };
    format!(
        "The files of {} are served as they are{fallback}",
        folder(dir)
    )
}

pub(crate) fn why_stated(file: &str, key: &str) -> String {
    format!("{file} says `{key}`, which wins over what was detected")
}

pub(crate) fn why_settings(module: &str) -> String {
    format!("wsgi.py names the settings `{module}`, so manage.py runs with them too")
}

pub(crate) fn why_one_worker() -> String {
    "Flask-SocketIO keeps its connections in one process, so one worker with many threads serves"
        .to_owned()
}

pub(crate) fn why_root(root: &str) -> String {
    format!("The app is in {}, the only folder with one", folder(root))
}

pub(crate) fn why_secret(file: &str, name: &str) -> String {
    format!("{file} reads {name}")
}

pub(crate) fn rejected(title: &str, evidence: &[Evidence], weight: u32, chosen: u32) -> String {
    format!(
        "{title}: {}, which weighs less ({weight} against {chosen})",
        list(&evidence::sentences(evidence))
    )
}

pub(crate) fn rejected_later(title: &str, evidence: &[Evidence]) -> String {
    format!(
        "{title}: {}, which is not what serves this app",
        list(&evidence::sentences(evidence))
    )
}

// --- labels of commands

pub(crate) fn label_venv() -> String {
    "Making a Python environment (.venv)".to_owned()
}

pub(crate) fn label_install(file: &str) -> String {
    format!("Installing dependencies ({file})")
}

pub(crate) fn label_install_with(file: &str, extras: &[&str]) -> String {
    if extras.is_empty() {
        label_install(file)
    } else {
        format!("Installing dependencies ({file}) and {}", extras.join(", "))
    }
}

pub(crate) fn label_extras(names: &[&str]) -> String {
    format!("Adding {}", names.join(" and "))
}

pub(crate) fn label_tool(tool: &str) -> String {
    format!("Preparing {tool}")
}

pub(crate) fn label_export(tool: &str) -> String {
    format!("Reading the lock file ({tool})")
}

pub(crate) fn label_build(line: &str) -> String {
    format!("Building ({})", quoted(line).trim_matches('`'))
}

pub(crate) fn label_own_install(line: &str) -> String {
    format!("Installing ({})", quoted(line).trim_matches('`'))
}

pub(crate) fn label_collectstatic() -> String {
    "Collecting static files".to_owned()
}

pub(crate) fn label_migrate() -> String {
    "Migrating the database".to_owned()
}

pub(crate) fn label_release(file: &str) -> String {
    format!("Running the release command ({file})")
}

// --- warnings

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
        "No requirements.txt or pyproject.toml is there; only {} is installed. Add a requirements.txt with what the app imports",
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

// --- what stands in the way

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
