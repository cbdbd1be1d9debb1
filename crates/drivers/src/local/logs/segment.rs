//! The files of a log: names, and the form of a line.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

/// Length of the time in front of a line: `2026-11-22T21:00:00.000000Z`.
const STAMP: usize = 27;

pub(super) fn path(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("{generation:012}.log"))
}

/// The generations that are there, oldest first. A folder that is not there holds none.
pub(super) fn generations(dir: &Path) -> io::Result<Vec<u64>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".log"));
        found.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// Appends one line to a batch. A line end inside the text would make two lines of it.
pub(super) fn encode(at: DateTime<Utc>, text: &str, batch: &mut Vec<u8>) {
    batch.extend_from_slice(at.to_rfc3339_opts(SecondsFormat::Micros, true).as_bytes());
    batch.push(b' ');
    batch.extend(
        text.bytes()
            .map(|byte| if byte == b'\n' { b' ' } else { byte }),
    );
    batch.push(b'\n');
}

/// Reads one line without its end; none for what is not a line of ours (the rest of a torn write).
pub(super) fn decode(line: &[u8]) -> Option<(DateTime<Utc>, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (stamp, text) = (line.get(..STAMP)?, line.get(STAMP..)?.strip_prefix(' ')?);
    let at = NaiveDateTime::parse_from_str(stamp, "%Y-%m-%dT%H:%M:%S%.6fZ").ok()?;
    Some((at.and_utc(), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_line_comes_back(text in "[^\n]{0,40}", micros in 0i64..4_000_000_000_000_000) {
            let at = DateTime::from_timestamp_micros(micros).unwrap();
            let mut batch = Vec::new();
            encode(at, &text, &mut batch);
            prop_assert_eq!(batch.pop(), Some(b'\n'));
            prop_assert_eq!(decode(&batch), Some((at, text)));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode(&bytes);
        }
    }
}
