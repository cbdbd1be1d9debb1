//! What is said of schemas, operations and migrations.

use std::path::Path;

use crate::schema::{Column, ColumnType, Default, Op};

fn kind(kind: &ColumnType) -> String {
    String::from(kind.clone())
}

fn default(value: &Default) -> String {
    match value {
        Default::Number(number) => number.to_string(),
        Default::Text(text) => format!("\"{text}\""),
        Default::Now => "the present time".into(),
        Default::Other(spelled) => spelled.clone(),
    }
}

fn spelled(column: &Column) -> String {
    let mut words = kind(&column.kind);
    if !column.nullable {
        words.push_str(" not null");
    }
    if let Some(value) = &column.default {
        words.push_str(" default ");
        words.push_str(&default(value));
    }
    if column.any_case {
        words.push_str(" any case");
    }
    words
}

pub(crate) fn loses_table(table: &str) -> String {
    format!("all rows of {table} are lost")
}

pub(crate) fn loses_column(table: &str, column: &str) -> String {
    format!("all values of {table}.{column} are lost")
}

pub(crate) fn loses_type(table: &str, from: &Column, to: &Column) -> String {
    format!(
        "the values of {table}.{} go from {} to {}; a value that does not fit stops it",
        to.name,
        kind(&from.kind),
        kind(&to.kind)
    )
}

pub(crate) fn loses_null(table: &str, column: &str) -> String {
    format!("rows of {table} without {column} are given a value")
}

pub(crate) fn sentence(op: &Op) -> String {
    match op {
        Op::CreateTable { table } => format!("create table {}", table.name),
        Op::DropTable { table } => format!("drop table {table}"),
        Op::AddColumn { table, column, .. } => {
            format!("add column {} {} to {table}", column.name, spelled(column))
        }
        Op::DropColumn { table, column } => format!("drop column {column} of {table}"),
        Op::AlterColumn {
            table, from, to, ..
        } => format!(
            "change column {} of {table} from {} to {}",
            to.name,
            spelled(from),
            spelled(to)
        ),
        Op::CreateIndex { table, index } => {
            let parts: Vec<&str> = index
                .columns
                .iter()
                .map(|part| part.name.as_str())
                .collect();
            let unique = if index.unique { "unique " } else { "" };
            format!(
                "create {unique}index {} on {table} ({})",
                index.name,
                parts.join(", ")
            )
        }
        Op::DropIndex { table, index } => format!("drop index {index} of {table}"),
        Op::AddForeignKey { table, foreign_key } => format!(
            "add foreign key {} from {table} to {}",
            foreign_key.name, foreign_key.table
        ),
        Op::DropForeignKey { table, foreign_key } => {
            format!("drop foreign key {foreign_key} of {table}")
        }
    }
}

// What is wrong with an operation.

pub(crate) fn in_op(op: &Op, why: &str) -> String {
    format!("cannot {}: {why}", op.sentence())
}

pub(crate) fn no_table(table: &str) -> String {
    format!("there is no table `{table}`")
}

pub(crate) fn no_part(table: &str, what: &str, name: &str) -> String {
    format!("`{table}` has no {what} `{name}`")
}

pub(crate) fn exists(what: &str, name: &str) -> String {
    format!("there is a {what} `{name}` already")
}

pub(crate) fn bad_name(name: &str) -> String {
    format!(
        "`{name}` cannot be a name on every database. Use at most 63 of a-z, 0-9 and _, beginning with a letter, and none \
         that a database keeps for itself"
    )
}

pub(crate) fn in_use(column: &str, by: &str) -> String {
    format!("`{column}` is in use by {by}. Remove that first")
}

pub(crate) fn not_as_said(table: &str, column: &str) -> String {
    format!("`{table}.{column}` is not what `from` says it is")
}

pub(crate) fn renamed(from: &str, to: &str) -> String {
    format!("`from` is `{from}` and `to` is `{to}`; a column cannot be renamed")
}

pub(crate) fn no_conversion(from: &ColumnType, to: &ColumnType) -> String {
    format!(
        "values cannot go from {} to {}. Drop the column and add it anew",
        kind(from),
        kind(to)
    )
}

pub(crate) const AUTO_STAYS: &str =
    "a column that counts up by itself cannot be changed, nor can one begin to";
pub(crate) const AUTO_SHAPE: &str = "a column that counts up by itself must be a big_int without a default and be the primary \
    key alone";
pub(crate) const NO_COLUMNS: &str = "it has no columns";
pub(crate) const NO_KEY: &str = "it has no primary key";

pub(crate) fn nullable_key(column: &str) -> String {
    format!("`{column}` is in the primary key and may not be nullable")
}

pub(crate) fn needs_fill(column: &str) -> String {
    format!(
        "`{column}` is not nullable: give it a default, or say in `fill` what rows that are there get"
    )
}

pub(crate) fn bad_value(what: &str, column: &Column) -> String {
    format!(
        "the {what} of `{}` is not a value of {}",
        column.name,
        kind(&column.kind)
    )
}

pub(crate) fn no_default_for(column: &Column) -> String {
    format!(
        "`{}` is of type {}, which has no defaults on MySQL. Write the value with each row instead",
        column.name,
        kind(&column.kind)
    )
}

pub(crate) const PLAIN_TEXT: &str = "text in a default or a fill may not hold backslashes or control characters, which \
    databases read in different ways";

pub(crate) fn other_type(column: &str, spelled: &str) -> String {
    format!(
        "`{column}` is of type `{spelled}`, which only the database that it was read from knows"
    )
}

