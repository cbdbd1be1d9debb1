//! What going from one version to another would lose, counted.

use std::collections::BTreeMap;

use super::MigrateError;
use super::moves::Move;
use crate::dialect::{adoption::quoted, introspect};
use crate::schema::Op;
use crate::sql::{Link, query};

/// Something that a step loses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What, in a sentence without a full stop.
    pub what: String,
    /// The table.
    pub table: String,
    /// The column; none when it is the whole table.
    pub column: Option<String>,
    /// How many rows, or values that are there, it is about.
    pub rows: u64,
}

/// What is lost that is there now. Steps that find nothing lose nothing.
pub(crate) async fn losses(
    link: &mut Link<'_>,
    moves: &[Move<'_>],
) -> Result<Vec<Loss>, MigrateError> {
    let live = introspect::read_schema(link).await?;
    // A table goes as a whole, once, whatever else happens to it.
    let mut found: BTreeMap<(String, Option<String>), Loss> = BTreeMap::new();
    for op in moves.iter().flat_map(Move::ops) {
        let Some(what) = op.loses() else { continue };
        let column = match op {
            Op::DropColumn { column, .. } => Some(column.clone()),
            Op::AlterColumn { to, .. } => Some(to.name.clone()),
            _ => None,
        };
        let there = live.table(op.table()).is_some_and(|table| {
            column
                .as_ref()
                .is_none_or(|column| table.column(column).is_some())
        });
        if !there {
            continue;
        }
        let rows = count(link, op.table(), column.as_deref()).await?;
        if rows > 0 {
            let table = op.table().to_owned();
            let place = (table.clone(), column.clone());
            found.entry(place).or_insert(Loss {
                what,
                table,
                column,
                rows,
            });
        }
    }
    Ok(found.into_values().collect())
}

/// Rows of a table, or values of a column.
async fn count(
    link: &mut Link<'_>,
    table: &str,
    column: Option<&str>,
) -> Result<u64, MigrateError> {
    let dialect = link.dialect();
    let what = column.map_or_else(|| "*".into(), |column| quoted(dialect, column));
    let statement = format!(
        "SELECT COUNT({what}) AS count FROM {}",
        quoted(dialect, table)
    );
    let row = query(statement).fetch_one(link.again()).await?;
    let count = row.int_opt("count")?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default())
}
