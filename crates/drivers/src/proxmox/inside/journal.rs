//! Lines of the journal as lines of the app's log. Pure.

use chrono::{DateTime, Utc};
use domain::ports::LogLine;
use serde::Deserialize;
use serde_json::Value;

use super::app_end;
use crate::local::shared::LineCleaner;
use crate::text::guest as words;
use crate::text::inside as text;

/// The longest line of the journal in its JSON form that is looked at: a message of the 48 KiB at which the journal cuts
/// lines, each byte as a number.
pub const MOST: usize = 512 * 1024;

/// What is asked of an entry beside its cursor and time.
pub const FIELDS: &str = "MESSAGE,MESSAGE_ID,_PID,_UID,_LINE_BREAK,JOB_TYPE";

const STARTED: &str = "39f53479d3a045ac8e11786248231fbf";
const STOPPED: &str = "9d1aaa27d60140bd96365438aad20286";
const FAILED: &str = "be02cf6855d2428ba40df7e9d022f03d";
/// Stands before how the app ended, in what root says for it.
const END: &str = "havre-end ";

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
    #[serde(rename = "_UID", default)]
    uid: Value,
    #[serde(rename = "JOB_TYPE", default)]
    job: Value,
}

/// Turns entries into lines, one after the other.
#[derive(Debug)]
pub struct Reader {
    /// The entry before this one was the beginning of the same line.
    within_line: bool,
    memory: u64,
    last_end: String,
}

impl Reader {
    /// `memory` in MiB, for the words about an app that used more.
    pub fn new(memory: u32) -> Self {
        Self {
            within_line: false,
            memory: u64::from(memory) << 20,
            last_end: text::NO_LAST_END.into(),
        }
    }

    /// The line of an entry; none for what does not concern the app, and for what is no entry.
    pub fn line(&mut self, json: &[u8]) -> Option<LogLine> {
        let entry: Entry = serde_json::from_slice(json).ok()?;
        // Both are the kernel's word, not the sender's.
        let said = match (entry.pid == "1", entry.uid == "0") {
            (true, _) => self.of_systemd(&entry)?,
            (false, true) => self.of_root(&entry)?,
            (false, false) => self.of_app(&entry)?,
        };
        Some(LogLine {
            at: time(&entry.at)?,
            text: said,
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
            STOPPED if entry.job == "stop" => Some(words::NOTE_STOPPED.into()),
            FAILED => Some(words::note_down(&self.last_end)),
            _ => None,
        }
    }

    /// What runs as root around the app's lives.
    fn of_root(&mut self, entry: &Entry) -> Option<String> {
        self.within_line = false;
        let end = app_end::read(entry.message.as_str()?.strip_prefix(END)?)?;
        self.last_end = words::ended(end, self.memory);
        Some(words::note_ended(&self.last_end))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fields: &str) -> String {
        format!(
            r#"{{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1800000000000001","_PID":"77","_UID":"1000",{fields}}}"#
        )
    }

    fn lines(entries: &[String]) -> Vec<String> {
        let mut reader = Reader::new(256);
        let lines = entries
            .iter()
            .filter_map(|entry| reader.line(entry.as_bytes()));
        lines.map(|line| line.text).collect()
    }

    fn of_systemd(fields: &str) -> String {
        entry(fields)
            .replace("\"77\"", "\"1\"")
            .replace("\"1000\"", "\"0\"")
    }

    #[test]
    fn a_line_has_its_time_and_its_place() {
        let line = Reader::new(256)
            .line(entry(r#""MESSAGE":"hello""#).as_bytes())
            .unwrap();
        assert_eq!(
            (line.text.as_str(), line.cursor.as_str()),
            ("hello", "s=1;i=2")
        );
        assert_eq!(line.at.timestamp_micros(), 1_800_000_000_000_001);
    }

    #[test]
    fn lines_are_cleaned_and_the_rest_of_a_long_one_is_passed_over() {
        let long = "x".repeat(49152);
        let entries = [
            entry(r#""MESSAGE":[27,91,50,74,97,255,98]"#),
            entry(&format!(r#""_LINE_BREAK":"line-max","MESSAGE":"{long}""#)),
            entry(&format!(r#""_LINE_BREAK":"line-max","MESSAGE":"{long}""#)),
            entry(r#""MESSAGE":"the rest""#),
            entry(r#""MESSAGE":"next""#),
        ];
        let lines = lines(&entries);
        assert_eq!(
            (lines.len(), lines[0].as_str(), lines[2].as_str()),
            (3, "a\u{fffd}b", "next")
        );
        assert!(lines[1].len() == 16 * 1024 && lines[1].ends_with("longer than 16 KiB]"));
    }

    #[test]
    fn what_happens_to_the_app_is_said_in_our_words() {
        let root =
            |words: &str| entry(&format!(r#""MESSAGE":"{words}""#)).replace("\"1000\"", "\"0\"");
        let entries = [
            of_systemd(&format!(
                r#""MESSAGE_ID":"{STARTED}","JOB_TYPE":"start","MESSAGE":"Started""#
            )),
            root("havre-end exit-code exited 7"),
            of_systemd(&format!(
                r#""MESSAGE_ID":"{STOPPED}","JOB_TYPE":"restart","MESSAGE":"Stopped""#
            )),
            root("something else of root's"),
            of_systemd(r#""MESSAGE":"Start request repeated too quickly.""#),
            of_systemd(&format!(
                r#""MESSAGE_ID":"{FAILED}","MESSAGE":"Failed to start""#
            )),
            of_systemd(&format!(
                r#""MESSAGE_ID":"{STOPPED}","JOB_TYPE":"stop","MESSAGE":"Stopped""#
            )),
        ];
        let expected = [
            words::NOTE_STARTED.to_owned(),
            words::note_ended("it exited with code 7"),
            words::note_down("it exited with code 7"),
            words::NOTE_STOPPED.to_owned(),
        ];
        assert_eq!(lines(&entries), expected);
    }

    #[test]
    fn an_app_cannot_speak_for_systemd() {
        let entries = [
            entry(&format!(
                r#""MESSAGE_ID":"{STOPPED}","JOB_TYPE":"stop","MESSAGE":"mine""#
            )),
            entry(r#""MESSAGE":"havre-end exit-code exited 7""#),
        ];
        assert_eq!(lines(&entries), ["mine", "havre-end exit-code exited 7"]);
    }

    #[test]
    fn what_is_no_entry_is_passed_over() {
        assert!(
            lines(&[
                "".into(),
                "{".into(),
                "[]".into(),
                entry(r#""MESSAGE":null"#)
            ])
            .is_empty()
        );
        assert!(lines(&[entry(r#""MESSAGE":[300]"#), "{\"MESSAGE\":\"x\"}".into()]).is_empty());
    }
}
