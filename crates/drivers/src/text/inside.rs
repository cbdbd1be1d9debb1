//! Sentences about what is done inside a guest of a cluster.

use domain::ports::DriverError;

/// Stands before the name of what could not be run.
pub const CANNOT_RUN: &str = "havre: cannot run";

/// A NUL byte in what a program is given.
pub const NUL: &str = "a NUL byte in an argument, a variable or a folder";

/// An earlier or later call of the same step.
pub const REPLACED: &str = "a later run of this command took its place";

/// The unit is gone, and nobody knows how it ended.
pub const ENDED_FROM_OUTSIDE: &str = "the command was ended from outside";

/// What the guest says cannot be understood.
pub fn odd_answer(what: &str, said: &str) -> DriverError {
    let said: String = said.chars().take(300).collect();
    DriverError::other(
        format!("{what} in the guest"),
        format!("it answers what is not understood: {}", said.trim()),
    )
}

/// A command of the driver failed in the guest.
pub fn failed(what: &str, said: &str) -> DriverError {
    let tail: Vec<&str> = said.lines().rev().take(5).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    let why = match tail.join(" | ") {
        empty if empty.trim().is_empty() => "it says nothing".to_owned(),
        words => words.chars().take(1000).collect(),
    };
    DriverError::other(format!("{what} in the guest"), why)
}

/// The disk of the guest is full.
pub fn disk_full(what: &str) -> DriverError {
    DriverError::Capacity {
        what: format!("the disk of the guest is full: cannot {what}"),
        cure: "Give the deployment more disk, or make the app smaller.".into(),
    }
}

/// What is to be sent to a guest cannot be read on this machine.
pub fn cannot_read_here(error: std::io::Error) -> DriverError {
    DriverError::other("read what is to be sent to the guest", error)
}

/// This machine's disk does not take an artifact or a kept folder.
pub fn cannot_store(error: std::io::Error) -> DriverError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return DriverError::Capacity {
            what: "the disk of this machine is full: what came from the guest cannot be kept"
                .into(),
            cure: "Make room in Havre's data folder, then deploy again.".into(),
        };
    }
    DriverError::other("keep what came from the guest", error)
}

/// An app's folder is larger than an artifact may be.
pub fn artifact_too_large(most: u64) -> DriverError {
    DriverError::Capacity {
        what: format!(
            "the built app has more than {} MB in its folder",
            most >> 20
        ),
        cure: "Leave out of the build what the app does not need to run.".into(),
    }
}

/// What came is not what was asked for.
pub fn bad_archive(error: std::io::Error) -> DriverError {
    DriverError::other("read the archive that the guest sends", error)
}

/// Something in an app's folder that no artifact holds.
pub fn odd_entry(kind: u8) -> String {
    format!(
        "an entry of kind {:?}, which an app's folder cannot have",
        char::from(kind)
    )
}

/// An artifact is gone from this machine.
pub fn no_artifact(id: &domain::ArtifactId) -> DriverError {
    DriverError::other(
        format!("make a guest from artifact {id}"),
        "the artifact is not there",
    )
}

/// Something still writes into the folder that is sealed.
pub const CHANGED_WHILE_READ: &str = "the app's folder changed while it was read";

/// A file of the source is shorter than it was a moment ago.
pub const FILE_SHRANK: &str = "a file became shorter while it was read";

/// A command of the driver's own hangs.
pub fn takes_too_long(bound: std::time::Duration) -> String {
    format!(
        "a command in the guest did not end within {} seconds",
        bound.as_secs()
    )
}

/// The guest's system is not up.
pub fn not_ready(state: &str) -> String {
    format!("the system in the guest is not up: systemd says `{state}`")
}

/// apt said no.
pub fn not_installed(packages: &[&str], last: &str) -> DriverError {
    let what = format!("install {}", packages.join(" "));
    let missing = ["Unable to locate package", "has no installation candidate"];
    if missing.iter().any(|words| last.contains(words)) {
        return DriverError::Toolchain {
            what: format!("the system of the guest has no package for it: cannot {what}: {last}"),
            cure: "Use a newer template, or ask for another version.".into(),
        };
    }
    if last.contains("No space left on device") {
        return disk_full(&what);
    }
    failed(&what, last)
}

/// The guest does not know how the app ended.
pub const NO_LAST_END: &str = "it could not be started";
