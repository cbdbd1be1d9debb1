//! The tags of a row, comma-separated in its column.

use domain::ports::{Scope, StoreError};
use domain::{TagChange, Tags};

use super::seen_by;
use crate::database::Database;
use crate::error::{Fault, Ran, refused};
use crate::sql::{Builder, query};

/// Reads and writes in one transaction, so that of two changes at once none is lost.
pub(super) async fn change(
    db: &Database,
    scope: &Scope,
    id: &str,
    change: &TagChange,
) -> Ran<Tags> {
    let mut tx = db.write().await?;
    let mut of = Builder::new("SELECT d.tags FROM deployments d WHERE d.id = ");
    of.push_bind(id.to_owned());
    seen_by(&mut of, scope);
    let row = of.build().fetch_optional(tx.link()).await?;
    let row = row.ok_or(Fault::Told(StoreError::NotFound))?;
    let before = row.text_opt("tags")?;
    let tags = match change.apply(before.as_deref()) {
        Ok(tags) => tags,
        Err(bad) => return refused(bad.to_string()),
    };
    query("UPDATE deployments SET tags = ? WHERE id = ?")
        .bind(tags.column())
        .bind(id)
        .execute(tx.link())
        .await?;
    tx.commit().await?;
    Ok(tags)
}
