//! Rows as they are, whatever is in them.

use sqlx::mysql::MySqlRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo, ValueRef};

use super::super::Dialect;
use super::quoted;
use crate::portable::{PortableColumn, PortableTable, Value};
use crate::schema::ColumnType;
use crate::sql::{Row, postgres_int, postgres_place, postgres_text};

/// Reads all rows of a table, in the order of its primary key: the same rows give the same backup on every database, and
/// a table that is filled in that order is filled fast.
pub(crate) fn select(dialect: Dialect, table: &PortableTable, key: &[String]) -> String {
    let columns = table.columns.iter().map(|column| spelled(dialect, column));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let key = key.iter().map(|name| quoted(dialect, name));
    let key = key.collect::<Vec<_>>().join(", ");
    format!(
        "SELECT {columns} FROM {} ORDER BY {key}",
        quoted(dialect, &table.name)
    )
}

fn spelled(dialect: Dialect, PortableColumn { name, kind }: &PortableColumn) -> String {
    match (dialect, kind) {
        // The driver reads `0000-00-00`, which MySQL takes in some of its modes, as NULL.
        (Dialect::MySql | Dialect::MariaDb, ColumnType::DateTime) => {
            let name = quoted(dialect, name);
            format!("DATE_FORMAT({name}, '%Y-%m-%d %H:%i:%s.%f')")
        }
        _ => quoted(dialect, name),
    }
}

/// Appends the values of a row of [`select`].
pub(crate) fn read_row(
    row: &Row,
    columns: &[PortableColumn],
    values: &mut Vec<Value>,
) -> Result<(), sqlx::Error> {
    for (index, column) in columns.iter().enumerate() {
        values.push(match row {
            Row::Sqlite(row) => sqlite(row, index)?,
            Row::Postgres(row) => postgres(row, index, column)?,
            Row::MySql(row) => mysql(row, index, &column.kind)?,
        });
    }
    Ok(())
}

/// SQLite holds any type in any column: the value says what it is.
fn sqlite(row: &SqliteRow, index: usize) -> Result<Value, sqlx::Error> {
    let value = row.try_get_raw(index)?;
    let kind = value.type_info();
    Ok(match kind.name() {
        _ if value.is_null() => Value::Null,
        "INTEGER" => Value::Integer(row.try_get_unchecked(index)?),
        "REAL" => Value::Real(row.try_get_unchecked(index)?),
        "BLOB" => Value::Blob(row.try_get_unchecked(index)?),
        _ => match row.try_get_unchecked::<String, _>(index) {
            Ok(text) => Value::Text(text),
            Err(_) => Value::BadText(row.try_get_unchecked(index)?),
        },
    })
}

fn postgres(row: &PgRow, index: usize, column: &PortableColumn) -> Result<Value, sqlx::Error> {
    let cell = row.try_get_raw(index)?;
    if cell.is_null() {
        return Ok(Value::Null);
    }
    let value = match column.kind {
        ColumnType::Integer | ColumnType::BigInt => postgres_int(cell).map(Value::Integer),
        ColumnType::DateTime => postgres_place(cell).map(Value::Text),
        _ => postgres_text(cell).map(Value::Text),
    };
    value.map_err(|source| sqlx::Error::ColumnDecode {
        index: column.name.clone(),
        source,
    })
}

fn mysql(row: &MySqlRow, index: usize, kind: &ColumnType) -> Result<Value, sqlx::Error> {
    let value = match kind {
        ColumnType::Integer | ColumnType::BigInt => row
            .try_get_unchecked::<Option<i64>, _>(index)?
            .map(Value::Integer),
        _ => row
            .try_get_unchecked::<Option<String>, _>(index)?
            .map(Value::Text),
    };
    Ok(value.unwrap_or(Value::Null))
}
