//! Whether a step happened that was cut: the database itself says so, since each statement is all or nothing.

use crate::dialect::Dialect;
use crate::schema::{Op, Schema};

/// True when the live schema is as it is behind this step.
pub(crate) fn is_done(op: &Op, live: &Schema, dialect: Dialect) -> bool {
    let table = live.table(op.table());
    match op {
        Op::CreateTable { .. } => table.is_some(),
        Op::DropTable { .. } => table.is_none(),
        Op::AddColumn { column, .. } | Op::AlterColumn { to: column, .. } => table
            .and_then(|table| table.column(&column.name))
            .is_some_and(|live| dialect.same_column(live, column)),
        Op::DropColumn { column, .. } => table.is_none_or(|table| table.column(column).is_none()),
        Op::CreateIndex { index, .. } => {
            table.is_some_and(|table| table.index(&index.name).is_some())
        }
        Op::DropIndex { index, .. } => table.is_none_or(|table| table.index(index).is_none()),
        Op::AddForeignKey { foreign_key, .. } => {
            table.is_some_and(|table| table.foreign_key(&foreign_key.name).is_some())
        }
        Op::DropForeignKey { foreign_key, .. } => {
            table.is_none_or(|table| table.foreign_key(foreign_key).is_none())
        }
    }
}
