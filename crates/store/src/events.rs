//! The order of what happened.

use crate::sql::{Row, query};
use async_trait::async_trait;
use domain::DeploymentId;
use domain::event::{EventRow, Happened};
use domain::ports::{Events, StoreResult};

use crate::database::Database;
use crate::error::{During, Ran};
use crate::rows::Read;

const MOST: u32 = 1000;

pub(crate) const AFTER: &str = "SELECT e.seq, e.at, e.deployment_id, e.what, d.name FROM events e \
    LEFT JOIN deployments d ON d.id = e.deployment_id WHERE e.seq > ? ORDER BY e.seq LIMIT ?";
pub(crate) const OF_ONE_AFTER: &str = "SELECT e.seq, e.at, e.deployment_id, e.what, d.name FROM events e \
    LEFT JOIN deployments d ON d.id = e.deployment_id \
    WHERE e.deployment_id = ? AND e.seq > ? ORDER BY e.seq LIMIT ?";

#[async_trait]
impl Events for Database {
    async fn events_after(
        &self,
        deployment: Option<&DeploymentId>,
        seq: i64,
        limit: u32,
    ) -> StoreResult<Vec<EventRow>> {
        after(self, deployment, seq, limit.min(MOST))
            .await
            .during("read events")
    }

    async fn last_event(&self) -> StoreResult<i64> {
        last(self).await.during("read the newest event")
    }

    async fn warn(&self, deployment: &DeploymentId, message: &str) -> StoreResult<()> {
        warn(self, deployment, message)
            .await
            .during("write a warning")
    }

    async fn prune_events(&self, keep: u32) -> StoreResult<u64> {
        prune(self, keep).await.during("remove old events")
    }
}

async fn after(
    db: &Database,
    deployment: Option<&DeploymentId>,
    seq: i64,
    limit: u32,
) -> Ran<Vec<EventRow>> {
    let query = match deployment {
        Some(id) => query(OF_ONE_AFTER).bind(id.to_string()),
        None => query(AFTER),
    };
    let rows = query
        .bind(seq)
        .bind(limit)
        .fetch_all(db.read().await?.link())
        .await?;
    rows.iter().map(event).collect()
}

/// The name is the deployment's own, empty when another program erased its row.
fn event(row: &Row) -> Ran<EventRow> {
    Ok(EventRow {
        seq: row.int("seq")?,
        at: row.time("at")?,
        deployment: row.parsed("deployment_id")?,
        name: row.text_opt("name")?.unwrap_or_default(),
        what: row.json("what")?,
    })
}

async fn last(db: &Database) -> Ran<i64> {
    let row = query("SELECT MAX(seq) AS seq FROM events")
        .fetch_one(db.read().await?.link())
        .await?;
    Ok(row.int_opt("seq")?.unwrap_or(0))
}

async fn warn(db: &Database, deployment: &DeploymentId, message: &str) -> Ran<()> {
    let mut tx = db.write().await?;
    let what = Happened::Warning {
        message: message.to_owned(),
    };
    tx.happened(deployment, &what).await?;
    tx.commit().await
}

/// `seq` has no repeats, so that what is at most `keep` below the newest is at most `keep` rows. Reconcilers call this
/// often: where there is nothing to remove, nothing is locked.
async fn prune(db: &Database, keep: u32) -> Ran<u64> {
    let row = query("SELECT MIN(seq) AS oldest, MAX(seq) AS newest FROM events")
        .fetch_one(db.read().await?.link())
        .await?;
    let (oldest, newest) = (row.int_opt("oldest")?, row.int_opt("newest")?);
    let bound = newest.unwrap_or(0) - i64::from(keep);
    if oldest.is_none_or(|oldest| oldest > bound) {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    let done = query("DELETE FROM events WHERE seq <= ?")
        .bind(bound)
        .execute(tx.link())
        .await?;
    tx.commit().await?;
    Ok(done)
}
