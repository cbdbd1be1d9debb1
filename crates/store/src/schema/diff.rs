//! The operations that lead from one schema to another.

use super::convert::Conversion;
use super::{Column, ForeignKey, Index, Op, OpError, Schema, Table, check, order};
use crate::text::schema as text;

/// Why no migration leads from one schema to the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// The primary key of a table differs, or a column of it in a way that no change of a column can bring about.
    #[error("{}", text::key_differs(.0))]
    PrimaryKey(String),
    /// Something in the database is of a kind that only that database knows.
    #[error("{}", text::not_neutral(table, column, spelled))]
    NotNeutral {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// How the database spells it.
        spelled: String,
    },
    /// What the database holds would be refused by another one.
    #[error(transparent)]
    Op(#[from] OpError),
}

/// What leads from one schema to another, in an order that can run: nothing is removed that something else stands on, and
/// nothing made before what it stands on. Every table of `from` that is not in `to` is dropped; [`super::recognise`]
/// leaves those out that are not Havre's. Two schemas that differ in the order of columns only are equal.
///
/// # Errors
/// A primary key differs.
pub fn diff(from: &Schema, to: &Schema) -> Result<Vec<Op>, DiffError> {
    let mut steps = Steps::default();
    for (name, old) in &from.tables {
        match to.table(name) {
            Some(new) => steps.change(old, new)?,
            None => steps.dropped.push(old),
        }
    }
    let missing = |name: &&String| !from.tables.contains_key(*name);
    steps.created = to
        .tables
        .keys()
        .filter(missing)
        .filter_map(|name| to.table(name))
        .collect();
    steps.foreign_keys(from, to);
    Ok(steps.in_order())
}

/// The steps there and back again, both neutral.
///
/// # Errors
/// No migration leads from one to the other, or one of the schemas holds what cannot be written down for all databases.
pub fn migration(from: &Schema, to: &Schema) -> Result<(Vec<Op>, Vec<Op>), DiffError> {
    let (up, down) = (diff(from, to)?, diff(to, from)?);
    for op in up.iter().chain(&down) {
        neutral(op)?;
    }
    let mut there = from.clone();
    for op in up.iter().chain(&down) {
        op.apply(&mut there)?;
    }
    Ok((up, down))
}

fn neutral(op: &Op) -> Result<(), DiffError> {
    let columns: Vec<&Column> = match op {
        Op::CreateTable { table } => table.columns.iter().collect(),
        Op::AddColumn { column, .. } => vec![column],
        Op::AlterColumn { from, to, .. } => vec![from, to],
        _ => Vec::new(),
    };
    for column in columns {
        if let Some(spelled) = column.spelled_by_database() {
            return Err(DiffError::NotNeutral {
                table: op.table().to_owned(),
                column: column.name.clone(),
                spelled: spelled.to_owned(),
            });
        }
    }
    Ok(())
}

/// What is to be done, by kind. The kinds are run in the order in which they stand here.
#[derive(Default)]
struct Steps<'a> {
    drop_keys: Vec<Op>,
    drop_indexes: Vec<Op>,
    dropped: Vec<&'a Table>,
    drop_columns: Vec<Op>,
    alter_columns: Vec<Op>,
    add_columns: Vec<Op>,
    create_indexes: Vec<Op>,
    created: Vec<&'a Table>,
    add_keys: Vec<Op>,
    /// Columns that no foreign key may stand on meanwhile: (table, column).
    disturbed: Vec<(&'a str, &'a str)>,
}

impl<'a> Steps<'a> {
    fn change(&mut self, old: &'a Table, new: &'a Table) -> Result<(), DiffError> {
        if old.primary_key != new.primary_key {
            return Err(DiffError::PrimaryKey(old.name.clone()));
        }
        let mut replaced = Vec::new();
        for column in &old.columns {
            match new.column(&column.name) {
                Some(next) if next == column => {}
                Some(next) => {
                    if self.alter(old, column, next)? {
                        replaced.push(column.name.as_str());
                    }
                }
                None => self.drop_column(old, column),
            }
        }
        for column in new
            .columns
            .iter()
            .filter(|column| old.column(&column.name).is_none())
        {
            self.add_columns.push(Op::add_column(&old.name, column));
        }
        self.indexes(old, new, &replaced);
        Ok(())
    }

