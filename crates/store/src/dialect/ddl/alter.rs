//! Changing a table that is there.

use super::{Dialect, columns, parts, rebuild, spell};
use crate::schema::{Column, ColumnType, Conversion, Default, ForeignKey, Table};

/// The table before and after.
type Both<'a> = (&'a Table, &'a Table);

fn alter(dialect: Dialect, table: &Table, what: &str) -> String {
    format!("ALTER TABLE {} {what}", spell::name(dialect, &table.name))
}

/// Rows that are there get the fill if there is one: it is the default for a moment.
pub(super) fn add_column(
    dialect: Dialect,
    tables: Both<'_>,
    column: &Column,
    fill: Option<&Default>,
) -> Vec<String> {
    if dialect == Dialect::Sqlite {
        return add_to_sqlite(tables, column, fill);
    }
    let add = |column| {
        let definition = columns::definition(dialect, column);
        alter(dialect, tables.1, &format!("ADD COLUMN {definition}"))
    };
    let Some(fill) = fill else {
        return vec![add(column)];
    };
    let filled = Column {
        default: Some(fill.clone()),
        ..column.clone()
    };
    let name = spell::name(dialect, &column.name);
    let default = match &column.default {
        Some(value) => format!("SET DEFAULT {}", columns::default(dialect, column, value)),
        None => "DROP DEFAULT".into(),
    };
    let then = format!("ALTER COLUMN {name} {default}");
    vec![add(&filled), alter(dialect, tables.1, &then)]
}

/// SQLite adds a column by itself when rows that are there can read it without being written.
fn add_to_sqlite(tables: Both<'_>, column: &Column, fill: Option<&Default>) -> Vec<String> {
    let literal = !matches!(column.default, Some(Default::Now | Default::Other(_)));
    let native = fill.is_none() && literal && (column.nullable || column.default.is_some());
    if native {
        let definition = columns::definition(Dialect::Sqlite, column);
        return vec![alter(
            Dialect::Sqlite,
            tables.1,
            &format!("ADD COLUMN {definition}"),
        )];
    }
    rebuild::rebuild(tables.0, tables.1, |other| {
        let value = fill.or(column.default.as_ref());
        (other.name == column.name).then(|| match value {
            Some(value) => spell::value(Dialect::Sqlite, value),
            None => "NULL".into(),
        })
    })
}

pub(super) fn drop_column(dialect: Dialect, table: &str, column: &str) -> String {
    format!(
        "ALTER TABLE {} DROP COLUMN {}",
        spell::name(dialect, table),
        spell::name(dialect, column)
    )
}

pub(super) fn add_foreign_key(dialect: Dialect, tables: Both<'_>, key: &ForeignKey) -> Vec<String> {
    if dialect == Dialect::Sqlite {
        return rebuild::rebuild(tables.0, tables.1, |_| None);
    }
    let constraint = parts::foreign_key(dialect, key);
    vec![alter(dialect, tables.1, &format!("ADD {constraint}"))]
}

pub(super) fn drop_foreign_key(dialect: Dialect, tables: Both<'_>, key: &str) -> Vec<String> {
    let word = match dialect {
        Dialect::Sqlite => return rebuild::rebuild(tables.0, tables.1, |_| None),
        Dialect::Postgres => "CONSTRAINT",
        Dialect::MySql | Dialect::MariaDb => "FOREIGN KEY",
    };
    let key = spell::name(dialect, key);
    vec![alter(dialect, tables.1, &format!("DROP {word} {key}"))]
}

/// Type, nullability and default at once.
pub(super) fn alter_column(
    dialect: Dialect,
    tables: Both<'_>,
    (from, to): (&Column, &Column),
    fill: Option<&Default>,
) -> Vec<String> {
    // What rows with NULL get, if they may hold it no more.
    let fill = fill.or(to.default.as_ref());
    let fill = fill.filter(|_| from.nullable && !to.nullable);
    match dialect {
        Dialect::Sqlite => rebuild::rebuild(tables.0, tables.1, |column| {
            (column.name == to.name).then(|| converted(dialect, (from, to), fill))
        }),
        Dialect::Postgres => vec![alter_in_postgres(tables.1, (from, to), fill)],
        Dialect::MySql | Dialect::MariaDb => modify(dialect, tables.1, (from, to), fill),
    }
}

fn alter_in_postgres(
    table: &Table,
    (from, to): (&Column, &Column),
    fill: Option<&Default>,
) -> String {
    let dialect = Dialect::Postgres;
    let name = spell::name(dialect, &to.name);
    let mut changes = Vec::new();
    let mut change = |what: &str| changes.push(format!("ALTER COLUMN {name} {what}"));
    if from.default.is_some() {
        change("DROP DEFAULT");
    }
    if to.nullable && !from.nullable {
        change("DROP NOT NULL");
    }
    let kind = columns::kind(dialect, to);
    if fill.is_some() || kind != columns::kind(dialect, from) {
        let using = converted(dialect, (from, to), fill);
        change(&format!("TYPE {kind} USING {using}"));
    }
    if let Some(value) = &to.default {
        change(&format!("SET DEFAULT {}", spell::value(dialect, value)));
    }
    if from.nullable && !to.nullable {
        change("SET NOT NULL");
    }
    alter(dialect, table, &changes.join(", "))
}

/// The value of a column in its new type. SQLite keeps a value as it is unless its sort changes: what a foreign hand wrote
/// there against the type is still there behind it.
fn converted(dialect: Dialect, (from, to): (&Column, &Column), fill: Option<&Default>) -> String {
    let name = spell::name(dialect, &from.name);
    let value = match (dialect, Conversion::between(&from.kind, &to.kind)) {
        (_, Conversion::None) => name,
        (Dialect::Postgres, _) => format!("{name}::{}", bare_kind(to)),
        (Dialect::Sqlite, Conversion::Converting | Conversion::Unknown) => affinity(&name, to),
        _ => name,
    };
    match fill {
        Some(fill) => format!("COALESCE({value}, {})", spell::value(dialect, fill)),
        None => value,
    }
}

fn affinity(name: &str, to: &Column) -> String {
    match to.kind {
        ColumnType::Integer | ColumnType::BigInt => format!("CAST({name} AS INTEGER)"),
        ColumnType::Varchar(_) | ColumnType::Text | ColumnType::LongText => {
            format!("CAST({name} AS TEXT)")
        }
        _ => name.to_owned(),
    }
}

/// A type of PostgreSQL without its collation.
fn bare_kind(column: &Column) -> String {
    let kind = columns::kind(Dialect::Postgres, column);
    kind.split(" COLLATE ").next().unwrap_or(&kind).to_owned()
}

/// MySQL changes a column as a whole, and NULLs have to go first. Each statement may be run again after a cut.
fn modify(
    dialect: Dialect,
    table: &Table,
    (from, to): (&Column, &Column),
    fill: Option<&Default>,
) -> Vec<String> {
    let modify = |column: &Column| {
        let definition = columns::definition(dialect, column);
        alter(dialect, table, &format!("MODIFY COLUMN {definition}"))
    };
    let Some(fill) = fill else {
        return vec![modify(to)];
    };
    let mut statements = Vec::new();
    if from.kind != to.kind {
        // The fill may not fit into the old type.
        statements.push(modify(&Column {
            nullable: true,
            ..to.clone()
        }));
    }
    let (table, name) = (
        spell::name(dialect, &table.name),
        spell::name(dialect, &to.name),
    );
    let value = spell::value(dialect, fill);
    statements.push(format!(
        "UPDATE {table} SET {name} = {value} WHERE {name} IS NULL"
    ));
    statements.push(modify(to));
    statements
}
