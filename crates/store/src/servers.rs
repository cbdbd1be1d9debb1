//! The servers that share a database. Each renews its row; one whose row ran out is gone.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::job::WorkerId;
use domain::ports::{ServerRow, Servers, StoreResult, Whereabouts};
use domain::{DeploymentId, PlaceId};

use crate::database::Database;
use crate::dialect;
use crate::error::{During, Ran};
use crate::jobs::span;
use crate::rows::{Read, micros};
use crate::sql::{Link, Row, query};
use crate::tx::Tx;

#[async_trait]
impl Servers for Database {
    fn place(&self) -> PlaceId {
        self.home().place
    }

    async fn server_began(&self, worker: &WorkerId, ttl: Duration) -> StoreResult<()> {
        began(self, worker, ttl)
            .await
            .during("write down that a server began")
    }

    async fn server_seen(&self, worker: &WorkerId, ttl: Duration) -> StoreResult<bool> {
        seen(self, worker, ttl)
            .await
            .during("write down that a server is there")
    }

    async fn server_left(&self, worker: &WorkerId) -> StoreResult<()> {
        left(self, worker)
            .await
            .during("write down that a server left")
    }

    async fn servers(&self) -> StoreResult<Vec<ServerRow>> {
        all(self).await.during("read the servers")
    }

    async fn whereabouts(&self, deployment: &DeploymentId) -> StoreResult<Whereabouts> {
        whereabouts(self, deployment)
            .await
            .during("look where a deployment lives")
    }
}

async fn began(db: &Database, worker: &WorkerId, ttl: Duration) -> Ran<()> {
    if dialect::is_sole(db.dialect()) {
        return Ok(());
    }
    let mut tx = db.write().await?;
    enter(&mut tx, worker, ttl).await?;
    tx.commit().await
}

/// Writes the row of our place anew.
async fn enter(tx: &mut Tx<'_>, worker: &WorkerId, ttl: Duration) -> Ran<()> {
    let (now, home) = (tx.now(), tx.db.home());
    query("DELETE FROM servers WHERE place = ?")
        .bind(home.place.to_string())
        .execute(tx.link())
        .await?;
    query(
        "INSERT INTO servers (place, worker, name, apps, version, started_at, seen_until) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(home.place.to_string())
    .bind(&worker.0)
    .bind(&home.name)
    .bind(&home.apps)
    .bind(env!("CARGO_PKG_VERSION"))
    .bind(now)
    .bind(now.saturating_add(span(ttl)))
    .execute(tx.link())
    .await?;
    Ok(())
}

async fn seen(db: &Database, worker: &WorkerId, ttl: Duration) -> Ran<bool> {
    if dialect::is_sole(db.dialect()) {
        return Ok(true);
    }
    let mut tx = db.write().await?;
    let now = tx.now();
    let row = query("SELECT worker, seen_until FROM servers WHERE place = ?")
        .bind(db.here())
        .fetch_optional(tx.link())
        .await?;
    let holder = row
        .map(|row| Ok::<_, crate::error::Fault>((row.text("worker")?, row.int("seen_until")?)))
        .transpose()?;
    match holder {
        Some((other, until)) if other != worker.0 && until > now => return Ok(false),
        Some((own, _)) if own == worker.0 => {
            query("UPDATE servers SET seen_until = ? WHERE place = ?")
                .bind(now.saturating_add(span(ttl)))
                .bind(db.here())
                .execute(tx.link())
                .await?;
        }
        _ => enter(&mut tx, worker, ttl).await?,
    }
    tx.commit().await?;
    Ok(true)
}

/// The row stays, so that a deployment of its place can be told from one that is nowhere.
async fn left(db: &Database, worker: &WorkerId) -> Ran<()> {
    if dialect::is_sole(db.dialect()) {
        return Ok(());
    }
    let mut tx = db.write().await?;
    let now = tx.now();
    query("UPDATE servers SET seen_until = ? WHERE worker = ?")
        .bind(now)
        .bind(&worker.0)
        .execute(tx.link())
        .await?;
    tx.commit().await
}

async fn all(db: &Database) -> Ran<Vec<ServerRow>> {
    let now = db.now().await?;
    let rows = query("SELECT * FROM servers ORDER BY name, place LIMIT 1000")
        .fetch_all(db.read().await?.link())
        .await?;
    rows.iter().map(|row| server(row, now)).collect()
}

/// The servers that use a database now, for who must be alone on it: none where there is no such table. Where a database
/// takes only one server the lock of its file says so, not this.
pub(crate) async fn alive(mut link: Link<'_>, now: DateTime<Utc>) -> Ran<Vec<ServerRow>> {
    let tables = query(dialect::tables(link.dialect()))
        .fetch_all(link.again())
        .await?;
    let known = tables
        .iter()
        .any(|row| matches!(row.text_opt("name"), Ok(Some(name)) if name == "servers"));
    if !known {
        return Ok(Vec::new());
    }
    let rows = query("SELECT * FROM servers WHERE seen_until > ? ORDER BY name, place LIMIT 1000")
        .bind(micros(now))
        .fetch_all(link)
        .await?;
    rows.iter().map(|row| server(row, now)).collect()
}

const WHERE: &str = "SELECT m.place AS at_place, s.* FROM managed m LEFT JOIN servers s ON s.place = m.place \
    WHERE m.deployment_id = ?";

async fn whereabouts(db: &Database, deployment: &DeploymentId) -> Ran<Whereabouts> {
    if dialect::is_sole(db.dialect()) {
        return Ok(Whereabouts::Here);
    }
    let now = db.now().await?;
    let row = query(WHERE)
        .bind(deployment.to_string())
        .fetch_optional(db.read().await?.link())
        .await?;
    let Some(row) = row else {
        return Ok(Whereabouts::Here);
    };
    match row.parsed_opt::<PlaceId>("at_place")? {
        None => Ok(Whereabouts::Here),
        Some(place) if place == db.home().place => Ok(Whereabouts::Here),
        Some(_) if row.text_opt("worker")?.is_none() => Ok(Whereabouts::Elsewhere(None)),
        Some(_) => Ok(Whereabouts::Elsewhere(Some(server(&row, now)?))),
    }
}

fn server(row: &Row, now: DateTime<Utc>) -> Ran<ServerRow> {
    let seen_until: DateTime<Utc> = Read::time(row, "seen_until")?;
    Ok(ServerRow {
        place: row.parsed("place")?,
        worker: WorkerId(row.text("worker")?),
        name: row.text("name")?,
        apps: row.text("apps")?,
        version: row.text("version")?,
        started_at: Read::time(row, "started_at")?,
        seen_until,
        alive: seen_until > now,
    })
}
