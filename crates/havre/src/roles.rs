//! What `main` needs to take up a role.

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use tokio::runtime::{Builder, Runtime};

use crate::cli::Cli;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::static_server;
use crate::text;

/// Takes up a role inside a guest, if that is what this process was started for.
pub fn early(role: Option<&OsStr>) -> Option<ExitCode> {
    match role?.to_str()? {
        "__static" => Some(static_server::run()),
        _ => None,
    }
}

/// Prints what clap has to say: help and version are answers, everything else is bad input.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done.into(),
        _ => Exit::BadInput.into(),
    }
}

/// Prints the completions of a shell.
pub fn completions(screen: Screen, shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "havre", &mut script);
    screen.out(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}

/// One thread: enough for a client.
pub fn small_runtime() -> Result<Runtime, Fault> {
    no_runtime(Builder::new_current_thread().enable_all().build())
}

fn no_runtime(built: std::io::Result<Runtime>) -> Result<Runtime, Fault> {
    built.map_err(|error| Fault::new(Exit::Platform, text::no_runtime(&error.to_string())))
}
