//! SQLite: statements of many rows, prepared once.

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

use super::load::{insert, marks};
use crate::portable::Value;

/// How many values a statement takes: more are no faster. SQLite's own bound is 32,766.
const VALUES: usize = 1500;

pub(super) async fn load(
    link: &mut SqliteConnection,
    into: &str,
    width: usize,
    values: Vec<Value>,
) -> Result<(), sqlx::Error> {
    let rows = (VALUES / width).max(1);
    let mut left = values.len() / width;
    let mut values = values.into_iter();
    while left > 0 {
        let now = rows.min(left);
        left -= now;
        let batch: Vec<Value> = values.by_ref().take(now * width).collect();
        if batch.iter().any(|value| matches!(value, Value::BadText(_))) {
            one_by_one(link, into, width, batch).await?;
        } else {
            let text = insert(into, now, &marks(width));
            execute(link, text, batch, true).await?;
        }
    }
    Ok(())
}

/// Text that is not UTF-8 goes in as bytes that are then called text, in a statement that says which values those are.
async fn one_by_one(
    link: &mut SqliteConnection,
    into: &str,
    width: usize,
    mut batch: Vec<Value>,
) -> Result<(), sqlx::Error> {
    while !batch.is_empty() {
        let rest = batch.split_off(width.min(batch.len()));
        let row = std::mem::replace(&mut batch, rest);
        let marks: Vec<&str> = row
            .iter()
            .map(|value| match value {
                Value::BadText(_) => "CAST(? AS TEXT)",
                _ => "?",
            })
            .collect();
        execute(link, insert(into, 1, &marks.join(", ")), row, false).await?;
    }
    Ok(())
}

async fn execute(
    link: &mut SqliteConnection,
    text: String,
    values: Vec<Value>,
    again: bool,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(AssertSqlSafe(text)).persistent(again);
    let query = values.into_iter().fold(query, bind);
    query.execute(link).await.map(drop)
}

type Query = sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind(query: Query, value: Value) -> Query {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(number),
        Value::Real(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Blob(bytes) | Value::BadText(bytes) => query.bind(bytes),
    }
}
