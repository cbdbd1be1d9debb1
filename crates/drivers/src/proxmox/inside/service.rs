//! Starting, stopping and freezing the app.

use std::time::Duration;

use domain::guest::{AppState, Service};
use domain::ports::DriverError;

use super::enter::{self, SHORT};
use super::files::{self, done};
use super::guest::ServiceLimits;
use super::launch::Launch;
use super::shell::Shell;
use super::state::{self, Seen};
use super::{program, unit};
use crate::local::shared::{fingerprint, service_argv};

const LOOK: &str = include_str!("scripts/look.sh");
const START: &str = include_str!("scripts/start.sh");
const STOP: &str = include_str!("scripts/stop.sh");
const FREEZE: &str = include_str!("scripts/freeze.sh");

/// What another service may take to end before this one starts, in seconds; the same as on this machine.
const OTHERS_GRACE: &str = "10";

/// Starts it, or lets a frozen one go on as it was.
pub async fn start(
    shell: &dyn Shell,
    service: &Service,
    limits: &ServiceLimits,
) -> Result<(), DriverError> {
    let launch = launch(shell, service, limits).await?;
    let seen = look(shell, limits.memory).await?;
    if seen.app == AppState::Frozen {
        return thaw(shell).await;
    }
    let life = enter::life();
    let unit = unit::text("", enter::path(), life, limits);
    // Other limits are another service, too: the unit is part of what is compared.
    let print = enter::short_hash(format!("{}{unit}", fingerprint(service)?).as_bytes());
    let runs = matches!(
        seen.app,
        AppState::Running { .. } | AppState::BackingOff { .. }
    );
    if runs && seen.fingerprint == print {
        return Ok(());
    }
    let unit = unit::text(&print, enter::path(), life, limits);
    enter::install(shell).await?;
    files::write(shell, unit::LAUNCH, 0o400, "app", &launch).await?;
    files::write(shell, unit::FILE, 0o644, "root", unit.as_bytes()).await?;
    let said = run(shell, START, &[OTHERS_GRACE], SHORT).await?;
    done("start the app", said).map(drop)
}

async fn launch(
    shell: &dyn Shell,
    service: &Service,
    limits: &ServiceLimits,
) -> Result<Vec<u8>, DriverError> {
    let mut argv = service_argv(service);
    if let domain::guest::ServiceStart::Static { .. } = service.start {
        argv[0] = program::upload(shell, &limits.exe).await?;
    }
    Launch::new(argv, &service.env, &service.dir, None)?.encode()
}

/// Ends it.
pub async fn stop(shell: &dyn Shell, grace: Duration) -> Result<(), DriverError> {
    let seconds = format!("{:.3}", grace.as_secs_f64().max(0.001));
    let said = run(shell, STOP, &[&seconds], grace.saturating_add(SHORT)).await?;
    done("stop the app", said).map(drop)
}

/// Freezes it; false where it cannot be, or where nothing runs.
pub async fn freeze(shell: &dyn Shell) -> Result<bool, DriverError> {
    let said = run(shell, FREEZE, &["freeze"], SHORT).await?;
    Ok(done("freeze the app", said)?.trim() == "yes")
}

async fn thaw(shell: &dyn Shell) -> Result<(), DriverError> {
    let said = run(shell, FREEZE, &["thaw"], SHORT).await?;
    done("thaw the app", said).map(drop)
}

/// Looks at it.
pub async fn look(shell: &dyn Shell, memory: u32) -> Result<Seen, DriverError> {
    let said = run(shell, LOOK, &[], SHORT).await?;
    state::read(&done("look at the app", said)?, memory)
}

async fn run(
    shell: &dyn Shell,
    script: &str,
    arguments: &[&str],
    bound: Duration,
) -> Result<super::shell::Said, DriverError> {
    let mut argv = vec!["/bin/sh", "-c", script, "havre"];
    argv.extend(arguments);
    shell.run(&argv, b"", bound).await
}
