//! The way in, and putting rows together to tables.

use std::collections::BTreeMap;

use super::{mysql, postgres, sqlite};
use crate::dialect::Dialect;
use crate::schema::{Column, ForeignKey, Index, IndexColumn, Schema, Table};
use crate::sql::{Link, Row, query};

/// All tables of the database: on PostgreSQL of the current schema, on MySQL of the current database. Views, virtual
/// tables and what the database keeps for itself are left out.
pub(crate) async fn read_schema(link: &mut Link<'_>) -> Result<Schema, sqlx::Error> {
    let tables = match link.dialect() {
        Dialect::Sqlite => sqlite::read(link).await?,
        Dialect::Postgres => postgres::read(link).await?,
        Dialect::MySql | Dialect::MariaDb => mysql::read(link).await?,
    };
    Ok(tables.finish())
}

/// The names of all tables and views, in order: what a new table must not be called.
pub(crate) async fn table_names(link: &mut Link<'_>) -> Result<Vec<String>, sqlx::Error> {
    let statement = match link.dialect() {
        Dialect::Sqlite => sqlite::NAMES,
        Dialect::Postgres => postgres::NAMES,
        Dialect::MySql | Dialect::MariaDb => mysql::NAMES,
    };
    let rows = query(statement).fetch_all(link.again()).await?;
    rows.iter().map(|row| text(row, "tbl")).collect()
}

/// A text that is there.
pub(super) fn text(row: &Row, column: &str) -> Result<String, sqlx::Error> {
    Ok(row.text_opt(column)?.unwrap_or_default())
}

/// A number that is there, and true when it is not 0.
pub(super) fn flag(row: &Row, column: &str) -> Result<bool, sqlx::Error> {
    Ok(row.int_opt(column)?.unwrap_or_default() != 0)
}

/// Tables while they are being read.
#[derive(Default)]
pub(super) struct Tables(BTreeMap<String, Table>);

impl Tables {
    /// The table of this name; rows of tables that no row named before make one.
    pub(super) fn table(&mut self, name: &str) -> &mut Table {
        self.0.entry(name.to_owned()).or_insert_with(|| Table {
            name: name.to_owned(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
        })
    }

    pub(super) fn column(&mut self, table: &str, column: Column) {
        self.table(table).columns.push(column);
    }

    /// One more column of an index; indexes come with all their columns in a row.
    pub(super) fn index_column(&mut self, table: &str, name: &str, unique: bool, on: IndexColumn) {
        let indexes = &mut self.table(table).indexes;
        if indexes.last().is_none_or(|index| index.name != name) {
            indexes.push(Index {
                name: name.to_owned(),
                columns: Vec::new(),
                unique,
            });
        }
        if let Some(index) = indexes.last_mut() {
            index.columns.push(on);
        }
    }

    /// One more pair of columns of a foreign key; foreign keys come with all their columns in a row.
    pub(super) fn reference(&mut self, table: &str, key: ForeignKey) {
        let keys = &mut self.table(table).foreign_keys;
        match keys.last_mut() {
            Some(last) if last.name == key.name => {
                last.columns.extend(key.columns);
                last.references.extend(key.references);
            }
            _ => keys.push(key),
        }
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Table> {
        self.0.values_mut()
    }

    fn finish(mut self) -> Schema {
        for table in self.0.values_mut() {
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Schema { tables: self.0 }
    }
}

/// A column of an index that is no plain column of ours: an expression, another order, a condition.
pub(super) fn odd(spelled: impl Into<String>) -> IndexColumn {
    IndexColumn {
        name: spelled.into(),
        any_case: false,
    }
}

/// The table that a foreign key points at; with what happens there when that is not "refused".
pub(super) fn target(table: &str, on_delete: &str, on_update: &str) -> String {
    let refused = |action: &str| matches!(action, "NO ACTION" | "RESTRICT");
    let mut target = table.to_owned();
    if !refused(on_delete) {
        target.push_str(&format!(" ON DELETE {on_delete}"));
    }
    if !refused(on_update) {
        target.push_str(&format!(" ON UPDATE {on_update}"));
    }
    target
}

/// The name of a foreign key that was made without one.
pub(super) fn nameless(table: &str, columns: &[String]) -> String {
    format!("fk_{table}_{}", columns.join("_"))
}

/// The whole number between these brackets: `varchar(255)` → 255.
pub(super) fn length(spelled: &str, before: &str) -> Option<u32> {
    let digits = spelled.strip_prefix(before)?.strip_prefix('(')?;
    digits.strip_suffix(')')?.trim().parse().ok()
}

/// Text between single quotes, a quote in it doubled.
pub(super) fn unquoted(literal: &str) -> Option<String> {
    let inside = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inside.replace("''", "");
    (!plain.contains('\'')).then(|| inside.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_and_nothing_else() {
        assert_eq!(unquoted("'it''s'").as_deref(), Some("it's"));
        assert_eq!(unquoted("''").as_deref(), Some(""));
        assert_eq!(unquoted("'a' || 'b'"), None);
        assert_eq!(unquoted("'"), None);
        assert_eq!(length("varchar(255)", "varchar"), Some(255));
        assert_eq!(length("varchar", "varchar"), None);
        assert_eq!(length("numeric(10,2)", "numeric"), None);
    }
}
