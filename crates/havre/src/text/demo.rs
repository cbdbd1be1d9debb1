//! What the demo says.

use std::path::Path;

pub const DEMO_COMMIT: &str = "The example app";
pub const DEMO_HEAD: [&str; 7] = ["APP", "FRAMEWORK", "TIER", "SECONDS", "HTTP", "URL", "WHY"];
pub const DEMO_URL_HEAD: [&str; 3] = ["APP", "FRAMEWORK", "URL"];
pub const DEMO_SILENT: &str = "no answer";
pub const DEMO_SKIPPED: &str = "SKIPPED";
pub const DEMO_FAILED: &str = "FAILED";
pub const DEMO_CLEANS: &str = "Cleaning up: removing the apps, ending server and gateway...";

pub const DEMO_LOG: &str = "What the demo's server logged as wrong:";

pub fn demo_starts(apps: usize) -> String {
    format!("Deploying {apps} example apps from Git repositories through the ordinary API.")
}

pub fn demo_prefix(name: &str, width: usize) -> String {
    format!("{name:<width$} | ")
}

pub fn demo_serves(api: &str) -> String {
    format!(
        "\
They serve until Ctrl-C, which removes everything again. Meanwhile, in another terminal:
  export HAVRE_URL={}
  havre list
  havre logs NAME -f
  havre env set NAME GREETING=hello",
        api.trim_end_matches('/')
    )
}

pub fn demo_not(name: &str, skipped: bool, story: &str) -> String {
    let word = if skipped { "SKIPPED" } else { "FAILED" };
    format!("{word}: {name}: {story}")
}

pub fn demo_git(what: &str) -> String {
    format!("`git {what}` failed while the repositories of the demo were made.")
}

pub fn demo_no_server(log: &Path) -> String {
    format!(
        "The demo's server does not come up. Its log is {}.",
        log.display()
    )
}

pub fn demo_no_port(why: &str) -> String {
    format!("No port of 127.0.0.1 can be listened on: {why}.")
}

pub fn demo_not_removed(name: &str, why: &str) -> String {
    format!("{name} could not be removed: {why}")
}

pub fn demo_left(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "Interrupted while cleaning up: what is left lies in {folder}. Start `havre serve --data-dir {folder}/data` to reach it."
    )
}

pub fn demo_kept(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "Kept in {folder}: repositories, logs and data. Go on with `havre serve --data-dir {folder}/data`."
    )
}

pub fn demo_folder_left(folder: &Path, why: &str) -> String {
    format!("{} could not be removed: {why}", folder.display())
}

pub fn demo_list_broken(why: &str) -> String {
    format!("The list of example apps in this binary cannot be read: {why}")
}
