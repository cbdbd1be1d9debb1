//! MySQL and MariaDB: `information_schema`, for the current database. Its columns are named in upper or lower case and are
//! of many types of text, so each is given a name and a type.

use std::collections::BTreeSet;

use super::read::{Tables, flag, length, odd, target, text, unquoted};
use crate::dialect::Dialect;
use crate::schema::{Column, ColumnType, Default, ForeignKey, IndexColumn};
use crate::sql::{Link, Row, query};

pub(super) const NAMES: &str = "SELECT CAST(table_name AS CHAR) AS tbl FROM information_schema.tables \
    WHERE table_schema = DATABASE() ORDER BY table_name";

const COLUMNS: &str = "SELECT CAST(c.table_name AS CHAR) AS tbl, CAST(c.column_name AS CHAR) AS name, \
    CAST(c.column_type AS CHAR) AS kind, CAST(c.is_nullable AS CHAR) AS nullable, \
    CAST(c.column_default AS CHAR) AS fallback, CAST(c.extra AS CHAR) AS extra, \
    CAST(c.collation_name AS CHAR) AS coll \
    FROM information_schema.columns c JOIN information_schema.tables t \
    ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
    WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position";

/// MySQL 8 lists expressions too; there the name of the column is NULL.
const INDEXES: &str = "SELECT CAST(table_name AS CHAR) AS tbl, CAST(index_name AS CHAR) AS idx, \
    CAST(non_unique AS SIGNED) AS many, CAST(column_name AS CHAR) AS name, CAST(collation AS CHAR) AS direction, \
    CAST(sub_part AS SIGNED) AS part, CAST(index_type AS CHAR) AS method \
    FROM information_schema.statistics WHERE table_schema = DATABASE() \
    ORDER BY table_name, index_name, seq_in_index";

const REFERENCES: &str = "SELECT CAST(k.table_name AS CHAR) AS tbl, CAST(k.constraint_name AS CHAR) AS name, \
    CAST(k.column_name AS CHAR) AS source, CAST(k.referenced_table_name AS CHAR) AS target, \
    CAST(k.referenced_column_name AS CHAR) AS goal, CAST(r.delete_rule AS CHAR) AS on_delete, \
    CAST(r.update_rule AS CHAR) AS on_update \
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r \
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
    AND r.table_name = k.table_name \
    WHERE k.constraint_schema = DATABASE() AND k.referenced_table_name IS NOT NULL \
    ORDER BY k.table_name, k.constraint_name, k.ordinal_position";

/// MariaDB has no type for JSON: `JSON` there is LONGTEXT with this check.
const CHECKS: &str = "SELECT CAST(table_name AS CHAR) AS tbl, CAST(check_clause AS CHAR) AS clause \
    FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()";

pub(super) async fn read(link: &mut Link<'_>) -> Result<Tables, sqlx::Error> {
    let checked = json_columns(link).await?;
    let mut tables = Tables::default();
    for row in query(COLUMNS).fetch_all(link.again()).await? {
        read_column(&row, link.dialect(), &checked, &mut tables)?;
    }
    for row in query(INDEXES).fetch_all(link.again()).await? {
        read_index_column(&row, &mut tables)?;
    }
    for row in query(REFERENCES).fetch_all(link.again()).await? {
        let (on_delete, on_update) = (text(&row, "on_delete")?, text(&row, "on_update")?);
        let key = ForeignKey {
            name: text(&row, "name")?,
            columns: vec![text(&row, "source")?],
            table: target(&text(&row, "target")?, &on_delete, &on_update),
            references: vec![text(&row, "goal")?],
        };
        tables.reference(&text(&row, "tbl")?, key);
    }
    drop_indexes_of_references(&mut tables);
    Ok(tables)
}

async fn json_columns(link: &mut Link<'_>) -> Result<BTreeSet<(String, String)>, sqlx::Error> {
    let mut found = BTreeSet::new();
    if link.dialect() == Dialect::MariaDb {
        for row in query(CHECKS).fetch_all(link.again()).await? {
            let clause = text(&row, "clause")?;
            let column = clause
                .strip_prefix("json_valid(`")
                .and_then(|clause| clause.strip_suffix("`)"));
            if let Some(column) = column {
                found.insert((text(&row, "tbl")?, column.replace("``", "`")));
            }
        }
    }
    Ok(found)
}

