//! Starting, stopping and freezing an app, from the controller's side.

use std::time::Duration;

use domain::guest::{AppState, Service, ServiceStart};
use domain::ports::DriverError;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::environment::SELF_PATH;
use super::files;
use super::launch;
use super::layout::GuestDir;
use super::observe;
use super::shim::state::State;
use super::trouble::On;
use super::wire::{Answer, Ask, Launch};

const BOUND: Duration = Duration::from_secs(30);

/// Program and arguments of a service.
pub fn argv(service: &Service) -> Vec<String> {
    match &service.start {
        ServiceStart::Argv(argv) => argv.clone(),
        ServiceStart::Static { dir, spa } => {
            let folder = format!("{}/{}", domain::guest::APP_DIR, dir.trim_matches('/'));
            let mut argv = vec![SELF_PATH.into(), "__static".into(), "--dir".into(), folder];
            argv.extend(spa.then(|| "--spa".to_owned()));
            argv
        }
    }
}

/// Tells one service from another; a hash, since the environment holds secrets.
pub fn fingerprint(service: &Service) -> Result<String, DriverError> {
    let bytes = serde_json::to_vec(service).on("write the service")?;
    Ok(hex::encode(Sha256::digest(bytes)))
}

/// The state of a shim that lives.
pub fn living(dir: &GuestDir) -> Result<Option<State>, DriverError> {
    let state = observe::state(dir).on("read the guest's state")?;
    Ok(state.filter(|state| state.shim.is_alive() && !is_over(&state.app)))
}

fn is_over(app: &AppState) -> bool {
    matches!(app, AppState::Stopped | AppState::Down { .. })
}

/// Starts it, or lets a frozen one go on as it was. Another service that runs in the guest is stopped first.
pub async fn start(
    exe: &std::path::Path,
    launch: &Launch,
    fingerprint: &str,
) -> Result<(), DriverError> {
    let dir = GuestDir(launch.dir.clone());
    if let Some(state) = living(&dir)? {
        if state.app == AppState::Frozen {
            return thaw(&dir).await;
        }
        if state.fingerprint == fingerprint {
            return Ok(());
        }
        stop(&dir, Duration::from_secs(10)).await?;
    }
    let mut shim = launch::start(exe, launch).await?;
    let ready = shim.events.ready(BOUND).await;
    // The first process of the pair goes away as soon as it has forked.
    let _ = tokio::time::timeout(BOUND, shim.child.wait()).await;
    Ok(ready.map(drop)?)
}

async fn thaw(dir: &GuestDir) -> Result<(), DriverError> {
    match ask(dir, Ask::Thaw, BOUND).await? {
        Answer::Done => Ok(()),
        Answer::Cannot(why) => Err(DriverError::Transient(why)),
    }
}

/// Freezes it; false where it cannot be, or where nothing runs.
pub async fn freeze(dir: &GuestDir) -> Result<bool, DriverError> {
    if living(dir)?.is_none() {
        return Ok(false);
    }
    Ok(ask(dir, Ask::Freeze, BOUND).await? == Answer::Done)
}

/// Ends it; a shim that does not answer is killed, and its guest with it.
pub async fn stop(dir: &GuestDir, grace: Duration) -> Result<(), DriverError> {
    let Some(state) = observe::state(dir).on("read the guest's state")? else {
        return say_stopped(dir);
    };
    if state.shim.is_alive() {
        let answered = ask(dir, Ask::Stop { grace }, grace + BOUND).await;
        let gone = match answered {
            Ok(Answer::Done) => state.shim.wait(BOUND).await,
            _ => false,
        };
        if !gone && !state.shim.kill(BOUND).await {
            return Err(DriverError::Transient(
                "the guest's supervisor does not end".into(),
            ));
        }
    }
    say_stopped(dir)
}

/// What is dead and was told to stop is stopped, however it died.
fn say_stopped(dir: &GuestDir) -> Result<(), DriverError> {
    let Some(mut state) = observe::state(dir).on("read the guest's state")? else {
        // There is none, or a loss of power cut it.
        return Ok(files::gone_is_fine(std::fs::remove_file(dir.state()))
            .on("remove the guest's state")?);
    };
    state.app = AppState::Stopped;
    Ok(files::write_json(&dir.state(), &state, false).on("write the guest's state")?)
}

/// Asks the shim. An error: it does not answer.
async fn ask(dir: &GuestDir, ask: Ask, bound: Duration) -> Result<Answer, DriverError> {
    let talk = async {
        let mut socket = UnixStream::connect(dir.control()).await?;
        let mut line = serde_json::to_vec(&ask)?;
        line.push(b'\n');
        socket.write_all(&line).await?;
        let mut answer = String::new();
        BufReader::new(socket).read_line(&mut answer).await?;
        Ok::<Answer, std::io::Error>(serde_json::from_str(&answer)?)
    };
    let answer = tokio::time::timeout(bound, talk).await;
    let answer = answer
        .map_err(|_| DriverError::Transient("the guest's supervisor does not answer".into()))?;
    answer.map_err(|error| {
        DriverError::Transient(format!("the guest's supervisor cannot be asked: {error}"))
    })
}
