//! Lines of the journal as lines of the app's log. Pure.

use chrono::{DateTime, Utc};
use domain::ports::LogLine;
use serde::Deserialize;
use serde_json::Value;

use crate::local::shared::{End, LineCleaner};
use crate::text::guest as words;

/// The longest line of the journal in its JSON form that is looked at: a message of the 48 KiB at which the journal cuts
/// lines, each byte as a number.
pub const MOST: usize = 512 * 1024;

/// What is asked of an entry beside its cursor and time.
pub const FIELDS: &str =
    "MESSAGE,MESSAGE_ID,_PID,_LINE_BREAK,COMMAND,EXIT_CODE,EXIT_STATUS,JOB_TYPE";

const STARTED: &str = "39f53479d3a045ac8e11786248231fbf";
const STOPPED: &str = "9d1aaa27d60140bd96365438aad20286";
const EXITED: &str = "98e322203f7a4ed290d09fe03c09fe15";

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "__CURSOR")]
    cursor: String,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    at: String,
    #[serde(rename = "MESSAGE", default)]
    message: Value,
    #[serde(rename = "MESSAGE_ID", default)]
    id: Value,
    #[serde(rename = "_PID", default)]
    pid: Value,
    #[serde(rename = "_LINE_BREAK", default)]
    line_break: Value,
    #[serde(rename = "COMMAND", default)]
    command: Value,
    #[serde(rename = "EXIT_CODE", default)]
    exit_code: Value,
    #[serde(rename = "EXIT_STATUS", default)]
    exit_status: Value,
}

/// Turns entries into lines, one after the other.
#[derive(Debug, Default)]
pub struct Reader {
    /// The entry before this one was the beginning of the same line.
    within_line: bool,
    memory: u64,
}

impl Reader {
    /// `memory` in MiB, for the words about an app that used more.
    pub fn new(memory: u32) -> Self {
        Self {
            within_line: false,
            memory: u64::from(memory) << 20,
        }
    }

    /// The line of an entry; none for what does not concern the app, and for what is no entry.
    pub fn line(&mut self, json: &[u8]) -> Option<LogLine> {
        let entry: Entry = serde_json::from_slice(json).ok()?;
        let text = if entry.pid == "1" {
            self.of_systemd(&entry)?
        } else {
            self.of_app(&entry)?
        };
        Some(LogLine {
            at: time(&entry.at)?,
            text,
            cursor: entry.cursor,
        })
    }

    fn of_app(&mut self, entry: &Entry) -> Option<String> {
        let goes_on = self.within_line;
        self.within_line = entry.line_break == "line-max";
        if goes_on {
            // The rest of a line that was longer than any line is shown.
            return None;
        }
        let bytes = bytes(&entry.message)?;
        let mut lines = Vec::new();
        let mut cleaner = LineCleaner::default();
        cleaner.push(&bytes, &mut |line| lines.push(line));
        cleaner.end(&mut |line| lines.push(line));
        Some(lines.into_iter().next().unwrap_or_default())
    }

    /// The manager's own words, in ours.
    fn of_systemd(&mut self, entry: &Entry) -> Option<String> {
        self.within_line = false;
        match entry.id.as_str()? {
            STARTED => Some(words::NOTE_STARTED.into()),
            STOPPED => Some(words::NOTE_STOPPED.into()),
            // The wait before a start has an end, too.
            EXITED if !is_wait(&entry.command) => {
                let end = end(entry.exit_code.as_str()?, entry.exit_status.as_str()?)?;
                Some(words::note_ended(&words::ended(end, self.memory)))
            }
            _ => None,
        }
    }
}

fn is_wait(command: &Value) -> bool {
    command
        .as_str()
        .is_some_and(|command| command.starts_with("wait-"))
}

fn end(code: &str, status: &str) -> Option<End> {
    let status = status.parse().ok()?;
    match code {
        "exited" => Some(End::Code(status)),
        "killed" | "dumped" => Some(End::Signal(status)),
        _ => None,
    }
}

fn time(micros: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros.parse().ok()?)
}

/// A text, or numbers where it is none.
fn bytes(message: &Value) -> Option<Vec<u8>> {
    match message {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Array(numbers) => numbers
            .iter()
            .map(|number| u8::try_from(number.as_u64()?).ok())
            .collect(),
        _ => None,
    }
}
