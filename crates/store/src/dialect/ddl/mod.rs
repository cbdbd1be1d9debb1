//! How each database changes its schema: every operation of `schema/` as statements, what must be looked for before them,
//! and when two columns or indexes are the same to it.
//!
//! SQLite alters little: what `ALTER TABLE` cannot do there is a rebuild of the table (`rebuild.rs`), which the caller runs
//! with `foreign_keys=OFF` set before the transaction and a `PRAGMA foreign_key_check` at its end.
//! MySQL has no transactions around these statements: each is atomic by itself, and can be told to be done already.

mod alter;
mod checks;
mod columns;
mod parts;
mod rebuild;
mod spell;
#[cfg(test)]
mod tests;

use super::Dialect;
use crate::schema::{Column, Index, Op, Schema, Table};

impl Dialect {
    /// The statements that do an operation, in order; none where this database has nothing to do. `before` is the schema
    /// as it is: on SQLite best what is read of the database, since a rebuilt table has what is in it and nothing else.
    ///
    /// The operation must fit the schema (`Op::apply`); for one that does not, there are no statements.
    pub fn render(self, op: &Op, before: &Schema) -> Vec<String> {
        let mut after = before.clone();
        if op.apply(&mut after).is_err() {
            return Vec::new();
        }
        let tables = (before.table(op.table()), after.table(op.table()));
        match (op, tables) {
            (Op::CreateTable { table }, _) => parts::create_table(self, table),
            (Op::DropTable { table }, _) => parts::drop_table(self, table),
            (Op::CreateIndex { table, index }, _) => vec![parts::create_index(self, table, index)],
            (Op::DropIndex { table, index }, _) => vec![parts::drop_index(self, table, index)],
            (_, (Some(was), Some(is))) => self.change(op, was, is),
            _ => Vec::new(),
        }
    }

    /// The statement that makes a table without its indexes, as it is: to be filled first.
    pub(crate) fn create_bare(self, table: &Table) -> String {
        parts::create(self, &table.name, &parts::body(self, table))
    }

    fn change(self, op: &Op, was: &Table, is: &Table) -> Vec<String> {
        match op {
            Op::AddColumn { column, fill, .. } => {
                alter::add_column(self, (was, is), column, fill.as_ref())
            }
            Op::DropColumn { column, .. } => vec![alter::drop_column(self, &is.name, column)],
            Op::AlterColumn { from, to, fill, .. } => {
                if self.same_column(from, to) {
                    return Vec::new();
                }
                alter::alter_column(self, (was, is), (from, to), fill.as_ref())
            }
            Op::AddForeignKey { foreign_key, .. } => {
                alter::add_foreign_key(self, (was, is), foreign_key)
            }
            Op::DropForeignKey { foreign_key, .. } => {
                alter::drop_foreign_key(self, (was, is), foreign_key)
            }
            _ => Vec::new(),
        }
    }

    /// True when two columns are the same to this database: they are spelled equally.
    pub fn same_column(self, one: &Column, other: &Column) -> bool {
        columns::spelled(self, one) == columns::spelled(self, other)
    }

    /// True when two indexes are the same to this database.
    pub fn same_index(self, one: &Index, other: &Index) -> bool {
        parts::create_index(self, "t", one) == parts::create_index(self, "t", other)
    }
}