    /// True when the column is replaced, since its values cannot come along.
    fn alter(
        &mut self,
        table: &'a Table,
        from: &'a Column,
        to: &Column,
    ) -> Result<bool, DiffError> {
        let possible = Conversion::between(&from.kind, &to.kind) != Conversion::Impossible;
        let in_key = table.primary_key.contains(&from.name);
        if from.auto != to.auto || (in_key && !possible) {
            return Err(DiffError::PrimaryKey(table.name.clone()));
        }
        if !super::apply::only_default(from, to) {
            self.disturbed.push((&table.name, &from.name));
        }
        if possible {
            self.alter_columns
                .push(Op::alter_column(&table.name, from, to));
        } else {
            self.drop_column(table, from);
            self.add_columns.push(Op::add_column(&table.name, to));
        }
        Ok(!possible)
    }

    fn drop_column(&mut self, table: &'a Table, column: &'a Column) {
        self.disturbed.push((&table.name, &column.name));
        self.drop_columns.push(Op::DropColumn {
            table: table.name.clone(),
            column: column.name.clone(),
        });
    }

    fn indexes(&mut self, old: &Table, new: &Table, replaced: &[&str]) {
        let goes = |index: &Index| {
            new.index(&index.name) != Some(index) || replaced.iter().any(|column| index.has(column))
        };
        for index in old.indexes.iter().filter(|index| goes(index)) {
            self.drop_indexes.push(Op::DropIndex {
                table: old.name.clone(),
                index: index.name.clone(),
            });
        }
        let stays = |index: &Index| old.index(&index.name).is_some_and(|old| !goes(old));
        for index in new.indexes.iter().filter(|index| !stays(index)) {
            self.create_indexes.push(Op::CreateIndex {
                table: new.name.clone(),
                index: index.clone(),
            });
        }
    }

    /// The foreign keys of tables that stay.
    fn foreign_keys(&mut self, from: &Schema, to: &Schema) {
        // What is left when the indexes are dropped: a key that stands on no other index has to go meanwhile.
        let mut bare = from.clone();
        for op in &self.drop_indexes {
            let Op::DropIndex { table, index } = op else {
                continue;
            };
            if let Some(table) = bare.tables.get_mut(table) {
                table.indexes.retain(|other| other.name != *index);
            }
        }
        for (name, old) in &from.tables {
            let Some(new) = to.table(name) else { continue };
            let stays = |key: &ForeignKey| {
                new.foreign_key(&key.name) == Some(key) && self.undisturbed(&bare, name, key)
            };
            let (stay, go): (Vec<&ForeignKey>, Vec<&ForeignKey>) =
                old.foreign_keys.iter().partition(|key| stays(key));
            let comes = |key: &&ForeignKey| !stay.iter().any(|old| old.name == key.name);
            let come: Vec<&ForeignKey> = new.foreign_keys.iter().filter(comes).collect();
            self.drop_keys
                .extend(go.into_iter().map(|key| order::drop_key(name, key)));
            self.add_keys
                .extend(come.into_iter().map(|key| order::add_key(name, key)));
        }
    }

    fn undisturbed(&self, bare: &Schema, table: &str, key: &ForeignKey) -> bool {
        let touched = |table: &str, columns: &[String]| {
            let mut disturbed = self.disturbed.iter();
            disturbed
                .any(|(other, column)| *other == table && columns.iter().any(|it| it == column))
        };
        let here = bare
            .table(table)
            .is_some_and(|table| table.covers(&key.columns));
        let there = bare.table(&key.table);
        let there = there.is_some_and(|table| table.identified_by(&key.references));
        here && there && !touched(table, &key.columns) && !touched(&key.table, &key.references)
    }

    fn in_order(mut self) -> Vec<Op> {
        self.alter_columns.sort_by_key(growth);
        let (cut, drop_tables) = order::drops(&self.dropped);
        let (create_tables, tied) = order::creates(&self.created);
        [
            self.drop_keys,
            cut,
            drop_tables,
            self.drop_indexes,
            self.drop_columns,
            self.alter_columns,
            self.add_columns,
            self.create_indexes,
            create_tables,
            self.add_keys,
            tied,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// By how many bytes a row grows: what shrinks goes first, so that no row or key is too long meanwhile.
fn growth(op: &Op) -> i64 {
    match op {
        Op::AlterColumn { from, to, .. } => {
            check::bytes(&to.kind).cast_signed() - check::bytes(&from.kind).cast_signed()
        }
        _ => 0,
    }
}