pub(crate) fn too_long(column: &str, most: u32) -> String {
    format!("`{column}` is longer than {most} characters, the most that MySQL takes. Use text")
}

pub(crate) fn any_case_kind(column: &str) -> String {
    format!("`{column}` is any_case, which only a varchar can be")
}

pub(crate) fn any_case_unique(key: &str, column: &str) -> String {
    format!(
        "`{key}` is unique, and what `{column}` equals in any case is not the same on every database. Keep a folded form \
         of it in a column of its own"
    )
}

pub(crate) fn row_too_long(table: &str, bytes: u64, most: u64) -> String {
    format!(
        "a row of `{table}` could be {bytes} bytes long, and MySQL takes {most}. Make columns shorter, or text"
    )
}

pub(crate) fn not_indexable(column: &Column) -> String {
    format!(
        "`{}` is of type {}, which MySQL cannot index. Use a varchar",
        column.name,
        kind(&column.kind)
    )
}

pub(crate) fn key_too_long(name: &str, bytes: u64, most: u64) -> String {
    format!(
        "`{name}` would be {bytes} bytes long, and MySQL takes {most} (four for each character). Leave a column out, or \
         make one shorter"
    )
}

pub(crate) fn too_many_parts(name: &str, most: usize) -> String {
    format!("`{name}` has no columns, one of them twice, or more than {most}")
}

pub(crate) fn key_columns(name: &str) -> String {
    format!("`{name}` must have as many columns on both sides, at least one")
}

pub(crate) fn key_target(name: &str, table: &str) -> String {
    format!(
        "`{name}` must point at the primary key of `{table}` or at the columns of a unique index"
    )
}

pub(crate) fn key_types(name: &str, column: &str) -> String {
    format!("`{name}` needs the same type on both sides, and `{column}` has another one")
}

pub(crate) fn key_cover(name: &str) -> String {
    format!("`{name}` needs an index that begins with its columns")
}

// What is wrong with a file.

pub(crate) fn in_file(file: &str, line: Option<usize>, why: &str) -> String {
    match line {
        Some(line) => format!("{file}, line {line}: {why}"),
        None => format!("{file}: {why}"),
    }
}

pub(crate) fn file_name(name: &str) -> String {
    format!(
        "`{name}` is not the name of a migration. Name it NNNN_what_it_does.toml: four digits and lower-case words"
    )
}

pub(crate) fn not_its_name(version: u32, name: &str) -> String {
    format!("it says that it is {version:04}_{name}, which is not its file's name")
}

pub(crate) fn missing_version(wanted: u32, found: u32) -> String {
    format!(
        "migration {wanted} is missing before migration {found}. The versions must be 1, 2, 3 and so on"
    )
}

pub(crate) fn twice(version: u32, one: &str, other: &str) -> String {
    format!(
        "migration {version} is there twice: `{one}` and `{other}`. Give the newer one the next free number"
    )
}

pub(crate) fn not_undone(version: u32) -> String {
    format!(
        "the down steps of migration {version} do not lead back to the schema before it. Generate them again with \
         `havre db migrate`, or write the missing steps"
    )
}

pub(crate) fn cannot_read(path: &Path, why: &str) -> String {
    format!("`{}` cannot be read: {why}", path.display())
}

pub(crate) fn file_too_large(path: &Path, most: u64) -> String {
    format!(
        "`{}` is larger than {most} bytes, so it is not a migration",
        path.display()
    )
}

pub(crate) fn too_many_files(path: &Path) -> String {
    format!(
        "`{}` holds too many files to be a folder of migrations",
        path.display()
    )
}

pub(crate) fn no_such_version(version: u32, newest: u32) -> String {
    format!("there is no migration {version}; the newest is {newest}")
}

pub(crate) const NO_SLUG: &str = "the message holds no letter or digit of which a file name can be made. Say in a few words \
    what changes";

// What cannot be compared.

pub(crate) fn key_differs(table: &str) -> String {
    format!(
        "the primary key of `{table}` differs, and a migration cannot change one. Make a new table instead"
    )
}

pub(crate) fn not_neutral(table: &str, column: &str, spelled: &str) -> String {
    format!(
        "`{table}.{column}` in the database is `{spelled}`, which cannot be written down for the other databases. It is \
         not of Havre's making: change it back by hand, or remove it"
    )
}

// The text of an op file.

pub(crate) const HEAD: &str = "A migration of Havre's database: the steps `up` to this version and `down` again. They hold for \
    SQLite,\n# PostgreSQL and MySQL alike. Once it has been applied somewhere, do not change this file: add another one.";

pub(crate) fn mark(loss: &str) -> String {
    format!("DESTRUCTIVE: {loss}.")
}

pub(crate) const FILL_HINT: &str =
    "`fill` is what rows that are there get. Change it if another value is right.";

// What is in the way of a step.

pub(crate) fn do_not_fit(count: i64, table: &str, column: &str, to: &Column, find: &str) -> String {
    format!(
        "{count} row(s) of {table} hold a {column} that does not fit into {}. Nothing was changed. Find them with: {find}",
        kind(&to.kind)
    )
}

pub(crate) fn not_unique(count: i64, table: &str, index: &str, find: &str) -> String {
    format!(
        "{count} value(s) stand more than once in {table}, so the unique index {index} cannot be made. Nothing was \
         changed. Find them with: {find}"
    )
}

pub(crate) fn orphans(count: i64, table: &str, to: &str, find: &str) -> String {
    format!(
        "{count} row(s) of {table} point at rows of {to} that are not there. Nothing was changed. Find them with: {find}"
    )
}
