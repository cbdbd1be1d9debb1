//! What an operation makes of a schema, and what undoes it.

use super::convert::Conversion;
use super::{Column, Default, ForeignKey, Index, Op, Schema, Table, check};
use crate::text::schema as text;

/// Why an operation cannot be done: it does not fit the schema, or one of the databases would refuse it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpError(String);

type Done = Result<(), String>;

impl Op {
    /// Does it to a schema.
    ///
    /// # Errors
    /// It does not fit the schema, or what it makes could not be the same on every database. Then the schema is as it was.
    pub fn apply(&self, schema: &mut Schema) -> Result<(), OpError> {
        let mut next = schema.clone();
        match self {
            Self::CreateTable { table } => create_table(&mut next, table),
            Self::DropTable { table } => drop_table(&mut next, table),
            Self::AddColumn {
                table,
                column,
                fill,
            } => within(&mut next, table, |table| {
                add_column(table, column, fill.as_ref())
            }),
            Self::DropColumn { table, column } => drop_column(&mut next, table, column),
            Self::AlterColumn {
                table,
                from,
                to,
                fill,
            } => alter_column(&mut next, table, (from, to), fill.as_ref()),
            Self::CreateIndex { table, index } => create_index(&mut next, table, index),
            Self::DropIndex { table, index } => drop_index(&mut next, table, index),
            Self::AddForeignKey { table, foreign_key } => {
                add_foreign_key(&mut next, table, foreign_key)
            }
            Self::DropForeignKey { table, foreign_key } => {
                drop_foreign_key(&mut next, table, foreign_key)
            }
        }
        .map_err(|why| OpError(text::in_op(self, &why)))?;
        *schema = next;
        Ok(())
    }

    /// What undoes it, in a schema as it was before it. Rows and values that it removes do not come back: a column that
    /// is there again holds its default, or nothing, or an empty value.
    ///
    /// # Errors
    /// What it removes is not there.
    pub fn inverse(&self, before: &Schema) -> Result<Self, OpError> {
        self.undo(before)
            .map_err(|why| OpError(text::in_op(self, &why)))
    }

    fn undo(&self, before: &Schema) -> Result<Self, String> {
        let table = self.table().to_owned();
        let was = || before.table(&table).ok_or_else(|| text::no_table(&table));
        let missing = |what: &str, name: &str| text::no_part(&table, what, name);
        Ok(match self {
            Self::CreateTable { .. } => Self::DropTable { table },
            Self::DropTable { .. } => Self::CreateTable {
                table: was()?.clone(),
            },
            Self::AddColumn { column, .. } => Self::DropColumn {
                table,
                column: column.name.clone(),
            },
            Self::DropColumn { column, .. } => {
                let found = was()?.column(column);
                Self::add_column(&table, found.ok_or_else(|| missing("column", column))?)
            }
            Self::AlterColumn { from, to, .. } => Self::alter_column(&table, to, from),
            Self::CreateIndex { index, .. } => Self::DropIndex {
                table,
                index: index.name.clone(),
            },
            Self::DropIndex { index, .. } => {
                let found = was()?.index(index).cloned();
                let index = found.ok_or_else(|| missing("index", index))?;
                Self::CreateIndex { table, index }
            }
            Self::AddForeignKey { foreign_key, .. } => Self::DropForeignKey {
                table,
                foreign_key: foreign_key.name.clone(),
            },
            Self::DropForeignKey { foreign_key, .. } => {
                let found = was()?.foreign_key(foreign_key).cloned();
                let foreign_key = found.ok_or_else(|| missing("foreign key", foreign_key))?;
                Self::AddForeignKey { table, foreign_key }
            }
        })
    }

    /// Adds a column; one that needs a value for rows that are there gets an empty one.
    pub(super) fn add_column(table: &str, column: &Column) -> Self {
        let needs = !column.nullable && column.default.is_none();
        Self::AddColumn {
            table: table.to_owned(),
            column: column.clone(),
            fill: needs.then(|| empty(column)),
        }
    }