fn read_column(
    row: &Row,
    dialect: Dialect,
    checked: &BTreeSet<(String, String)>,
    tables: &mut Tables,
) -> Result<(), sqlx::Error> {
    let (table, name) = (text(row, "tbl")?, text(row, "name")?);
    let (spelled, extra) = (text(row, "kind")?, text(row, "extra")?.to_ascii_lowercase());
    let collation = row.text_opt("coll")?;
    let is_json = checked.contains(&(table.clone(), name.clone()));
    let (kind, any_case) = match kind(&spelled, is_json) {
        Some(kind) if !is_generated(&extra) => collated(kind, &spelled, collation.as_deref()),
        Some(_) => (ColumnType::Other(format!("{spelled} {extra}")), false),
        None => (
            ColumnType::Other(format!("{spelled} {extra}").trim().to_owned()),
            false,
        ),
    };
    let fallback = row.text_opt("fallback")?;
    let column = Column {
        name,
        kind,
        nullable: text(row, "nullable")? == "YES",
        default: fallback.and_then(|text| fallback_of(dialect, &text, &extra)),
        any_case,
        auto: extra.contains("auto_increment"),
    };
    tables.column(&table, column);
    Ok(())
}

/// MySQL says `DEFAULT_GENERATED` of a default that is an expression, which is no generated column.
fn is_generated(extra: &str) -> bool {
    extra.contains(" generated") || extra.contains("on update") || extra.contains("persistent")
}

/// MariaDB and older servers write the width of a number that nobody asked for.
fn kind(spelled: &str, is_json: bool) -> Option<ColumnType> {
    let base = spelled.split('(').next().unwrap_or(spelled);
    match (base, spelled) {
        ("longtext", _) if is_json => Some(ColumnType::Json),
        ("longtext", _) => Some(ColumnType::LongText),
        ("json", _) => Some(ColumnType::Json),
        ("text", _) => Some(ColumnType::Text),
        ("int", whole) if !whole.contains("unsigned") => Some(ColumnType::Integer),
        ("bigint", whole) if !whole.contains("unsigned") => Some(ColumnType::BigInt),
        (_, "datetime(6)") => Some(ColumnType::DateTime),
        _ => length(spelled, "varchar").map(ColumnType::Varchar),
    }
}

/// Text of ours is compared bytewise, or looked for in any case; anything else makes another type of it.
fn collated(kind: ColumnType, spelled: &str, collation: Option<&str>) -> (ColumnType, bool) {
    match (&kind, collation) {
        (ColumnType::Varchar(_) | ColumnType::Text | ColumnType::LongText, Some(name)) => {
            match name {
                "utf8mb4_nopad_bin" | "utf8mb4_0900_bin" => (kind, false),
                "utf8mb4_general_nopad_ci" | "utf8mb4_0900_as_ci" => (kind, true),
                _ => (
                    ColumnType::Other(format!("{spelled} COLLATE {name}")),
                    false,
                ),
            }
        }
        _ => (kind, false),
    }
}

/// MariaDB spells a default as SQL; MySQL gives the bare text, and says in `extra` when it is an expression.
fn fallback_of(dialect: Dialect, spelled: &str, extra: &str) -> Option<Default> {
    let lower = spelled.to_ascii_lowercase();
    let is_now = lower.starts_with("current_timestamp")
        || lower.starts_with("utc_timestamp")
        || lower.starts_with("(utc_timestamp");
    let bare = dialect == Dialect::MySql && !extra.contains("default_generated");
    if !bare && is_now {
        return Some(Default::Now);
    }
    if !bare && lower == "null" {
        return None;
    }
    let value = if bare {
        Some(spelled.to_owned())
    } else {
        unquoted(spelled)
    };
    if let (None, Ok(number)) | (Some(_), Ok(number)) = (&value, spelled.parse()) {
        return Some(Default::Number(number));
    }
    value
        .map(Default::Text)
        .or_else(|| Some(Default::Other(spelled.to_owned())))
}

fn read_index_column(row: &Row, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let (table, index) = (text(row, "tbl")?, text(row, "idx")?);
    let name = text(row, "name")?;
    if index == "PRIMARY" {
        tables.table(&table).primary_key.push(name);
        return Ok(());
    }
    let (method, falling) = (text(row, "method")?, text(row, "direction")? == "D");
    let on = match row.int_opt("part")? {
        _ if name.is_empty() => odd("an expression"),
        Some(part) => odd(format!("{name}({part})")),
        None if method != "BTREE" => odd(format!("{name} USING {method}")),
        None if falling => odd(format!("{name} DESC")),
        None => IndexColumn {
            name,
            any_case: false,
        },
    };
    tables.index_column(&table, &index, !flag(row, "many")?, on);
    Ok(())
}

/// The server makes an index for a foreign key that has none, under the name of that key: it belongs to it.
fn drop_indexes_of_references(tables: &mut Tables) {
    for table in tables.all() {
        let names: BTreeSet<&String> = table.foreign_keys.iter().map(|key| &key.name).collect();
        table.indexes.retain(|index| !names.contains(&index.name));
    }
}
