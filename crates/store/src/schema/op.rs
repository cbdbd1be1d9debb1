//! The operations that a migration is made of.

use serde::{Deserialize, Serialize};

use super::convert::Conversion;
use super::{Column, Default, ForeignKey, Index, Table};
use crate::text::schema as text;

/// One step from one schema to the next. In an op file each is a table `[[up]]` or `[[down]]` with its name as `op`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Makes a table with its indexes and foreign keys.
    CreateTable {
        /// The whole of it.
        table: Table,
    },
    /// Removes a table and its rows.
    DropTable {
        /// Its name.
        table: String,
    },
    /// Adds a column behind the others. Rows that are there get its default.
    AddColumn {
        /// The table.
        table: String,
        /// The new column.
        column: Column,
        /// What rows that are there get instead of the default. Needed for a column that is not nullable and has no
        /// default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<Default>,
    },
    /// Removes a column and its values.
    DropColumn {
        /// The table.
        table: String,
        /// The column's name.
        column: String,
    },
    /// Changes type, nullability, default or case of a column.
    AlterColumn {
        /// The table.
        table: String,
        /// The column as it is.
        from: Column,
        /// The column as it shall be, of the same name.
        to: Column,
        /// What rows with NULL get when the column is nullable no more; its default if this is not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<Default>,
    },
    /// Makes an index; a unique one is how uniqueness is asked for.
    CreateIndex {
        /// The table.
        table: String,
        /// The index.
        index: Index,
    },
    /// Removes an index.
    DropIndex {
        /// The table.
        table: String,
        /// The index's name.
        index: String,
    },
    /// Makes a foreign key.
    AddForeignKey {
        /// The table that points.
        table: String,
        /// The key.
        foreign_key: ForeignKey,
    },
    /// Removes a foreign key.
    DropForeignKey {
        /// The table that points.
        table: String,
        /// The key's name.
        foreign_key: String,
    },
}

impl Op {
    /// The table that it works on.
    pub fn table(&self) -> &str {
        match self {
            Self::CreateTable { table } => &table.name,
            Self::DropTable { table }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::AddForeignKey { table, .. }
            | Self::DropForeignKey { table, .. } => table,
        }
    }

    /// What it loses, in a sentence; none when it only adds. Values that would not fit are never cut off: they stop the
    /// migration before it begins (see `Dialect::checks`).
    pub fn loses(&self) -> Option<String> {
        match self {
            Self::DropTable { table } => Some(text::loses_table(table)),
            Self::DropColumn { table, column } => Some(text::loses_column(table, column)),
            Self::AlterColumn {
                table, from, to, ..
            } => {
                if Conversion::between(&from.kind, &to.kind).touches_values() {
                    Some(text::loses_type(table, from, to))
                } else if from.nullable && !to.nullable {
                    Some(text::loses_null(table, &to.name))
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// True when rows or values are lost or changed by it.
    pub fn is_destructive(&self) -> bool {
        self.loses().is_some()
    }

    /// What it does, in a sentence without a full stop: `add column colour varchar(20) to deployments`.
    pub fn sentence(&self) -> String {
        text::sentence(self)
    }
}