    /// Changes a column; one that takes NULL no more gets an empty value where nothing better is known.
    pub(super) fn alter_column(table: &str, from: &Column, to: &Column) -> Self {
        let needs = from.nullable && !to.nullable && to.default.is_none();
        Self::AlterColumn {
            table: table.to_owned(),
            from: from.clone(),
            to: to.clone(),
            fill: needs.then(|| empty(to)),
        }
    }
}

/// The value of a column that says nothing.
fn empty(column: &Column) -> Default {
    use super::ColumnType::{BigInt, DateTime, Integer, Json, LongText, Other, Text, Varchar};
    match column.kind {
        Varchar(_) | Text | LongText | Other(_) => Default::Text(String::new()),
        Integer | BigInt => Default::Number(0),
        DateTime => Default::Now,
        Json => Default::Text("null".into()),
    }
}

fn find<'a>(schema: &'a mut Schema, table: &str) -> Result<&'a mut Table, String> {
    let found = schema.tables.get_mut(table);
    found.ok_or_else(|| text::no_table(table))
}

fn within(schema: &mut Schema, table: &str, change: impl FnOnce(&mut Table) -> Done) -> Done {
    change(find(schema, table)?)
}

fn create_table(schema: &mut Schema, table: &Table) -> Done {
    check::free_name(schema, &table.name)?;
    check::table(table)?;
    let mut bare = table.clone();
    bare.indexes.clear();
    bare.foreign_keys.clear();
    schema.tables.insert(table.name.clone(), bare);
    for index in &table.indexes {
        create_index(schema, &table.name, index)?;
    }
    for key in &table.foreign_keys {
        add_foreign_key(schema, &table.name, key)?;
    }
    Ok(())
}

fn drop_table(schema: &mut Schema, table: &str) -> Done {
    find(schema, table)?;
    if let Some((_, key)) = schema
        .pointing_at(table)
        .find(|(from, _)| from.name != table)
    {
        return Err(text::in_use(table, &key.name));
    }
    schema.tables.remove(table);
    Ok(())
}

fn add_column(table: &mut Table, column: &Column, fill: Option<&Default>) -> Done {
    check::column(column)?;
    if table.column(&column.name).is_some() {
        return Err(text::exists("column", &column.name));
    }
    if column.auto {
        return Err(text::AUTO_STAYS.into());
    }
    match fill {
        Some(value) => check::fill(column, value)?,
        None if !column.nullable && column.default.is_none() => {
            return Err(text::needs_fill(&column.name));
        }
        None => {}
    }
    table.columns.push(column.clone());
    check::row_length(table)
}

fn drop_column(schema: &mut Schema, table: &str, column: &str) -> Done {
    let found = find(schema, table)?;
    if found.column(column).is_none() {
        return Err(text::no_part(table, "column", column));
    }
    if found.primary_key.iter().any(|part| part == column) {
        return Err(text::in_use(column, "the primary key"));
    }
    if let Some(index) = found.indexes.iter().find(|index| index.has(column)) {
        return Err(text::in_use(column, &index.name));
    }
    not_in_a_key(schema, table, column)?;
    within(schema, table, |table| {
        table.columns.retain(|other| other.name != column);
        Ok(())
    })
}

/// MySQL changes no column that is on either side of a foreign key.
fn not_in_a_key(schema: &Schema, table: &str, column: &str) -> Done {
    let here = schema.table(table).into_iter();
    let here = here.flat_map(|table| &table.foreign_keys);
    let mut here = here.filter(|key| key.columns.iter().any(|part| part == column));
    let there = schema.pointing_at(table).map(|(_, key)| key);
    let mut there = there.filter(|key| key.references.iter().any(|part| part == column));
    match here.next().or_else(|| there.next()) {
        Some(key) => Err(text::in_use(column, &key.name)),
        None => Ok(()),
    }
}

