//! SQLite: table-valued pragmas, and the text of the tables for what they leave out.

use std::collections::BTreeMap;

use super::declared::{Declared, declared};
use super::read::{Tables, flag, length, nameless, odd, target, text, unquoted};
use crate::schema::{Column, ColumnType, Default, ForeignKey, IndexColumn};
use crate::sql::{Link, Row, query};

pub(super) const NAMES: &str = "SELECT name AS tbl FROM sqlite_master \
    WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name";

/// Ordinary tables; virtual ones need a module that may not be there.
macro_rules! tables {
    ($select:literal, $join:literal) => {
        concat!(
            "SELECT m.name AS tbl, ",
            $select,
            " FROM sqlite_master m ",
            $join,
            " WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' AND m.sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY m.name"
        )
    };
}

const TEXTS: &str = tables!("m.sql AS text", "");
const COLUMNS: &str = concat!(
    tables!(
        "c.name AS name, c.type AS kind, c.\"notnull\" AS filled, c.dflt_value AS fallback, c.pk AS pk, c.hidden AS hidden",
        "JOIN pragma_table_xinfo(m.name) c"
    ),
    ", c.cid"
);
const INDEXES: &str = concat!(
    tables!(
        "i.name AS idx, i.\"unique\" AS one, i.partial AS partial, x.seqno AS place, x.name AS name, \
         x.\"desc\" AS falling, x.coll AS coll, s.sql AS text",
        "JOIN pragma_index_list(m.name) i ON i.origin <> 'pk' JOIN pragma_index_xinfo(i.name) x ON x.key = 1 \
         LEFT JOIN sqlite_master s ON s.type = 'index' AND s.name = i.name"
    ),
    ", i.name, x.seqno"
);
const REFERENCES: &str = concat!(
    tables!(
        "f.id AS id, f.\"table\" AS target, f.\"from\" AS source, f.\"to\" AS goal, f.on_update AS on_update, \
         f.on_delete AS on_delete",
        "JOIN pragma_foreign_key_list(m.name) f"
    ),
    ", f.id, f.seq"
);

pub(super) async fn read(link: &mut Link<'_>) -> Result<Tables, sqlx::Error> {
    let mut tables = Tables::default();
    let mut texts = BTreeMap::new();
    for row in query(TEXTS).fetch_all(link.again()).await? {
        let name = text(&row, "tbl")?;
        tables.table(&name);
        texts.insert(name, declared(&text(&row, "text")?));
    }
    for row in query(COLUMNS).fetch_all(link.again()).await? {
        read_column(&row, &mut tables)?;
    }
    for (name, declared) in &texts {
        settle_key(name, declared, &mut tables);
    }
    for row in query(INDEXES).fetch_all(link.again()).await? {
        read_index_column(&row, &mut tables)?;
    }
    read_references(link, &texts, &mut tables).await?;
    Ok(tables)
}

fn read_column(row: &Row, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let (table, name, spelled) = (text(row, "tbl")?, text(row, "name")?, text(row, "kind")?);
    let place = row.int_opt("pk")?.unwrap_or_default();
    if place > 0 {
        // In the order of the key, which may not be the order of the columns.
        let key = &mut tables.table(&table).primary_key;
        let at = usize::try_from(place - 1).unwrap_or_default();
        if key.len() <= at {
            key.resize(at + 1, String::new());
        }
        key[at].clone_from(&name);
    }
    let kind = match row.int_opt("hidden")?.unwrap_or_default() {
        0 => kind(&spelled),
        _ => ColumnType::Other(format!("{spelled} GENERATED")),
    };
    let column = Column {
        name,
        kind,
        nullable: !flag(row, "filled")?,
        default: row.text_opt("fallback")?.and_then(|text| fallback(&text)),
        any_case: false,
        auto: false,
    };
    tables.column(&table, column);
    Ok(())
}

