//! Plain tables: columns as wide as they must be, no borders, so that `awk` reads them too.

use std::fmt;

use console::{measure_text_width, pad_str};

use crate::text;

const GAP: &str = "  ";

/// A table with a head.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(head: &[&str]) -> Self {
        Self {
            rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()],
        }
    }

    /// Adds a row; an empty cell shows as `-`.
    pub fn row(&mut self, cells: Vec<String>) {
        let shown = cells.into_iter().map(|cell| {
            let line = cell.lines().next().unwrap_or_default().to_owned();
            if line.is_empty() {
                text::ABSENT.to_owned()
            } else {
                line
            }
        });
        self.rows.push(shown.collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| measure_text_width(cell))
            .max()
            .unwrap_or(0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths);
            let padded: Vec<_> = cells
                .map(|(cell, width)| pad_str(cell, *width, console::Alignment::Left, None))
                .collect();
            padded.join(GAP).trim_end().to_owned()
        };
        f.write_str(&self.rows.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let mut table = Table::new(&["A", "NAME"]);
        table.row(vec!["1".into(), "élan".into()]);
        table.row(vec![String::new(), "two\nlines".into()]);
        assert_eq!(table.to_string(), "A  NAME\n1  élan\n-  two");
    }
}
