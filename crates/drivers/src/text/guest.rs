//! Sentences about guests: how an app ended, what the machine offers, what is missing.

use std::time::Duration;

use crate::local::wire::End;

/// How an app ended.
pub fn ended(end: End, memory: u64) -> String {
    match end {
        End::Code(0) => "it exited by itself, without an error".into(),
        End::Code(127) => "it could not be run (exit code 127: the command was not found)".into(),
        End::Code(code) => format!("it exited with code {code}"),
        End::Signal(signal) => match nix::sys::signal::Signal::try_from(signal) {
            Ok(name) => format!("it was ended by {name}"),
            Err(_) => format!("it was ended by signal {signal}"),
        },
        End::OutOfMemory => format!("it used more than its {} MB of memory", memory >> 20),
        End::OutOfDisk => OVER_DISK.into(),
    }
}

/// An app over its disk.
pub const OVER_DISK: &str = "it wrote more to its folder than its disk allows";
/// The first process of a guest was killed from outside.
pub const KILLED: &str = "its sandbox was killed from outside";
/// The shim is gone without a last word.
pub const SHIM_GONE: &str = "its supervisor was killed";
/// The machine was restarted.
pub const REBOOTED: &str = "the machine restarted";

/// A line in the app's log.
pub fn note_crash(how: &str, wait: Duration) -> String {
    format!(
        "[havre] The app ended: {how}. It is started again in {} ms.",
        wait.as_millis()
    )
}

/// As [`note_crash`], where the wait is not known to the one who writes.
pub fn note_ended(how: &str) -> String {
    format!("[havre] The app ended: {how}.")
}

/// The last line in the app's log.
pub fn note_down(how: &str) -> String {
    format!("[havre] The app stays down: {how}.")
}

/// The first line of a life.
pub const NOTE_STARTED: &str = "[havre] The app starts.";
/// The app was told to stop.
pub const NOTE_STOPPED: &str = "[havre] The app was stopped.";

/// Two things at a time in one guest.
pub const IN_USE: &str = "the guest is in use: its app or another command runs in it";

/// A link or a file stands where a folder is to be kept.
pub fn no_kept_folder(path: &str) -> domain::ports::DriverError {
    domain::ports::DriverError::Toolchain {
        what: format!(
            "havre.toml keeps `{path}` ([persist] paths), and the built app has a link or a file there, or above it"
        ),
        cure: "Name a folder that no link leads to, or remove the link or file in the repository or the build."
            .into(),
    }
}
