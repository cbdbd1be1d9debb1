//! One migration, and the op file that it is written in.

use std::fmt;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::{Op, Schema, write};
use crate::text::schema as text;

/// The newest version that a file name of four digits can hold.
pub(super) const MOST_VERSIONS: u32 = 9999;
/// The longest slug, in characters: `havre_schema.name` holds it.
const MOST_SLUG: usize = 60;

/// Checksums that databases in the field recorded when a migration was still written in SQL, by version.
const RECORDED_BEFORE: &[(u32, &str)] = &[(
    1,
    "efb99835cf96e277efd61bd704e743bf06bae65fd05fc17c435976553b63ee03",
)];

/// The way from one version of the schema to the next, and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// 1 for the first one; each has the next number.
    pub version: u32,
    /// What it does, as a word for a file name: `add_colour`.
    pub name: String,
    /// From the version before it.
    pub up: Vec<Op>,
    /// Back to the version before it.
    pub down: Vec<Op>,
    checksum: String,
}

/// What is wrong with an op file: which, in which line, why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", text::in_file(file, *line, why))]
pub struct FileError {
    /// The file's name.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// Why.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parsed {
    version: u32,
    name: String,
    #[serde(default)]
    up: Vec<Spanned<Op>>,
    #[serde(default)]
    down: Vec<Spanned<Op>>,
}

impl Migration {
    /// A new one, as it will read back from its file.
    pub fn new(version: u32, name: &str, up: Vec<Op>, down: Vec<Op>) -> Self {
        let mut migration = Self {
            version,
            name: name.to_owned(),
            up,
            down,
            checksum: String::new(),
        };
        migration.checksum = checksum(&migration.to_toml());
        migration
    }

    /// Reads an op file and tries its steps: up from the schema before it, then down again.
    ///
    /// # Errors
    /// The file is not one, or a step cannot be done, or the way down does not lead back. Each names file and line.
    pub fn parse(file: &str, content: &str, before: &Schema) -> Result<Self, FileError> {
        let (version, name) = file_name(file).ok_or_else(|| FileError {
            file: file.to_owned(),
            line: None,
            why: text::file_name(file),
        })?;
        let place = Place { file, content };
        let parsed: Parsed = toml::from_str(content)
            .map_err(|error| place.error(error.span().map(|span| span.start), error.message()))?;
        if (parsed.version, parsed.name.as_str()) != (version, name) {
            let why = text::not_its_name(parsed.version, &parsed.name);
            return Err(place.error(None, &why));
        }
        place.try_steps(&parsed, before)?;
        let bare = |ops: Vec<Spanned<Op>>| ops.into_iter().map(Spanned::into_inner).collect();
        Ok(Self {
            version,
            name: parsed.name,
            up: bare(parsed.up),
            down: bare(parsed.down),
            checksum: checksum(content),
        })
    }

    /// The op file: readable, the same every time, with destructive steps marked.
    pub fn to_toml(&self) -> String {
        write::file(self)
    }

    /// `0002_add_colour.toml`.
    pub fn file_name(&self) -> String {
        format!("{self}.toml")
    }

    /// SHA-256 of the file it was read from, in hex; how lines end does not count.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// True when a database that recorded this checksum had this migration applied.
    pub fn accepts(&self, recorded: &str) -> bool {
        recorded == self.checksum || RECORDED_BEFORE.contains(&(self.version, recorded))
    }

    /// True when the way up loses rows or values.
    pub fn is_destructive(&self) -> bool {
        self.up.iter().any(Op::is_destructive)
    }

    /// True when the way down loses rows or values.
    pub fn is_destructive_back(&self) -> bool {
        self.down.iter().any(Op::is_destructive)
    }
}

/// `0002_add_colour`.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.version, self.name)
    }
}

/// The name that a message gives to a file: its words in lower case, joined by `_`.
///
/// # Errors
/// The message holds no letter or digit that a file name can have; in words.
pub fn slug(message: &str) -> Result<String, String> {
    let mut slug = String::new();
    for word in message.split(|c: char| !c.is_ascii_alphanumeric()) {
        let room = MOST_SLUG.saturating_sub(slug.len() + 1);
        if word.is_empty() || room == 0 {
            continue;
        }
        if !slug.is_empty() {
            slug.push('_');
        }
        slug.extend(word.chars().take(room).map(|c| c.to_ascii_lowercase()));
    }
    if slug.is_empty() {
        return Err(text::NO_SLUG.into());
    }
    Ok(slug)
}

/// Version and slug of `NNNN_slug.toml`.
pub(super) fn file_name(file: &str) -> Option<(u32, &str)> {
    let (digits, slug) = file.strip_suffix(".toml")?.split_once('_')?;
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if digits.len() != 4 || slug.is_empty() || slug.len() > MOST_SLUG || !slug.chars().all(good) {
        return None;
    }
    let version = digits.parse().ok()?;
    (1..=MOST_VERSIONS)
        .contains(&version)
        .then_some((version, slug))
}

fn checksum(content: &str) -> String {
    hex::encode(Sha256::digest(content.replace("\r\n", "\n")))
}

/// Where an error is.
struct Place<'a> {
    file: &'a str,
    content: &'a str,
}

impl Place<'_> {
    fn error(&self, at: Option<usize>, why: &str) -> FileError {
        let before = at.and_then(|at| self.content.get(..at));
        FileError {
            file: self.file.to_owned(),
            line: before.map(|before| before.matches('\n').count() + 1),
            why: why.to_owned(),
        }
    }

    fn try_steps(&self, parsed: &Parsed, before: &Schema) -> Result<(), FileError> {
        let mut schema = before.clone();
        for op in parsed.up.iter().chain(&parsed.down) {
            op.get_ref()
                .apply(&mut schema)
                .map_err(|error| self.error(Some(op.span().start), &error.to_string()))?;
        }
        if schema.sorted() != before.sorted() {
            return Err(self.error(None, &text::not_undone(parsed.version)));
        }
        Ok(())
    }
}
