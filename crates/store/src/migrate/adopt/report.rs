//! What was taken over, and what of it people should know.

use crate::dialect;
use crate::migrate::MigrateError;
use crate::sql::{Link, query};

use super::Original;

/// The most names that are told.
const MOST_NAMES: i64 = 100;

/// An adoption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adopted {
    /// Which model's table it was.
    pub(crate) model: Original,
    /// Rows that were taken over.
    pub(crate) rows: i64,
    /// Rows without `created_at`: they have their `deployed_at` now, or 1970.
    pub(crate) without_created_at: i64,
    /// Rows without a status: it is empty now, which Havre shows as unreadable.
    pub(crate) without_status: i64,
    /// Rows whose resources are no JSON; they were kept as text.
    pub(crate) broken_json: i64,
    /// Names that more than one live row has, with how many, at most 100 of them. The rows keep them.
    pub(crate) same_names: Vec<(String, i64)>,
    /// What the old table is called now, where it was kept.
    pub(crate) kept_as: Option<String>,
}

/// Reads it from the old table and the new one.
pub(super) async fn report(
    link: &mut Link<'_>,
    model: Original,
    old: &str,
) -> Result<Adopted, MigrateError> {
    let table = dialect::adoption::quoted(link.dialect(), old);
    let rows = count(link, format!("SELECT COUNT(*) AS count FROM {table}")).await?;
    let without =
        |column: &str| format!("SELECT COUNT(*) AS count FROM {table} WHERE {column} IS NULL");
    let without_created_at = count(link, without("created_at")).await?;
    let without_status = count(link, without("status")).await?;
    let broken_json = match model {
        Original::Live => count(link, dialect::adoption::broken_json(link.dialect(), old)).await?,
        Original::Seed => 0,
    };
    let kept = dialect::adoption::put_away(link.dialect(), old).is_none();
    Ok(Adopted {
        model,
        rows,
        without_created_at,
        without_status,
        broken_json,
        same_names: same_names(link).await?,
        kept_as: kept.then(|| old.to_owned()),
    })
}

/// Names are the same when their host labels are: any case, `_` like `-`.
async fn same_names(link: &mut Link<'_>) -> Result<Vec<(String, i64)>, MigrateError> {
    let rows = query(
        "SELECT LOWER(REPLACE(name, '_', '-')) AS label, COUNT(*) AS count FROM deployments \
         WHERE deleted_at IS NULL AND LOWER(status) <> 'deleted' \
         GROUP BY LOWER(REPLACE(name, '_', '-')) HAVING COUNT(*) > 1 ORDER BY 2 DESC, 1 LIMIT ?",
    )
    .bind(MOST_NAMES)
    .fetch_all(link.again())
    .await?;
    rows.iter()
        .map(|row| {
            let label = row.text_opt("label")?.unwrap_or_default();
            Ok((label, row.int_opt("count")?.unwrap_or_default()))
        })
        .collect()
}

/// One number of the database.
pub(super) async fn count(link: &mut Link<'_>, statement: String) -> Result<i64, MigrateError> {
    let row = query(statement).fetch_one(link.again()).await?;
    Ok(row.int_opt("count")?.unwrap_or_default())
}
