//! What a live database holds, in the words of the schema that it should have.
//!
//! A database cannot tell everything: SQLite and PostgreSQL know no difference between `text` and `long_text`, only MySQL
//! keeps whether a column is compared in any case, SQLite drops the name of a key that never had one. So what is read of a
//! database is held against what is known: where both are the same to that database, the known one counts.

use std::collections::BTreeSet;

use super::{Column, ForeignKey, Index, Schema, Table};
use crate::dialect::Dialect;

/// The live schema, where what is the same to the database is spelled as in `known`, and without the tables that are
/// neither in `known` nor in `ours` (see `Migrations::tables`): those are someone else's.
pub fn recognise(
    live: &Schema,
    known: &Schema,
    ours: &BTreeSet<String>,
    dialect: Dialect,
) -> Schema {
    let ours = |table: &&Table| known.table(&table.name).is_some() || ours.contains(&table.name);
    live.tables
        .values()
        .filter(ours)
        .map(|table| match known.table(&table.name) {
            Some(known) => recognised(table, known, dialect),
            None => table.clone(),
        })
        .collect()
}

fn recognised(live: &Table, known: &Table, dialect: Dialect) -> Table {
    let column = |column: &Column| {
        let like = known.column(&column.name);
        let like = like.filter(|like| dialect.same_column(column, like));
        like.unwrap_or(column).clone()
    };
    let index = |index: &Index| {
        let like = known.index(&index.name);
        let like = like.filter(|like| dialect.same_index(index, like));
        like.unwrap_or(index).clone()
    };
    let key = |key: &ForeignKey| {
        let like = known.foreign_keys.iter().find(|like| like.is_like(key));
        like.unwrap_or(key).clone()
    };
    let mut table = Table {
        name: live.name.clone(),
        columns: live.columns.iter().map(column).collect(),
        primary_key: live.primary_key.clone(),
        indexes: live.indexes.iter().map(index).collect(),
        foreign_keys: live.foreign_keys.iter().map(key).collect(),
    };
    table.sort();
    table
}
