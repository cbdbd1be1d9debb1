//! Looking at guests: from what their shims wrote, and whether those are alive.

use std::fs;
use std::io;

use domain::GuestId;
use domain::guest::{AppState, GuestSeen, Listening, Observation};
use domain::ports::DriverError;

use super::files;
use super::layout::{GuestDir, Layout};
use super::process::boot_id;
use super::shim::state::State;
use super::spec::{self, Made};
use crate::text::guest as text;

/// Looks at one guest. Only a folder that is certainly not there is absent.
pub fn observe(layout: &Layout, id: &GuestId) -> Observation {
    let dir = layout.guest(id);
    match files::read_json::<Made>(&dir.spec()) {
        Ok(Some(made)) => match app_state(&dir) {
            Ok(app) => Observation::Present(seen(&made, app)),
            Err(error) => Observation::Unknown(format!("its state cannot be read: {error}")),
        },
        Ok(None) => absent(layout, &dir),
        Err(error) => Observation::Unknown(format!("its spec cannot be read: {error}")),
    }
}

/// A data folder that is not there (a disk that is not mounted yet) says nothing about its guests.
fn absent(layout: &Layout, dir: &GuestDir) -> Observation {
    let there = fs::symlink_metadata(&dir.0)
        .map(|_| true)
        .or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(false),
            _ => Err(error),
        });
    match there {
        Ok(false) if layout.guests().is_dir() => Observation::Absent,
        Ok(false) => Observation::Unknown("the folder of all guests is not there".into()),
        Ok(true) => Observation::Unknown("its folder is there, and its spec is not".into()),
        Err(error) => Observation::Unknown(format!("its folder cannot be looked at: {error}")),
    }
}

fn seen(made: &Made, app: AppState) -> GuestSeen {
    GuestSeen {
        id: made.spec.id.clone(),
        deployment: made.spec.deployment,
        role: made.spec.role,
        app,
        machine: None,
    }
}

/// The state file of a guest whose service was started at some time.
pub fn state(dir: &GuestDir) -> io::Result<Option<State>> {
    match files::read_json(&dir.state()) {
        // A living shim replaces the file as a whole: what cannot be parsed was cut by a loss of power, with its shim.
        Err(error) if is_cut(&error) => Ok(None),
        other => other,
    }
}

fn is_cut(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, UnexpectedEof};
    matches!(error.kind(), InvalidData | UnexpectedEof)
}

/// How the app stands: what the shim says while it lives, and what its death means afterwards.
fn app_state(dir: &GuestDir) -> io::Result<AppState> {
    let Some(state) = state(dir)? else {
        return Ok(without_state(dir));
    };
    let is_last = matches!(state.app, AppState::Stopped | AppState::Down { .. });
    if is_last || state.shim.is_alive() {
        return Ok(state.app);
    }
    // It may have written its last word between the two looks.
    let again = self::state(dir)?.map_or(AppState::Stopped, |state| state.app);
    if matches!(again, AppState::Stopped | AppState::Down { .. }) {
        return Ok(again);
    }
    let rebooted = boot_id()? != state.shim.boot;
    Ok(AppState::Down {
        last_exit: if rebooted {
            text::REBOOTED
        } else {
            text::SHIM_GONE
        }
        .into(),
        crash_loop: false,
    })
}

/// A guest that was never started, or whose state a loss of power cut.
fn without_state(dir: &GuestDir) -> AppState {
    if !dir.state().exists() {
        return AppState::Stopped;
    }
    AppState::Down {
        last_exit: text::REBOOTED.into(),
        crash_loop: false,
    }
}

/// Every guest; one whose spec cannot be read is left out and said so in the log.
pub fn list(layout: &Layout) -> Result<Vec<GuestSeen>, DriverError> {
    let what = |error| DriverError::other("list the guests", error);
    let mut all = Vec::new();
    for entry in fs::read_dir(layout.guests()).map_err(what)? {
        let name = entry.map_err(what)?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<GuestId>().ok()) else {
            continue;
        };
        match observe(layout, &id) {
            Observation::Present(seen) => all.push(seen),
            Observation::Absent => {}
            Observation::Unknown(why) => {
                tracing::warn!(guest = %id, why, "a guest cannot be looked at")
            }
        }
    }
    Ok(all)
}

/// The sockets in state LISTEN inside a guest; none when nothing runs.
pub fn listening(layout: &Layout, id: &GuestId) -> Result<Listening, DriverError> {
    spec::read(layout, id)?;
    let state = state(&layout.guest(id))
        .map_err(|error| DriverError::other("read the guest's state", error))?;
    let Some(state) = state.filter(|state| state.shim.is_alive()) else {
        return Ok(Listening::default());
    };
    let read = |file: &str| {
        fs::read_to_string(format!("/proc/{}/net/{file}", state.init)).unwrap_or_default()
    };
    let mut sockets = super::sockets::listening(&read("tcp"));
    sockets.extend(super::sockets::listening(&read("tcp6")));
    Ok(Listening { sockets })
}
