//! Which keys sealed values name: `KEY:…`, see [`crate::vault`].

use std::collections::BTreeSet;

use crate::dialect::bulk::quoted;
use crate::portable::Value;
use crate::schema::Schema;
use crate::sql::{Link, query};

/// The columns of sealed values: table, column, and the column that names their deployment.
pub(super) const SEALED: &[(&str, &str, &str)] = &[
    ("releases", "env", "deployment_id"),
    ("secrets", "sealed", "deployment_id"),
];
/// Where the key of the whole database is named: table, its key column, the key of the row, the column of the value.
pub(super) const CHECK: (&str, &str, &str, &str) = ("havre_meta", "name", "key_check", "value");
/// Somebody who writes nonsense there does not fill memory with it.
const MOST: usize = 100;

/// The id of the key that a sealed value names; none when it is not one.
pub(super) fn key_of(sealed: &str) -> Option<&str> {
    let (id, _) = sealed.split_once(':')?;
    let is_id = id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(id)
}

/// Likewise, of a value of a backup.
pub(super) fn key_of_value(value: &Value) -> Option<&str> {
    match value {
        Value::Text(sealed) => key_of(sealed),
        _ => None,
    }
}

/// The ids of all keys that values in the database name.
pub(super) async fn named(
    link: &mut Link<'_>,
    schema: &Schema,
) -> Result<Vec<String>, sqlx::Error> {
    let mut keys = BTreeSet::new();
    for (table, column, _) in SEALED {
        find(link, schema, table, column, "", &mut keys).await?;
    }
    let (table, name, row, column) = CHECK;
    let only = format!(" AND {} = '{row}'", quoted(link.dialect(), name));
    find(link, schema, table, column, &only, &mut keys).await?;
    Ok(keys.into_iter().collect())
}

async fn find(
    link: &mut Link<'_>,
    schema: &Schema,
    table: &str,
    column: &str,
    only: &str,
    keys: &mut BTreeSet<String>,
) -> Result<(), sqlx::Error> {
    let known = schema.table(table).and_then(|table| table.column(column));
    if known.is_none() {
        return Ok(());
    }
    let (table, column) = (
        quoted(link.dialect(), table),
        quoted(link.dialect(), column),
    );
    let text = format!(
        "SELECT DISTINCT SUBSTR({column}, 1, 9) AS named FROM {table} WHERE {column} IS NOT NULL{only} LIMIT {MOST}"
    );
    for row in query(text).fetch_all(link.again()).await? {
        // Another program may have written what is no text.
        let named = row.text_opt("named").ok().flatten().unwrap_or_default();
        keys.extend(key_of(&named).map(str::to_owned));
    }
    Ok(())
}
