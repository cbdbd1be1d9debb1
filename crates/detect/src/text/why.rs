//! Why a framework was chosen and others were not. Fragments are joined by [`why`]: they name the file first and what it
//! does.

use super::words::{folder, list, quoted};
use crate::evidence::{self, Evidence};

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

pub(crate) fn why_install(file: &str) -> String {
    format!("Dependencies come from {file}")
}

pub(crate) fn why_added(extras: &[&str]) -> String {
    format!(
        "Havre adds {}, which the app needs and does not ask for",
        extras.join(" and ")
    )
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
