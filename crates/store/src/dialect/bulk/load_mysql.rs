//! MySQL and MariaDB: statements of many rows.

use sqlx::{AssertSqlSafe, MySql, MySqlConnection};

use super::load::{insert, marks};
use crate::portable::Value;

/// How many values a statement takes; the bound of the protocol is 65,535.
const VALUES: usize = 6000;
/// How long a statement gets, where its rows allow: well below what a server takes (`max_allowed_packet`).
const BYTES: usize = 1 << 20;

pub(super) async fn load(
    link: &mut MySqlConnection,
    into: &str,
    width: usize,
    values: Vec<Value>,
) -> Result<(), sqlx::Error> {
    let most = (VALUES / width).max(1);
    let mut values = values.into_iter().peekable();
    while values.peek().is_some() {
        let (mut batch, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while rows < most && bytes < BYTES && values.peek().is_some() {
            let row = values.by_ref().take(width);
            batch.extend(row.inspect(|value| bytes += length(value)));
            rows += 1;
        }
        let query = sqlx::query(AssertSqlSafe(insert(into, rows, &marks(width))));
        // Batches of the usual size are prepared once.
        let query = query.persistent(rows == most);
        let query = batch.into_iter().fold(query, bind);
        query.execute(&mut *link).await?;
    }
    Ok(())
}

fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) | Value::BadText(bytes) => bytes.len(),
        _ => 8,
    }
}

type Query = sqlx::query::Query<'static, MySql, sqlx::mysql::MySqlArguments>;

fn bind(query: Query, value: Value) -> Query {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(number),
        Value::Real(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Blob(bytes) | Value::BadText(bytes) => query.bind(bytes),
    }
}
