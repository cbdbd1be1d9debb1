//! Finding things in a schema, and comparing schemas.

use std::collections::BTreeMap;

use super::{Column, ColumnType, Default, ForeignKey, Index, Schema, Table};

impl Schema {
    /// No tables.
    pub const EMPTY: Self = Self {
        tables: BTreeMap::new(),
    };

    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// The same schema with everything in one order: columns by name, too. Two schemas that differ in nothing but order
    /// (a column that was added later stands last) are equal in this form.
    pub fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        for table in sorted.tables.values_mut() {
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
            table.sort();
        }
        sorted
    }

    /// Every foreign key that points at a table, with the table that it stands in.
    pub(crate) fn pointing_at<'a>(
        &'a self,
        table: &'a str,
    ) -> impl Iterator<Item = (&'a Table, &'a ForeignKey)> {
        self.tables
            .values()
            .flat_map(|from| from.foreign_keys.iter().map(move |key| (from, key)))
            .filter(move |(_, key)| key.table == table)
    }
}

impl FromIterator<Table> for Schema {
    fn from_iter<T: IntoIterator<Item = Table>>(tables: T) -> Self {
        let named = tables.into_iter().map(|table| (table.name.clone(), table));
        Self {
            tables: named.collect(),
        }
    }
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The foreign key of that name.
    pub fn foreign_key(&self, name: &str) -> Option<&ForeignKey> {
        self.foreign_keys.iter().find(|key| key.name == name)
    }

    /// Puts indexes and foreign keys in the order of their names.
    pub(crate) fn sort(&mut self) {
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        self.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// True when rows can be found by these columns without walking the table: MySQL asks for that under a foreign key,
    /// and makes an index of its own where there is none.
    pub(crate) fn covers(&self, columns: &[String]) -> bool {
        let indexes = self
            .indexes
            .iter()
            .map(|index| index.columns.iter().map(|column| &column.name).collect());
        std::iter::once(self.primary_key.iter().collect())
            .chain(indexes)
            .any(|key: Vec<&String>| {
                key.iter()
                    .copied()
                    .zip(columns)
                    .filter(|(a, b)| a == b)
                    .count()
                    == columns.len()
            })
    }

    /// True when these columns are the primary key or those of a unique index, bytewise: what a foreign key may point at.
    pub(crate) fn identified_by(&self, columns: &[String]) -> bool {
        self.primary_key == columns
            || self
                .indexes
                .iter()
                .any(|index| index.unique && index.is_on(columns))
    }
}

impl Index {
    fn is_on(&self, columns: &[String]) -> bool {
        self.columns.len() == columns.len()
            && self
                .columns
                .iter()
                .zip(columns)
                .all(|(column, name)| !column.any_case && column.name == *name)
    }

    /// True when the column is one of its own.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|part| part.name == column)
    }
}

impl ForeignKey {
    /// The name of a foreign key, where nobody gave it one: `fk_TABLE_COLUMN_COLUMN`. A database in the field whose
    /// keys have no names is read with these.
    pub fn name_of(table: &str, columns: &[String]) -> String {
        format!("fk_{table}_{}", columns.join("_"))
    }

    /// True when both point from the same columns at the same ones, whatever their names.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.columns == other.columns
            && self.table == other.table
            && self.references == other.references
    }
}

impl Column {
    /// How the database spells a type or default of this column that Havre's own schema does not use.
    pub fn spelled_by_database(&self) -> Option<&str> {
        match (&self.kind, &self.default) {
            (ColumnType::Other(spelled), _) | (_, Some(Default::Other(spelled))) => Some(spelled),
            _ => None,
        }
    }
}