fn kind(spelled: &str) -> ColumnType {
    let lower = spelled.to_ascii_lowercase();
    match lower.as_str() {
        "text" => ColumnType::Text,
        "integer" | "int" => ColumnType::Integer,
        "bigint" => ColumnType::BigInt,
        "datetime" => ColumnType::DateTime,
        "json" => ColumnType::Json,
        _ => length(&lower, "varchar").map_or_else(
            || ColumnType::Other(spelled.to_owned()),
            ColumnType::Varchar,
        ),
    }
}

fn fallback(spelled: &str) -> Option<Default> {
    let upper = spelled.to_ascii_uppercase();
    if upper == "NULL" {
        return None;
    }
    // The first version wrote it with seconds only.
    if upper == "CURRENT_TIMESTAMP" || (upper.starts_with("STRFTIME(") && upper.contains("'NOW'")) {
        return Some(Default::Now);
    }
    let number = spelled.parse().ok().map(Default::Number);
    let text = || unquoted(spelled).map(Default::Text);
    number
        .or_else(text)
        .or_else(|| Some(Default::Other(spelled.to_owned())))
}

/// `INTEGER PRIMARY KEY` is the number of the row: 64 bits, and never NULL.
fn settle_key(name: &str, declared: &Declared, tables: &mut Tables) {
    let table = tables.table(name);
    let [key] = table.primary_key.as_slice() else {
        return;
    };
    let column = table.columns.iter_mut().find(|column| column.name == *key);
    if let Some(column) = column.filter(|column| column.kind == ColumnType::Integer) {
        column.nullable = false;
        if declared.counts_up {
            column.kind = ColumnType::BigInt;
            column.auto = true;
        }
    }
}

fn read_index_column(row: &Row, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let (table, index) = (text(row, "tbl")?, text(row, "idx")?);
    let unique = flag(row, "one")?;
    let spelled = row.text_opt("text")?.unwrap_or_default();
    if flag(row, "partial")? && !flag(row, "place")? {
        tables.index_column(&table, &index, unique, odd(&spelled));
    }
    let on = match row.text_opt("name")? {
        Some(name) => index_column(name, flag(row, "falling")?, &text(row, "coll")?),
        None => odd(spelled),
    };
    tables.index_column(&table, &index, unique, on);
    Ok(())
}

fn index_column(name: String, falling: bool, collation: &str) -> IndexColumn {
    match (falling, collation) {
        (false, "BINARY") => IndexColumn {
            name,
            any_case: false,
        },
        (false, "NOCASE") => IndexColumn {
            name,
            any_case: true,
        },
        (false, other) => odd(format!("{name} COLLATE {other}")),
        (true, other) => odd(format!("{name} COLLATE {other} DESC")),
    }
}

/// SQLite numbers foreign keys from the last one that was declared.
async fn read_references(
    link: &mut Link<'_>,
    texts: &BTreeMap<String, Declared>,
    tables: &mut Tables,
) -> Result<(), sqlx::Error> {
    let mut found: BTreeMap<(String, i64), ForeignKey> = BTreeMap::new();
    for row in query(REFERENCES).fetch_all(link.again()).await? {
        let place = (text(&row, "tbl")?, row.int_opt("id")?.unwrap_or_default());
        let key = found.entry(place).or_insert_with(|| ForeignKey {
            name: String::new(),
            columns: Vec::new(),
            table: String::new(),
            references: Vec::new(),
        });
        let (on_delete, on_update) = (text(&row, "on_delete")?, text(&row, "on_update")?);
        key.table = target(&text(&row, "target")?, &on_delete, &on_update);
        key.columns.push(text(&row, "source")?);
        // Without a name: the primary key there.
        key.references.extend(row.text_opt("goal")?);
    }
    for ((table, id), mut key) in found {
        let names = texts.get(&table).map(|text| text.foreign_keys.as_slice());
        let name = names.and_then(|names| {
            let back = usize::try_from(id).ok()?.checked_add(1)?;
            names.get(names.len().checked_sub(back)?)?.clone()
        });
        key.name = name.unwrap_or_else(|| nameless(&table, &key.columns));
        tables.table(&table).foreign_keys.push(key);
    }
    Ok(())
}
