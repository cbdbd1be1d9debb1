//! Reads a backup, block by block, and checks everything that can be checked.

use std::io::BufRead;

use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::lines::{BlockLine, EndLine, Line, Probe};
use super::member::{MemberReader, stored};
use super::{Broken, FORMAT, Header, MAX_BLOCK_ROWS, Value, Written};
use crate::text::backup as text;

/// Reads a backup from `R`. What it reads may come from anybody: memory is bounded, and whatever is not exactly as
/// [`super::Writer`] writes it ends the reading with [`Broken`].
pub struct Reader<R> {
    header: Header,
    members: MemberReader<R>,
    text: Vec<u8>,
    table: usize,
    taken: u64,
    total: u64,
    end: Option<Written>,
}

/// Some rows of one table, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The index of their table in [`Header::tables`].
    pub table: usize,
    /// The number of the first one in its table, from 0.
    pub first: u64,
    /// How many values a row has.
    pub width: usize,
    /// The values of all rows, one row after the other.
    pub values: Vec<Value>,
}

impl Block {
    /// Row by row.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[Value]> {
        self.values.chunks_exact(self.width.max(1))
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    pub fn open(input: R) -> Result<Self, Broken> {
        let mut members = MemberReader::new(input);
        let mut text = Vec::new();
        if !members.next(&mut text)? {
            return Err(Broken::Cut { at: 0 });
        }
        let probe: Probe = serde_json::from_slice(&text).map_err(|_| Broken::NotABackup)?;
        if probe.havre_backup.format != FORMAT {
            return Err(Broken::Newer(probe.havre_backup.format));
        }
        let header = match serde_json::from_slice(&text) {
            Ok(Line::HavreBackup(header)) => header,
            Ok(_) => return Err(Broken::NotABackup),
            Err(error) => return Err(members.damaged(error.to_string())),
        };
        header.check().map_err(|why| members.damaged(why))?;
        Ok(Self {
            header,
            members,
            text,
            table: 0,
            taken: 0,
            total: 0,
            end: None,
        })
    }

    /// What the backup holds.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many bytes are read and whole.
    pub fn at(&self) -> u64 {
        self.members.at()
    }

    /// What the end says; none before the end was reached, which is when the whole file is known to be as it was written.
    pub fn end(&self) -> Option<&Written> {
        self.end.as_ref()
    }

    /// The next rows; none at the end of a whole backup. After an error, or after the end, nothing more comes.
    pub fn next_block(&mut self) -> Result<Option<Block>, Broken> {
        if self.end.is_some() {
            return Ok(None);
        }
        let mut text = std::mem::take(&mut self.text);
        let block = self.next_member(&mut text);
        // The buffer of a huge row is not kept.
        text.shrink_to(4 * super::FULL_BLOCK);
        self.text = text;
        block
    }

    fn next_member(&mut self, text: &mut Vec<u8>) -> Result<Option<Block>, Broken> {
        if !self.members.next(text)? {
            return Err(Broken::Cut {
                at: self.members.at(),
            });
        }
        let mut lines = Lines(text);
        let head = lines
            .next()
            .ok_or_else(|| self.members.damaged(text::NO_LINE))?;
        match serde_json::from_slice(head) {
            Ok(Line::Block(head)) => self.block(&head, lines).map(Some),
            Ok(Line::End(end)) => self.close(end, text.len() == head.len() + 1),
            Ok(Line::HavreBackup(_)) => Err(self.members.damaged(text::SECOND_HEADER)),
            Err(error) => Err(self.members.damaged(error.to_string())),
        }
    }

    fn block(&mut self, head: &BlockLine, mut lines: Lines<'_>) -> Result<Block, Broken> {
        let width = self.place(head)?;
        let rows = usize::try_from(head.rows).unwrap_or(usize::MAX);
        if rows == 0 || rows > MAX_BLOCK_ROWS {
            return Err(self.members.damaged(text::BLOCK_TOO_BIG));
        }
        let mut values = Vec::with_capacity(rows * width);
        for _ in 0..rows {
            let line = lines
                .next()
                .ok_or_else(|| self.members.damaged(text::NO_LINE))?;
            row(line, width, &mut values).map_err(|why| self.members.damaged(why.to_string()))?;
        }
        if !lines.0.is_empty() {
            return Err(self.members.damaged(text::MORE_LINES));
        }
        self.taken += head.rows;
        self.total += head.rows;
        Ok(Block {
            table: self.table,
            first: head.first,
            width,
            values,
        })
    }

    /// Goes to the table of a block, and gives the number of its columns.
    fn place(&mut self, head: &BlockLine) -> Result<usize, Broken> {
        while self.current().is_some_and(|(name, _)| name != head.table) {
            self.next_table()?;
        }
        let wrong = || self.members.damaged(text::wrong_place(&head.table));
        let table = self.header.tables.get(self.table).ok_or_else(wrong)?;
        let left = table.rows.checked_sub(self.taken).ok_or_else(wrong)?;
        if head.first != self.taken || head.rows > left {
            return Err(wrong());
        }
        Ok(table.columns.len())
    }

    fn current(&self) -> Option<(&str, u64)> {
        let table = self.header.tables.get(self.table)?;
        Some((&table.name, table.rows))
    }

    fn next_table(&mut self) -> Result<(), Broken> {
        if let Some((name, rows)) = self.current()
            && rows != self.taken
        {
            return Err(self
                .members
                .damaged(text::rows_missing(name, rows, self.taken)));
        }
        self.table += 1;
        self.taken = 0;
        Ok(())
    }

    /// The last line: everything came, nothing changed, nothing follows.
    fn close(&mut self, end: EndLine, alone: bool) -> Result<Option<Block>, Broken> {
        while self.table < self.header.tables.len() {
            self.next_table()?;
        }
        let (bytes, sha256) = (self.members.at(), self.members.sha256_before());
        let only = stored(&Line::End(EndLine { bytes, sha256 }).render());
        if !alone || only.as_deref() != Some(self.members.raw()) {
            return Err(self.members.damaged(text::CHECKSUM));
        }
        let mut more = Vec::new();
        match self.members.next(&mut more) {
            Ok(false) => {}
            Err(Broken::Io(error)) => return Err(error.into()),
            Ok(true) | Err(_) => return Err(self.members.damaged(text::APPENDED)),
        }
        self.end = Some(Written {
            rows: self.total,
            bytes: end.bytes,
            sha256: end.sha256,
        });
        Ok(None)
    }
}

/// Lines that end with a newline.
struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    /// The next line without its newline; none when there is no whole one.
    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        Some(line)
    }
}

/// Reads an array of exactly so many values behind those that are there.
fn row(line: &[u8], width: usize, values: &mut Vec<Value>) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(line);
    Row { width, values }.deserialize(&mut json)?;
    json.end()
}

struct Row<'a> {
    width: usize,
    values: &'a mut Vec<Value>,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a row of {} values", self.width)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        for count in 0..self.width {
            let value = row.next_element()?;
            self.values
                .push(value.ok_or_else(|| de::Error::invalid_length(count, &self))?);
        }
        match row.next_element::<de::IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(de::Error::invalid_length(self.width + 1, &self)),
        }
    }
}
