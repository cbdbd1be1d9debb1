//! Words in which the model is written down.

use super::{Column, ColumnType, Default, ForeignKey, Index, IndexColumn, Table};

fn column(name: &str, kind: ColumnType) -> Column {
    Column {
        name: name.to_owned(),
        kind,
        nullable: false,
        default: None,
        any_case: false,
        auto: false,
    }
}

/// Text of at most so many characters.
pub(crate) fn varchar(name: &str, length: u32) -> Column {
    column(name, ColumnType::Varchar(length))
}

/// Text of at most 65,535 bytes; without index and default.
pub(crate) fn text(name: &str) -> Column {
    column(name, ColumnType::Text)
}

/// Text without a bound that matters; without index and default.
pub(crate) fn long_text(name: &str) -> Column {
    column(name, ColumnType::LongText)
}

/// A whole number of 32 bits.
pub(crate) fn integer(name: &str) -> Column {
    column(name, ColumnType::Integer)
}

/// A whole number of 64 bits.
pub(crate) fn big_int(name: &str) -> Column {
    column(name, ColumnType::BigInt)
}

/// A time as the seed's table holds it. Havre's own tables hold microseconds in a `big_int`.
pub(crate) fn datetime(name: &str) -> Column {
    column(name, ColumnType::DateTime)
}

/// JSON as the seed's table holds it.
pub(crate) fn json(name: &str) -> Column {
    column(name, ColumnType::Json)
}

/// A number that counts up by itself: the whole primary key.
pub(crate) fn counting(name: &str) -> Column {
    Column {
        auto: true,
        ..big_int(name)
    }
}

impl Column {
    /// It may hold nothing.
    pub(crate) fn nullable(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    /// What it holds when a row is written without it.
    pub(crate) fn default(self, value: Default) -> Self {
        Self {
            default: Some(value),
            ..self
        }
    }

    /// It is looked for without regard to case.
    pub(crate) fn any_case(self) -> Self {
        Self {
            any_case: true,
            ..self
        }
    }
}

/// A table without indexes and foreign keys.
pub(crate) fn table(
    name: &str,
    primary_key: &[&str],
    columns: impl IntoIterator<Item = Column>,
) -> Table {
    Table {
        name: name.to_owned(),
        columns: columns.into_iter().collect(),
        primary_key: owned(primary_key),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
    }
}

impl Table {
    /// An index. A column written as `lower(column)` is found in any case.
    pub(crate) fn indexed(self, name: &str, columns: &[&str]) -> Self {
        self.with_index(name, columns, false)
    }

    /// An index in which no two rows may be equal.
    pub(crate) fn unique(self, name: &str, columns: &[&str]) -> Self {
        self.with_index(name, columns, true)
    }

    fn with_index(mut self, name: &str, columns: &[&str], unique: bool) -> Self {
        self.indexes.push(Index {
            name: name.to_owned(),
            columns: columns.iter().map(|column| part(column)).collect(),
            unique,
        });
        self.sort();
        self
    }

    /// A foreign key of one column, to the column `there` of another table.
    pub(crate) fn points_at(mut self, column: &str, table: &str, there: &str) -> Self {
        let columns = owned(&[column]);
        self.foreign_keys.push(ForeignKey {
            name: ForeignKey::name_of(&self.name, &columns),
            columns,
            table: table.to_owned(),
            references: owned(&[there]),
        });
        self.sort();
        self
    }
}

fn part(column: &str) -> IndexColumn {
    let any_case = column
        .strip_prefix("lower(")
        .and_then(|rest| rest.strip_suffix(')'));
    IndexColumn {
        name: any_case.unwrap_or(column).to_owned(),
        any_case: any_case.is_some(),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
