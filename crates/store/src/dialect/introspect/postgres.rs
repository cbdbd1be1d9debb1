//! PostgreSQL: the catalogue, for the current schema.

use super::read::{Tables, flag, length, odd, target, text, unquoted};
use crate::schema::{Column, ColumnType, Default, ForeignKey, IndexColumn};
use crate::sql::{Link, Row, query};

pub(super) const NAMES: &str = "SELECT CAST(c.relname AS TEXT) AS tbl FROM pg_catalog.pg_class c \
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
    ORDER BY c.relname COLLATE \"C\"";

/// Types are spelled without their schema; the collation of text is empty where it is the database's own.
const COLUMNS: &str = "SELECT CAST(c.relname AS TEXT) AS tbl, CAST(a.attname AS TEXT) AS name, \
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS kind, CAST(a.attnotnull AS INTEGER) AS filled, \
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS fallback, CAST(a.attidentity AS TEXT) AS identity, \
    CAST(a.attgenerated AS TEXT) AS generated, CAST(o.collname AS TEXT) AS coll \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
    LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation \
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p') \
    AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname COLLATE \"C\", a.attnum";

const KEYS: &str = "SELECT CAST(c.relname AS TEXT) AS tbl, CAST(a.attname AS TEXT) AS name \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' \
    CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS u (attnum, place) \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum \
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) ORDER BY c.relname COLLATE \"C\", u.place";

const INDEXES: &str = "SELECT CAST(c.relname AS TEXT) AS tbl, CAST(n.relname AS TEXT) AS idx, \
    CAST(i.indisunique AS INTEGER) AS one, CAST(i.indisvalid AS INTEGER) AS valid, \
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS condition, CAST(m.amname AS TEXT) AS method, \
    CAST(g.place AS INTEGER) AS place, CAST(g.place > i.indnkeyatts AS INTEGER) AS carried, \
    CAST(i.indoption[g.place - 1] AS INTEGER) AS option, CAST(a.attname AS TEXT) AS name, \
    pg_catalog.pg_get_indexdef(i.indexrelid, CAST(g.place AS INTEGER), true) AS spelled, \
    CAST(i.indisunique AND i.indnullsnotdistinct AS INTEGER) AS strict \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND NOT i.indisprimary \
    JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = n.relam \
    CROSS JOIN LATERAL generate_series(1, i.indnatts) AS g (place) \
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[g.place - 1] AND a.attnum <> 0 \
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p') \
    ORDER BY c.relname COLLATE \"C\", n.relname COLLATE \"C\", g.place";

const REFERENCES: &str = "SELECT CAST(c.relname AS TEXT) AS tbl, CAST(k.conname AS TEXT) AS name, \
    CAST(t.relname AS TEXT) AS target, CAST(s.attname AS TEXT) AS source, CAST(g.attname AS TEXT) AS goal, \
    CAST(k.confdeltype AS TEXT) AS on_delete, CAST(k.confupdtype AS TEXT) AS on_update \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' \
    JOIN pg_catalog.pg_class t ON t.oid = k.confrelid \
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (source, goal, place) \
    JOIN pg_catalog.pg_attribute s ON s.attrelid = k.conrelid AND s.attnum = u.source \
    JOIN pg_catalog.pg_attribute g ON g.attrelid = k.confrelid AND g.attnum = u.goal \
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) \
    ORDER BY c.relname COLLATE \"C\", k.conname COLLATE \"C\", u.place";

pub(super) async fn read(link: &mut Link<'_>) -> Result<Tables, sqlx::Error> {
    let mut tables = Tables::default();
    for row in query(COLUMNS).fetch_all(link.again()).await? {
        read_column(&row, &mut tables)?;
    }
    for row in query(KEYS).fetch_all(link.again()).await? {
        let name = text(&row, "name")?;
        tables.table(&text(&row, "tbl")?).primary_key.push(name);
    }
    for row in query(INDEXES).fetch_all(link.again()).await? {
        read_index_column(&row, &mut tables)?;
    }
    for row in query(REFERENCES).fetch_all(link.again()).await? {
        read_reference(&row, &mut tables)?;
    }
    Ok(tables)
}

fn read_column(row: &Row, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let (spelled, generated) = (text(row, "kind")?, text(row, "generated")?);
    let kind = if generated.is_empty() {
        kind(&spelled, row.text_opt("coll")?.as_deref())
    } else {
        ColumnType::Other(format!("{spelled} GENERATED"))
    };
    let column = Column {
        name: text(row, "name")?,
        kind,
        nullable: !flag(row, "filled")?,
        default: row.text_opt("fallback")?.and_then(|text| fallback(&text)),
        any_case: false,
        auto: !text(row, "identity")?.is_empty(),
    };
    tables.column(&text(row, "tbl")?, column);
    Ok(())
}

/// Text of ours is compared bytewise: any other collation makes another type of it.
fn kind(spelled: &str, collation: Option<&str>) -> ColumnType {
    let plain = match spelled {
        "text" => Some(ColumnType::Text),
        "integer" => Some(ColumnType::Integer),
        "bigint" => Some(ColumnType::BigInt),
        "timestamp without time zone" => Some(ColumnType::DateTime),
        "json" => Some(ColumnType::Json),
        _ => length(spelled, "character varying").map(ColumnType::Varchar),
    };
    match (plain, collation) {
        (Some(kind), None | Some("C")) => kind,
        (_, Some(collation)) => ColumnType::Other(format!(
            "{spelled} COLLATE \"{}\"",
            collation.replace('"', "\"\"")
        )),
        (None, None) => ColumnType::Other(spelled.to_owned()),
    }
}

