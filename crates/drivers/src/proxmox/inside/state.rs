//! How the app stands, read from what systemd says. Pure.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::guest::AppState;
use domain::ports::DriverError;

use super::unit::DESCRIPTION;
use crate::local::shared::End;
use crate::text::guest::ended;
use crate::text::inside as text;

/// One look at the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How the app stands.
    pub app: AppState,
    /// The service that the unit is for; empty without a unit.
    pub fingerprint: String,
}

/// Reads it; `memory` in MiB.
pub fn read(said: &str, memory: u32) -> Result<Seen, DriverError> {
    let look = Look(said);
    let state = look.value("ActiveState").ok_or_else(|| odd(said))?;
    let loaded = look.value("LoadState") == Some("loaded");
    let description = look.value("Description").unwrap_or_default();
    let fingerprint = description.strip_prefix(DESCRIPTION).unwrap_or_default();
    let app = match state {
        _ if !loaded => AppState::Stopped,
        "inactive" => AppState::Stopped,
        "failed" => AppState::Down {
            last_exit: look.last_exit(memory),
            crash_loop: true,
        },
        "active" | "activating" | "deactivating" | "reloading" | "maintenance" => {
            look.up(memory)?
        }
        _ => return Err(odd(said)),
    };
    Ok(Seen {
        app,
        fingerprint: fingerprint.to_owned(),
    })
}

struct Look<'a>(&'a str);

impl<'a> Look<'a> {
    fn value(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.parse().ok()
    }

    /// A unit that is up in some way.
    fn up(&self, memory: u32) -> Result<AppState, DriverError> {
        let frozen = self.value("FreezerState") == Some("frozen") || self.value("Paused").is_some();
        let restarts = self.number("NRestarts").unwrap_or_default();
        // Between two lives there is no process, but for the one that waits.
        let between = self.number("MainPID").unwrap_or_default() == 0;
        match (
            frozen,
            between && restarts_soon(self.value("SubState"), restarts),
        ) {
            (true, _) => Ok(AppState::Frozen),
            (_, true) => Ok(AppState::BackingOff {
                restarts,
                last_exit: self.last_exit(memory),
            }),
            _ => Ok(AppState::Running {
                restarts,
                since: self.since()?,
            }),
        }
    }

    fn since(&self) -> Result<DateTime<Utc>, DriverError> {
        let text = self.value("ExecMainStartTimestamp").unwrap_or_default();
        if text.is_empty() || text == "n/a" {
            // It is being started for the first time.
            return Ok(DateTime::UNIX_EPOCH);
        }
        let parsed = NaiveDateTime::parse_from_str(text, "%a %Y-%m-%d %H:%M:%S%.f UTC");
        parsed.map(|at| at.and_utc()).map_err(|_| odd(self.0))
    }

    fn last_exit(&self, memory: u32) -> String {
        let status = self
            .value("ExecMainStatus")
            .and_then(|text| text.parse::<i32>().ok())
            .unwrap_or_default();
        // CLD_EXITED, CLD_KILLED, CLD_DUMPED of waitid(2).
        let end = match (self.value("Result"), self.value("ExecMainCode")) {
            (Some("oom-kill"), _) => End::OutOfMemory,
            (_, Some("2" | "3")) => End::Signal(status),
            _ => End::Code(status),
        };
        ended(end, u64::from(memory) << 20)
    }
}

/// The wait after a crash is a start of its own.
fn restarts_soon(sub: Option<&str>, restarts: u32) -> bool {
    match sub {
        Some("start-pre") => restarts > 0,
        Some(sub) => {
            sub.starts_with("auto-restart") || sub.starts_with("final-") || sub.starts_with("stop-")
        }
        None => false,
    }
}

fn odd(said: &str) -> DriverError {
    text::odd_answer("look at the app", said)
}
