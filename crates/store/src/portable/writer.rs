//! Writes a backup, row by row.

use std::io::Write;

use super::lines::{BlockLine, EndLine, Line};
use super::member::Members;
use super::{CannotWrite, FULL_BLOCK, Header, MAX_BLOCK_ROWS, MAX_ROW, Value};

/// Writes a backup to `W`, which is best not buffered: it is given whole blocks.
pub struct Writer<W> {
    header: Header,
    members: Members<W>,
    /// The rows of the present block, a line each.
    lines: Vec<u8>,
    in_block: usize,
    /// The table of the present block, and how many of its rows were taken.
    table: usize,
    taken: u64,
    total: u64,
}

/// A backup that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How many rows.
    pub rows: u64,
    /// How many bytes come before the last line, and their SHA-256: what the last line says.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

impl<W: Write> Writer<W> {
    /// Writes the header. The rows must be those that it announces, table by table.
    pub fn begin(output: W, header: Header) -> Result<Self, CannotWrite> {
        header.check().map_err(CannotWrite::BadHeader)?;
        let mut members = Members::new(output);
        members.write(&Line::HavreBackup(header.clone()).render())?;
        Ok(Self {
            header,
            members,
            lines: Vec::new(),
            in_block: 0,
            table: 0,
            taken: 0,
            total: 0,
        })
    }

    /// Takes the next row of the table of this index, which is the table of the last row or a later one.
    ///
    /// # Errors
    /// A row with more or fewer values than the table has columns, or of a table that is over, counts as
    /// [`CannotWrite::Miscounted`].
    pub fn row(&mut self, table: usize, row: &[Value]) -> Result<(), CannotWrite> {
        while self.table < table {
            self.next_table()?;
        }
        let known = self.header.tables.get(table);
        if self.table != table || known.is_none_or(|known| known.columns.len() != row.len()) {
            return Err(self.miscounted());
        }
        self.line(row)?;
        self.in_block += 1;
        if self.in_block == MAX_BLOCK_ROWS || self.lines.len() >= FULL_BLOCK {
            self.end_block()?;
        }
        Ok(())
    }

    fn line(&mut self, row: &[Value]) -> Result<(), CannotWrite> {
        let begin = self.lines.len();
        let mut separator = b'[';
        for value in row {
            // Looked at before it is rendered: a huge value is not copied only to be refused.
            if self.lines.len() - begin + value.least() > MAX_ROW {
                return Err(self.too_big(row));
            }
            self.lines.push(separator);
            value.render(&mut self.lines);
            separator = b',';
        }
        self.lines.extend_from_slice(b"]\n");
        if self.lines.len() - begin > MAX_ROW {
            return Err(self.too_big(row));
        }
        Ok(())
    }

    fn too_big(&self, row: &[Value]) -> CannotWrite {
        CannotWrite::RowTooBig {
            table: self.table_name(),
            row: row.first().map(ToString::to_string).unwrap_or_default(),
        }
    }

    fn table_name(&self) -> String {
        let table = self.header.tables.get(self.table);
        table.map(|table| table.name.clone()).unwrap_or_default()
    }

    fn end_block(&mut self) -> Result<(), CannotWrite> {
        if self.in_block == 0 {
            return Ok(());
        }
        let rows = self.in_block as u64;
        let mut text = Line::Block(BlockLine {
            table: self.table_name(),
            first: self.taken,
            rows,
        })
        .render();
        text.append(&mut self.lines);
        self.members.write(&text)?;
        // The buffer of a huge row is not kept.
        text.clear();
        text.shrink_to(2 * FULL_BLOCK);
        self.lines = text;
        self.in_block = 0;
        self.taken += rows;
        self.total += rows;
        Ok(())
    }

    fn next_table(&mut self) -> Result<(), CannotWrite> {
        self.end_block()?;
        let announced = self.header.tables.get(self.table).map(|table| table.rows);
        if announced != Some(self.taken) {
            return Err(self.miscounted());
        }
        self.table += 1;
        self.taken = 0;
        Ok(())
    }

    fn miscounted(&self) -> CannotWrite {
        CannotWrite::Miscounted {
            table: self.table_name(),
            announced: self
                .header
                .tables
                .get(self.table)
                .map_or(0, |table| table.rows),
            came: self.taken + self.in_block as u64,
        }
    }

    /// Writes the end, once every announced row came, and gives the output back, flushed.
    pub fn finish(mut self) -> Result<(W, Written), CannotWrite> {
        while self.table < self.header.tables.len() {
            self.next_table()?;
        }
        let (bytes, sha256) = self.members.so_far();
        let end = Line::End(EndLine {
            bytes,
            sha256: sha256.clone(),
        });
        let output = self.members.end(&end.render())?;
        let written = Written {
            rows: self.total,
            bytes,
            sha256,
        };
        Ok((output, written))
    }
}