/// The server spells a default anew: `'a'::character varying`, `'-1'::integer`, `(now() AT TIME ZONE 'utc'::text)`.
fn fallback(spelled: &str) -> Option<Default> {
    let (value, cast) = match spelled.rsplit_once("::") {
        Some((value, cast)) if is_type_name(cast) => (value, Some(cast)),
        _ => (spelled, None),
    };
    if value == "NULL" {
        return None;
    }
    let number = unquoted(value).filter(|_| matches!(cast, Some("integer" | "bigint")));
    let number = number.as_deref().unwrap_or(value).parse();
    if let Ok(number) = number {
        return Some(Default::Number(number));
    }
    let spelled_time = spelled.to_ascii_lowercase();
    if spelled_time.contains("at time zone 'utc'") || spelled_time.contains("timezone('utc'") {
        return Some(Default::Now);
    }
    let text = cast.and(unquoted(value)).map(Default::Text);
    text.or_else(|| Some(Default::Other(spelled.to_owned())))
}

fn is_type_name(cast: &str) -> bool {
    !cast.is_empty()
        && cast
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '_' | '(' | ')'))
}

fn read_index_column(row: &Row, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let (table, index, unique) = (text(row, "tbl")?, text(row, "idx")?, flag(row, "one")?);
    if row.int_opt("place")? == Some(1) {
        for strange in index_strangeness(row)? {
            tables.index_column(&table, &index, unique, odd(strange));
        }
    }
    let spelled = text(row, "spelled")?;
    let on = match row.text_opt("name")? {
        _ if flag(row, "carried")? => odd(format!("INCLUDE {spelled}")),
        _ if flag(row, "option")? => odd(format!("{spelled} DESC")),
        Some(name) => IndexColumn {
            name,
            any_case: false,
        },
        None => lowered(&spelled).map_or_else(
            || odd(&spelled),
            |name| IndexColumn {
                name,
                any_case: true,
            },
        ),
    };
    tables.index_column(&table, &index, unique, on);
    Ok(())
}

/// What an index of ours never is.
fn index_strangeness(row: &Row) -> Result<Vec<String>, sqlx::Error> {
    let mut found = Vec::new();
    if let Some(condition) = row.text_opt("condition")? {
        found.push(format!("WHERE {condition}"));
    }
    let method = text(row, "method")?;
    if method != "btree" {
        found.push(format!("USING {method}"));
    }
    if !flag(row, "valid")? {
        found.push("INVALID".into());
    }
    if flag(row, "strict")? {
        found.push("NULLS NOT DISTINCT".into());
    }
    Ok(found)
}

/// The column of `lower(name::text)`.
fn lowered(spelled: &str) -> Option<String> {
    let inside = spelled.strip_prefix("lower(")?.strip_suffix(')')?;
    let inside = inside.strip_suffix("::text").unwrap_or(inside);
    let inside = inside
        .strip_prefix('(')
        .and_then(|inside| inside.strip_suffix(')'))
        .unwrap_or(inside);
    let name = inside
        .strip_prefix('"')
        .and_then(|inside| inside.strip_suffix('"'))
        .map_or_else(|| inside.to_owned(), |quoted| quoted.replace("\"\"", "\""));
    let plain = name
        .chars()
        .all(|letter| letter.is_alphanumeric() || letter == '_');
    (plain && !name.is_empty()).then_some(name)
}

fn read_reference(row: &Row, tables: &mut Tables) -> Result<(), sqlx::Error> {
    let (on_delete, on_update) = (text(row, "on_delete")?, text(row, "on_update")?);
    let target = target(
        &text(row, "target")?,
        action(&on_delete),
        action(&on_update),
    );
    let key = ForeignKey {
        name: text(row, "name")?,
        columns: vec![text(row, "source")?],
        table: target,
        references: vec![text(row, "goal")?],
    };
    tables.reference(&text(row, "tbl")?, key);
    Ok(())
}

fn action(letter: &str) -> &str {
    match letter {
        "a" => "NO ACTION",
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_read_as_the_server_spells_them() {
        for (spelled, wanted) in [
            ("0", Some(Default::Number(0))),
            ("'-5'::integer", Some(Default::Number(-5))),
            ("'5'::character varying", Some(Default::Text("5".into()))),
            ("'it''s::x'::text", Some(Default::Text("it's::x".into()))),
            ("NULL::character varying", None),
            ("(now() AT TIME ZONE 'utc'::text)", Some(Default::Now)),
            (
                "gen_random_uuid()",
                Some(Default::Other("gen_random_uuid()".into())),
            ),
        ] {
            assert_eq!(fallback(spelled), wanted, "{spelled}");
        }
    }

    #[test]
    fn the_expression_of_ours_is_known() {
        assert_eq!(lowered("lower(name::text)").as_deref(), Some("name"));
        assert_eq!(lowered("lower((\"Na me\")::text)"), None);
        assert_eq!(lowered("lower(\"Name\"::text)").as_deref(), Some("Name"));
        assert_eq!(lowered("lower(a || b)"), None);
        assert_eq!(lowered("upper(name)"), None);
    }
}
