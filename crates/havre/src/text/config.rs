//! What is said about settings.

use std::path::Path;

use crate::config::LocalGit;

pub const CONFIG_HEAD: [&str; 4] = ["SETTING", "VALUE", "FROM", "VARIABLE"];
pub const MASK: &str = "********";
pub const UNSET: &str = "(not set)";
pub const ORIGIN_DEFAULT: &str = "default";
pub const PLACE_ENV: &str = "environment";
pub const PLACE_DOT_ENV: &str = ".env";
pub const DOT_ENV_CURE: &str = "Each line must be NAME=value, quoted where the value holds spaces; lines that begin with # are comments.";
pub const NOT_AN_ADDRESS: &str = "An address with a port is expected, such as 127.0.0.1:5000.";
pub const NOT_A_COUNT: &str = "A number from 1 to 1000 is expected.";
pub const NOT_AN_AMOUNT: &str = "A number from 1 on is expected.";
pub const NOT_SECONDS: &str = "A whole number of seconds is expected.";
pub const NOT_ROOTS: &str = "1, 0, or absolute folders separated by : are expected.";
pub const NOT_A_DOMAIN: &str =
    "A host name is expected, without port, such as localhost or apps.example.com.";
pub const NOT_A_FLAG: &str = "1 or 0 is expected.";
pub const DRIVER_BY_SETUP: &str = "(as the set-up decides)";
pub const NOT_A_PATH: &str = "A path is expected.";
pub const NO_DATA_DIR: &str =
    "There is no folder to keep data in: neither XDG_DATA_HOME nor HOME is set.";
pub const NO_DATA_DIR_CURE: &str = "Name one with --data-dir or HAVRE_DATA_DIR.";

pub fn origin_env(name: &str) -> String {
    format!("environment {name}")
}

pub fn origin_dot_env(name: &str) -> String {
    format!(".env {name}")
}

pub fn origin_toml(key: &str) -> String {
    format!("havre.toml [server] {key}")
}

pub fn origin_flag(key: &str) -> String {
    format!("flag --{}", key.replace('_', "-"))
}

pub fn bad_setting(key: &str, value: &str, origin: &str) -> String {
    format!("`{value}` is not a good value for `{key}` (from: {origin}).")
}

/// Stands for a `DATABASE_URL` that is not taken; it may hold a password, so it is not shown.
pub const BAD_DATABASE_URL: &str = "(not a database URL; `havre doctor` says why)";

pub fn bad_database_url(origin: &str) -> String {
    format!("The database is not set right (from: {origin}).")
}

pub const NOT_A_FILE: &str = "It is not a file.";

pub fn file_too_large(most: u64) -> String {
    format!("It is larger than {} MiB.", most >> 20)
}

pub fn bad_line(number: usize) -> String {
    format!("Line {number} is not one.")
}

pub fn unreadable_file(path: &Path) -> String {
    format!("{} cannot be read.", path.display())
}

pub fn unknown_setting(key: &str) -> String {
    format!("[server] has no setting `{key}`; `havre config` lists them all.")
}

pub fn odd_setting(key: &str) -> String {
    format!("[server] {key} must be text, a number, true or false, or a list of texts.")
}

pub fn ignored_variable(name: &str, place: &str) -> String {
    format!("{name} ({place}) belongs to the original platform and means nothing here.")
}

pub fn local_git(which: &LocalGit) -> String {
    match which {
        LocalGit::None => "no".to_owned(),
        LocalGit::Any => "any folder".to_owned(),
        LocalGit::Below(roots) => roots
            .iter()
            .map(|root| root.display().to_string())
            .collect::<Vec<_>>()
            .join(":"),
    }
}
