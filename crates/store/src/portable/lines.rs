//! The lines that are not rows.

use serde::{Deserialize, Serialize};

use super::Header;

/// The first line of a member.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    HavreBackup(Header),
    Block(BlockLine),
    End(EndLine),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockLine {
    pub(super) table: String,
    pub(super) first: u64,
    pub(super) rows: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Only the version of the format, which must be known before anything else of the line can be understood.
#[derive(Deserialize)]
pub(super) struct Probe {
    pub(super) havre_backup: ProbedFormat,
}

#[derive(Deserialize)]
pub(super) struct ProbedFormat {
    pub(super) format: u32,
}

impl Line {
    /// With its newline.
    pub(super) fn render(&self) -> Vec<u8> {
        // Strings, numbers and lists of them: there is nothing in a line that JSON cannot hold.
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        text
    }
}
