//! What `main` needs to take up a role.

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use drivers::local::{GUEST_COMMAND, guest_main};
use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, GatewayArgs, ServeArgs};
use crate::config::{self, DotEnv, Layers, Settings, World};
use crate::exit::{Exit, Fault, Outcome};
use crate::gateway_role;
use crate::screen::Screen;
use crate::serve;
use crate::static_server;
use crate::text;

/// Takes up a role inside a guest, if that is what this process was started for.
pub fn early(role: Option<&OsStr>) -> Option<ExitCode> {
    match role?.to_str()? {
        GUEST_COMMAND => Some(guest_main(std::env::args_os().skip(2))),
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

/// Runs the server.
pub fn serve(screen: Screen, args: &ServeArgs) -> Outcome {
    let world = World::of_this_process();
    let layers = Layers::read(&world, &config::flags(args), DotEnv::Read)?;
    let settings = Settings::from_layers(&layers, &world)?;
    serve::start_logging(&settings.log);
    for (name, place) in &layers.ignored {
        screen.warn(&text::ignored_variable(name, place));
    }
    let runtime = large_runtime()?;
    let outcome = runtime.block_on(serve::run(screen, settings));
    // Threads that still wait for the disk are not waited for: what they do may be cut anywhere.
    runtime.shutdown_background();
    outcome
}

/// Runs the gateway.
pub fn gateway(args: GatewayArgs) -> Outcome {
    serve::start_logging(&std::env::var("HAVRE_LOG").unwrap_or_else(|_| "info".to_owned()));
    let runtime = large_runtime()?;
    let outcome = runtime.block_on(gateway_role::run(args));
    runtime.shutdown_background();
    outcome
}

/// As many threads as there are cores.
fn large_runtime() -> Result<Runtime, Fault> {
    no_runtime(Builder::new_multi_thread().enable_all().build())
}

/// One thread: enough for a client.
pub fn small_runtime() -> Result<Runtime, Fault> {
    no_runtime(Builder::new_current_thread().enable_all().build())
}

fn no_runtime(built: std::io::Result<Runtime>) -> Result<Runtime, Fault> {
    built.map_err(|error| Fault::new(Exit::Platform, text::no_runtime(&error.to_string())))
}
