//! How the app stands, read from what systemd says. Pure.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::guest::AppState;
use domain::ports::DriverError;

use super::app_end;
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
        let noted = self.value("LastEnd").and_then(app_end::read);
        let known = match noted {
            // Not always told by systemd.
            Some(End::OutOfMemory) => noted,
            _ => self.main_end().or(noted),
        };
        match known {
            Some(end) => ended(end, u64::from(memory) << 20),
            None => text::NO_LAST_END.into(),
        }
    }

    /// What systemd itself knows, until it starts the app again.
    fn main_end(&self) -> Option<End> {
        let status = self.value("ExecMainStatus")?.parse().ok()?;
        // CLD_EXITED, CLD_KILLED, CLD_DUMPED of waitid(2); 0: there was none, or it is forgotten.
        match (self.value("Result"), self.value("ExecMainCode")?) {
            (Some("oom-kill"), "2" | "3") => Some(End::OutOfMemory),
            (_, "1") => Some(End::Code(status)),
            (_, "2" | "3") => Some(End::Signal(status)),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(active: &str, sub: &str, pid: u32, more: &str) -> String {
        format!(
            "NRestarts=3\nMainPID={pid}\nExecMainStartTimestamp=Mon 2026-11-23 03:12:22.123456 UTC\n\
             Description=Havre app abc\nLoadState=loaded\nActiveState={active}\nSubState={sub}\nFreezerState=running\n{more}"
        )
    }

    fn app(said: &str) -> AppState {
        read(said, 256).unwrap().app
    }

    #[test]
    fn a_running_app_has_a_beginning() {
        let since = "2026-11-23T03:12:22.123456Z".parse().unwrap();
        let running = AppState::Running { restarts: 3, since };
        assert_eq!(app(&said("active", "running", 7, "")), running);
        assert_eq!(
            read(&said("active", "running", 7, ""), 256)
                .unwrap()
                .fingerprint,
            "abc"
        );
        assert_eq!(app(&said("deactivating", "stop-sigterm", 7, "")), running);
    }

    #[test]
    fn between_two_lives_it_backs_off() {
        let waiting = AppState::BackingOff {
            restarts: 3,
            last_exit: "it exited with code 7".into(),
        };
        let end = "LastEnd=exit-code exited 7\n";
        for (active, sub) in [
            ("activating", "auto-restart"),
            ("activating", "start-pre"),
            ("deactivating", "final-sigterm"),
        ] {
            assert_eq!(app(&said(active, sub, 0, end)), waiting, "{sub}");
        }
    }

    #[test]
    fn past_the_bound_it_is_down() {
        let down = |last_exit: &str| AppState::Down {
            last_exit: last_exit.into(),
            crash_loop: true,
        };
        let seen = |end| app(&said("failed", "failed", 0, end));
        assert_eq!(
            seen("LastEnd=oom-kill killed KILL\n"),
            down("it used more than its 256 MB of memory")
        );
        // What systemd has not forgotten is newer than what was noted.
        assert_eq!(
            seen(
                "Result=exit-code\nExecMainCode=1\nExecMainStatus=7\nLastEnd=success killed TERM\n"
            ),
            down("it exited with code 7")
        );
        assert_eq!(
            seen(
                "Result=start-limit-hit\nExecMainCode=0\nExecMainStatus=0\nLastEnd=success exited 0\n"
            ),
            down("it exited by itself, without an error")
        );
        assert_eq!(
            seen("LastEnd=success killed TERM\n"),
            down("it was ended by SIGTERM")
        );
        assert_eq!(seen(""), down(text::NO_LAST_END));
    }

    #[test]
    fn what_is_paused_is_frozen_and_what_is_not_there_is_stopped() {
        assert_eq!(
            app(&said("active", "running", 7, "Paused=yes\n")),
            AppState::Frozen
        );
        let frozen =
            said("active", "running", 7, "").replace("FreezerState=running", "FreezerState=frozen");
        assert_eq!(app(&frozen), AppState::Frozen);
        let none = said("inactive", "dead", 0, "").replace("=loaded", "=not-found");
        assert_eq!(app(&none), AppState::Stopped);
        assert!(read("", 256).is_err() && read("ActiveState=odd\nLoadState=loaded", 256).is_err());
    }
}