fn alter_column(
    schema: &mut Schema,
    table: &str,
    (from, to): (&Column, &Column),
    fill: Option<&Default>,
) -> Done {
    check::column(to)?;
    if from.name != to.name {
        return Err(text::renamed(&from.name, &to.name));
    }
    let found = find(schema, table)?;
    let is = found
        .column(&to.name)
        .ok_or_else(|| text::no_part(table, "column", &to.name))?;
    if is != from {
        return Err(text::not_as_said(table, &to.name));
    }
    if is.auto || to.auto {
        return Err(text::AUTO_STAYS.into());
    }
    if Conversion::between(&from.kind, &to.kind) == Conversion::Impossible {
        return Err(text::no_conversion(&from.kind, &to.kind));
    }
    match fill {
        Some(value) => check::fill(to, value)?,
        None if from.nullable && !to.nullable && to.default.is_none() => {
            return Err(text::needs_fill(&to.name));
        }
        None => {}
    }
    if !only_default(from, to) {
        not_in_a_key(schema, table, &to.name)?;
    }
    within(schema, table, |table| {
        for column in table
            .columns
            .iter_mut()
            .filter(|other| other.name == to.name)
        {
            *column = to.clone();
        }
        still_good(table, &to.name)
    })
}

/// True when nothing but the default differs.
pub(super) fn only_default(from: &Column, to: &Column) -> bool {
    let mut without = from.clone();
    without.default.clone_from(&to.default);
    without == *to
}

/// What a column is part of, after it changed.
fn still_good(table: &Table, column: &str) -> Done {
    check::primary_key(table)?;
    check::row_length(table)?;
    let mut indexes = table.indexes.iter().filter(|index| index.has(column));
    indexes.try_for_each(|index| check::index(table, index))
}

fn create_index(schema: &mut Schema, table: &str, index: &Index) -> Done {
    check::free_name(schema, &index.name)?;
    within(schema, table, |table| {
        check::index(table, index)?;
        table.indexes.push(index.clone());
        table.sort();
        Ok(())
    })
}

fn drop_index(schema: &mut Schema, table: &str, index: &str) -> Done {
    within(schema, table, |table| {
        if table.index(index).is_none() {
            return Err(text::no_part(&table.name, "index", index));
        }
        table.indexes.retain(|other| other.name != index);
        Ok(())
    })?;
    needed_by_a_key(schema, table, index)
}

/// An index is gone: PostgreSQL keeps one that a foreign key points at, MySQL one that lies under a foreign key.
fn needed_by_a_key(schema: &Schema, table: &str, index: &str) -> Done {
    let Some(left) = schema.table(table) else {
        return Ok(());
    };
    let mut here = left.foreign_keys.iter();
    let under = here.find(|key| !left.covers(&key.columns));
    let mut there = schema.pointing_at(table).map(|(_, key)| key);
    let behind = there.find(|key| !left.identified_by(&key.references));
    match under.or(behind) {
        Some(key) => Err(text::in_use(index, &key.name)),
        None => Ok(()),
    }
}

fn add_foreign_key(schema: &mut Schema, table: &str, key: &ForeignKey) -> Done {
    check::free_name(schema, &key.name)?;
    let from = schema.table(table).ok_or_else(|| text::no_table(table))?;
    check::foreign_key(schema, from, key)?;
    within(schema, table, |table| {
        table.foreign_keys.push(key.clone());
        table.sort();
        Ok(())
    })
}

fn drop_foreign_key(schema: &mut Schema, table: &str, key: &str) -> Done {
    within(schema, table, |table| {
        if table.foreign_key(key).is_none() {
            return Err(text::no_part(&table.name, "foreign key", key));
        }
        table.foreign_keys.retain(|other| other.name != key);
        Ok(())
    })
}
