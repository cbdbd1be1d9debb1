//! Guests as the database knows them.

use async_trait::async_trait;
use domain::guest::{MachineSeen, Role};
use domain::job::Lease;
use domain::ports::{GuestRow, Guests, StoreError, StoreResult, Wanted};
use domain::{DeploymentId, DriverKind, GuestId, ReleaseId};

use crate::database::Database;
use crate::error::{During, Ran};
use crate::rows::{self, Read, micros};
use crate::sql::{Row, query};

const MOST: u32 = 10_000;

#[async_trait]
impl Guests for Database {
    async fn guest_planned(&self, lease: &Lease, guest: &GuestRow) -> StoreResult<()> {
        planned(self, lease, guest)
            .await
            .during("write a guest down")
    }

    async fn guest_wanted(
        &self,
        lease: &Lease,
        guest: &GuestId,
        wanted: Wanted,
    ) -> StoreResult<()> {
        set_wanted(self, lease, guest, wanted)
            .await
            .during("write what a guest should be")
    }

    async fn guest_taken(
        &self,
        lease: &Lease,
        guest: &GuestId,
        release: &ReleaseId,
    ) -> StoreResult<()> {
        taken(self, lease, guest, release)
            .await
            .during("give a guest another release")
    }

    async fn guest_retired(&self, guest: &GuestId) -> StoreResult<bool> {
        retired(self, guest).await.during("retire a guest")
    }

    async fn guest(&self, guest: &GuestId) -> StoreResult<Option<GuestRow>> {
        one(self, guest).await.during("read a guest")
    }

    async fn guests_of(&self, deployment: &DeploymentId) -> StoreResult<Vec<GuestRow>> {
        of(self, deployment).await.during("read guests")
    }

    async fn guests_at(
        &self,
        driver: DriverKind,
        after: Option<&GuestId>,
        limit: u32,
    ) -> StoreResult<Vec<GuestRow>> {
        at(self, driver, after, limit.min(MOST))
            .await
            .during("read guests")
    }

    async fn deployment_lives_at(
        &self,
        lease: &Lease,
        machine: Option<&MachineSeen>,
    ) -> StoreResult<()> {
        lives_at(self, lease, machine)
            .await
            .during("write where a guest lives")
    }

    async fn guest_seen_at(&self, guest: &GuestId, machine: &MachineSeen) -> StoreResult<bool> {
        seen_at(self, guest, machine)
            .await
            .during("correct where a guest lives")
    }

    async fn guest_gone(&self, guest: &GuestId) -> StoreResult<()> {
        gone(self, guest).await.during("erase a guest")
    }
}

