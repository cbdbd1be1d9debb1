//! Sentences about runtimes of the host and what is missing.

use std::path::Path;

use domain::plan::{Runtime, RuntimeNeed, VersionWish};
use domain::ports::DriverError;

use crate::local::toolchain::Installed;

fn title(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Python => "Python",
        Runtime::Node => "Node.js",
        Runtime::Static => "a static file server",
        Runtime::Shell => "a shell",
    }
}

/// No runtime of this kind that is complete.
pub fn missing(need: &RuntimeNeed, incomplete: &[Installed]) -> DriverError {
    let name = title(need.runtime);
    let what = match incomplete.first() {
        Some(one) => format!(
            "The app needs {name}. This machine has {name} {} at {}, but without {}.",
            one.release,
            one.exe.display(),
            one.lacks.as_deref().unwrap_or("what it needs"),
        ),
        None => format!("The app needs {name}, and this machine does not have it."),
    };
    let cure = match need.runtime {
        Runtime::Python => {
            "Install it: apt install python3-venv (or pyenv install 3.12), then deploy again."
        }
        _ => "Install it: apt install nodejs npm (or nvm install --lts), then deploy again.",
    };
    DriverError::Toolchain {
        what,
        cure: cure.into(),
    }
}

/// Runtimes are there, but none of the version asked for.
pub fn wrong_version(runtime: Runtime, asked: &VersionWish, found: &[Installed]) -> DriverError {
    let name = title(runtime);
    let have: Vec<String> = found.iter().map(|one| one.release.to_string()).collect();
    let install = match runtime {
        Runtime::Python => format!("pyenv install {}", first_version(&asked.wish)),
        _ => format!("nvm install {}", first_version(&asked.wish)),
    };
    DriverError::Toolchain {
        what: format!(
            "The app asks for {name} {} ({}), and this machine has {}.",
            asked.wish,
            asked.file,
            have.join(", ")
        ),
        cure: format!(
            "Install that version ({install}), change {}, or deploy with --any-version.",
            asked.file
        ),
    }
}

/// The wish is in no syntax that is known.
pub fn unreadable_wish(runtime: Runtime, asked: &VersionWish) -> DriverError {
    DriverError::Toolchain {
        what: format!(
            "The app asks for {} `{}` ({}), which is no version that Havre can read.",
            title(runtime),
            asked.wish,
            asked.file
        ),
        cure: format!(
            "Write a version such as 3.12 or 20 into {}, or deploy with --any-version.",
            asked.file
        ),
    }
}

/// Another version than the one asked for is used.
pub fn other_version(asked: &VersionWish, used: &Installed) -> String {
    let name = title(used.runtime);
    format!(
        "{} asks for {name} {}; {} is used, since this machine does not have it.",
        asked.file, asked.wish, used.release
    )
}

/// A base's interpreter is not where it was.
pub fn vanished(one: &Installed) -> DriverError {
    let name = title(one.runtime);
    DriverError::Toolchain {
        what: format!(
            "{name} {} was at {} and is not there any more.",
            one.release,
            one.exe.display()
        ),
        cure: format!(
            "Install {name} {} there again, or redeploy the app so that it is built anew.",
            one.release
        ),
    }
}

/// An install folder that would show private files.
pub fn too_wide(one: &Installed) -> String {
    format!(
        "{} at {} is not used: its folder {} holds more than the runtime, so guests must not see it.",
        one.title(),
        one.exe.display(),
        one.prefix.display()
    )
}

/// A setting names a file that cannot be shown to builds.
pub fn setting_left_out(name: &str, path: &Path) -> String {
    format!(
        "The setting {name} is not passed to builds: {} cannot be read or lies in a home.",
        path.display()
    )
}

/// A setting leads to this machine's loopback, which guests cannot reach.
pub fn loopback_setting(name: &str) -> String {
    format!(
        "The setting {name} names an address of this machine, which builds cannot reach; use an address of the network."
    )
}

fn first_version(wish: &str) -> String {
    let start = wish.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let version: String = wish[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    if version.is_empty() {
        "the version".into()
    } else {
        version.trim_end_matches('.').into()
    }
}
