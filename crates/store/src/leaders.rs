//! Who leads which reconciler: by the database's clock, with an epoch, like the leases of jobs.

use std::time::Duration;

use async_trait::async_trait;
use domain::job::WorkerId;
use domain::ports::{Leaders, Leadership, StoreResult};

use crate::database::Database;
use crate::dialect;
use crate::error::{During, Ran};
use crate::jobs::span;
use crate::rows::Read;
use crate::sql::query;
use crate::tx::Tx;

/// More than this are not asked for at once.
const MOST: usize = 100;

#[async_trait]
impl Leaders for Database {
    async fn lead(
        &self,
        worker: &WorkerId,
        names: &[String],
        ttl: Duration,
    ) -> StoreResult<Vec<Leadership>> {
        lead(self, worker, names, ttl)
            .await
            .during("choose who leads")
    }

    async fn resign(&self, worker: &WorkerId) -> StoreResult<()> {
        resign(self, worker).await.during("give up leading")
    }
}

/// All in one transaction: a server asks for all that it runs, every few seconds. Where the database takes only one
/// server nothing is written, so that an idle one leaves the disk alone.
async fn lead(
    db: &Database,
    worker: &WorkerId,
    names: &[String],
    ttl: Duration,
) -> Ran<Vec<Leadership>> {
    if dialect::is_sole(db.dialect()) {
        return Ok(names.iter().map(|name| leadership(name, 0)).collect());
    }
    let mut tx = db.write().await?;
    let mut led = Vec::with_capacity(names.len());
    for name in names.iter().take(MOST) {
        if let Some(epoch) = take(&mut tx, worker, name, ttl).await? {
            led.push(leadership(name, epoch));
        }
    }
    tx.commit().await?;
    Ok(led)
}

fn leadership(name: &str, epoch: i64) -> Leadership {
    Leadership {
        name: name.to_owned(),
        epoch,
    }
}

/// The epoch, where nobody else leads. It counts on when the leader changes, and when the same one comes back too late:
/// another one may have led meanwhile.
async fn take(tx: &mut Tx<'_>, worker: &WorkerId, name: &str, ttl: Duration) -> Ran<Option<i64>> {
    let now = tx.now();
    let until = now.saturating_add(span(ttl));
    let row = query("SELECT holder, epoch, lease_until FROM leaders WHERE name = ?")
        .bind(name)
        .fetch_optional(tx.link())
        .await?;
    let Some(row) = row else {
        query("INSERT INTO leaders (name, holder, epoch, lease_until) VALUES (?, ?, 1, ?)")
            .bind(name)
            .bind(&worker.0)
            .bind(until)
            .execute(tx.link())
            .await?;
        return Ok(Some(1));
    };
    let live = row.int("lease_until")? > now;
    let ours = row.text("holder")? == worker.0;
    if live && !ours {
        return Ok(None);
    }
    let epoch = row.int("epoch")? + i64::from(!(live && ours));
    query("UPDATE leaders SET holder = ?, epoch = ?, lease_until = ? WHERE name = ?")
        .bind(&worker.0)
        .bind(epoch)
        .bind(until)
        .bind(name)
        .execute(tx.link())
        .await?;
    Ok(Some(epoch))
}

async fn resign(db: &Database, worker: &WorkerId) -> Ran<()> {
    if dialect::is_sole(db.dialect()) {
        return Ok(());
    }
    let mut tx = db.write().await?;
    query("UPDATE leaders SET lease_until = 0 WHERE holder = ?")
        .bind(&worker.0)
        .execute(tx.link())
        .await?;
    tx.commit().await
}