/// Written already is success: a resumed step repeats it.
async fn planned(db: &Database, lease: &Lease, guest: &GuestRow) -> Ran<()> {
    let mut tx = db.write().await?;
    let head = tx.fenced_release(lease, &guest.release).await?;
    if head.deployment != guest.deployment {
        return Err(StoreError::NotFound.into());
    }
    let known = query("SELECT 1 FROM guests WHERE id = ? AND deployment_id = ?")
        .bind(guest.id.as_str())
        .bind(guest.deployment.to_string())
        .fetch_optional(tx.link())
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let role = match guest.role {
        Role::Build => "build",
        Role::Serve => "serve",
    };
    let now = tx.now();
    query(
        "INSERT INTO guests (id, deployment_id, release_id, driver, role, wanted, base, created_at, wanted_since, place) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(guest.id.as_str())
    .bind(guest.deployment.to_string())
    .bind(guest.release.to_string())
    .bind(guest.driver.as_str())
    .bind(role)
    .bind(guest.wanted.as_str())
    .bind(guest.base.as_str())
    .bind(micros(guest.created_at))
    .bind(now)
    .bind(db.place_of(guest.driver))
    .execute(tx.link())
    .await?;
    tx.commit().await
}

/// `wanted_since` moves only when `wanted` does.
async fn set_wanted(db: &Database, lease: &Lease, guest: &GuestId, wanted: Wanted) -> Ran<()> {
    let mut tx = db.write().await?;
    tx.fence(lease).await?;
    let now = tx.now();
    let done = query(
        "UPDATE guests SET wanted_since = CASE WHEN wanted = ? THEN wanted_since ELSE ? END, wanted = ? \
         WHERE id = ? AND deployment_id = ?",
    )
    .bind(wanted.as_str())
    .bind(now)
    .bind(wanted.as_str())
    .bind(guest.as_str())
    .bind(lease.deployment.to_string())
    .execute(tx.link())
    .await?;
    found(done)?;
    tx.commit().await
}

async fn taken(db: &Database, lease: &Lease, guest: &GuestId, release: &ReleaseId) -> Ran<()> {
    let mut tx = db.write().await?;
    tx.fenced_release(lease, release).await?;
    let done = query("UPDATE guests SET release_id = ? WHERE id = ? AND deployment_id = ?")
        .bind(release.to_string())
        .bind(guest.as_str())
        .bind(lease.deployment.to_string())
        .execute(tx.link())
        .await?;
    found(done)?;
    tx.commit().await
}

/// The caller looked at the guest a moment ago; a job may have come and gone since, and made it the one that serves. That
/// one is never retired.
async fn retired(db: &Database, guest: &GuestId) -> Ran<bool> {
    let mut tx = db.write().await?;
    let now = tx.now();
    let done = query(
        "UPDATE guests SET wanted = 'gone', wanted_since = ? WHERE id = ? \
         AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.deployment_id = guests.deployment_id) \
         AND NOT (wanted = 'serving' AND EXISTS (SELECT 1 FROM managed m JOIN deployments d \
         ON d.id = m.deployment_id WHERE m.deployment_id = guests.deployment_id \
         AND m.serving_release_id = guests.release_id AND d.deleted_at IS NULL))",
    )
    .bind(now)
    .bind(guest.as_str())
    .execute(tx.link())
    .await?;
    tx.commit().await?;
    Ok(done == 1)
}

async fn one(db: &Database, guest: &GuestId) -> Ran<Option<GuestRow>> {
    let row = query("SELECT * FROM guests WHERE id = ?")
        .bind(guest.as_str())
        .fetch_optional(db.read().await?.link())
        .await?;
    row.as_ref().map(rows::guest).transpose()
}

async fn of(db: &Database, deployment: &DeploymentId) -> Ran<Vec<GuestRow>> {
    let found = query("SELECT * FROM guests WHERE deployment_id = ? ORDER BY created_at, id")
        .bind(deployment.to_string())
        .fetch_all(db.read().await?.link())
        .await?;
    found.iter().map(rows::guest).collect()
}

pub(crate) const AT: &str = "SELECT * FROM guests WHERE driver = ? AND id > ? AND (place = ? OR place IS NULL) \
    ORDER BY id LIMIT ?";

async fn at(
    db: &Database,
    driver: DriverKind,
    after: Option<&GuestId>,
    limit: u32,
) -> Ran<Vec<GuestRow>> {
    let found = query(AT)
        .bind(driver.as_str())
        .bind(after.map_or("", GuestId::as_str))
        .bind(db.here())
        .bind(limit)
        .fetch_all(db.read().await?.link())
        .await?;
    found.iter().map(rows::guest).collect()
}

/// The number and the address as the seed's columns hold them.
fn columns(machine: &MachineSeen) -> (i64, Option<String>) {
    let address = machine.address.map(|address| address.to_string());
    (i64::from(machine.vmid), address)
}

async fn lives_at(db: &Database, lease: &Lease, machine: Option<&MachineSeen>) -> Ran<()> {
    let (vmid, address) = machine.map(columns).unzip();
    let mut tx = db.write().await?;
    tx.fence(lease).await?;
    query("UPDATE deployments SET vm_id = ?, ip_address = ? WHERE id = ?")
        .bind(vmid)
        .bind(address.flatten())
        .bind(lease.deployment.to_string())
        .execute(tx.link())
        .await?;
    tx.commit().await
}

/// The row that a guest serves for, while it does.
const SEEN: &str = "SELECT d.id, d.vm_id, d.ip_address FROM guests g \
    JOIN managed m ON m.deployment_id = g.deployment_id AND m.serving_release_id = g.release_id \
    JOIN deployments d ON d.id = g.deployment_id \
    WHERE g.id = ? AND g.wanted = 'serving' AND d.deleted_at IS NULL";

/// Asked of a reader first: nearly always nothing has changed.
async fn seen_at(db: &Database, guest: &GuestId, machine: &MachineSeen) -> Ran<bool> {
    let asked = || query(SEEN).bind(guest.as_str());
    let row = asked().fetch_optional(db.read().await?.link()).await?;
    if !row.is_some_and(|row| differs(&row, machine)) {
        return Ok(false);
    }
    let mut tx = db.write().await?;
    let row = asked().fetch_optional(tx.link()).await?;
    let Some(row) = row.filter(|row| differs(row, machine)) else {
        return Ok(false);
    };
    let (vmid, address) = columns(machine);
    query("UPDATE deployments SET vm_id = ?, ip_address = ? WHERE id = ?")
        .bind(vmid)
        .bind(address)
        .bind(row.text("id")?)
        .execute(tx.link())
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// A column that another program broke differs too.
fn differs(row: &Row, machine: &MachineSeen) -> bool {
    let (vmid, address) = columns(machine);
    row.number_opt("vm_id").ok().flatten() != Some(vmid)
        || Row::text_opt(row, "ip_address").ok().flatten() != address
}

async fn gone(db: &Database, guest: &GuestId) -> Ran<()> {
    let mut tx = db.write().await?;
    query("DELETE FROM guests WHERE id = ?")
        .bind(guest.as_str())
        .execute(tx.link())
        .await?;
    tx.commit().await
}

fn found(rows: u64) -> Ran<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::NotFound.into())
    }
}
