//! The notebook of a cluster's driver.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{
    Claim, ClusterRow, ForeignGuest, Imports, Machine, MachineKind, Machines, Missing, StoreResult,
    Taken,
};

use crate::accept::imports;
use crate::clusters;
use crate::database::Database;
use crate::error::{During, Fault, Ran};
use crate::jobs::span;
use crate::rows::Read;
use crate::sql::{Row, query};
use crate::tx::Tx;

/// A page of machines.
const PAGE: usize = 1000;
/// More numbers than this are not looked at for a free one.
const WIDEST: u32 = 1_000_000;

const COLUMNS: &str = "SELECT owner, cluster, vmid, kind, details, revision FROM machines";

#[async_trait]
impl Machines for Database {
    async fn machine_claimed(&self, claim: &Claim) -> StoreResult<Option<Machine>> {
        claimed(self, claim)
            .await
            .during("claim a machine's number")
    }

    async fn machine(&self, owner: &str) -> StoreResult<Option<Machine>> {
        one(self, owner).await.during("read a machine")
    }

    async fn machines(&self, cluster: &str, after: Option<&str>) -> StoreResult<Vec<Machine>> {
        page(self, cluster, after).await.during("read machines")
    }

    async fn machine_noted(&self, machine: &Machine) -> StoreResult<bool> {
        noted(self, machine).await.during("note what a machine is")
    }

    async fn machine_held(&self, owner: &str, holder: &str, lasts: Duration) -> StoreResult<bool> {
        held(self, owner, holder, lasts)
            .await
            .during("hold a machine")
    }

    async fn machine_let_go(&self, owner: &str, holder: &str) -> StoreResult<()> {
        let_go(self, owner, holder).await.during("let a machine go")
    }

    async fn machine_erased(&self, owner: &str) -> StoreResult<()> {
        erased(self, owner).await.during("erase a machine")
    }

    async fn cluster(&self, name: &str) -> StoreResult<Option<ClusterRow>> {
        clusters::read(self, name)
            .await
            .during("read a cluster's settings")
    }

    async fn cluster_saved(&self, row: &ClusterRow) -> StoreResult<()> {
        clusters::save(self, row)
            .await
            .during("store a cluster's settings")
    }
}

#[async_trait]
impl Imports for Database {
    async fn guests_taken(
        &self,
        cluster: &str,
        guests: &[ForeignGuest],
    ) -> StoreResult<Vec<Taken>> {
        imports::taken(self, cluster, guests)
            .await
            .during("take guests into the list")
    }

    async fn guests_missing(
        &self,
        cluster: &str,
        present: &BTreeSet<u32>,
    ) -> StoreResult<Vec<Missing>> {
        imports::missing(self, cluster, present)
            .await
            .during("mark guests that are gone")
    }
}

async fn claimed(db: &Database, claim: &Claim) -> Ran<Option<Machine>> {
    let mut tx = db.write().await?;
    let there = in_tx(&mut tx, &claim.owner).await?;
    if let Some(machine) = &there
        && !claim.avoid.contains(&machine.vmid)
    {
        return Ok(there);
    }
    let Some(vmid) = lowest_free(&mut tx, claim).await? else {
        return Ok(None);
    };
    match there {
        Some(_) => renumber(&mut tx, claim, vmid).await?,
        None => insert(&mut tx, claim, vmid).await?,
    }
    let machine = in_tx(&mut tx, &claim.owner).await?;
    tx.commit().await?;
    Ok(machine)
}

async fn lowest_free(tx: &mut Tx<'_>, claim: &Claim) -> Ran<Option<u32>> {
    let (first, last) = (*claim.range.start(), *claim.range.end());
    let last = last.min(first.saturating_add(WIDEST));
    let rows = query(
        "SELECT vmid FROM machines WHERE cluster = ? AND vmid >= ? AND vmid <= ? ORDER BY vmid",
    )
    .bind(claim.cluster.as_str())
    .bind(i64::from(first))
    .bind(i64::from(last))
    .fetch_all(tx.link())
    .await?;
    let taken: BTreeSet<i64> = rows
        .iter()
        .map(|row| row.int("vmid"))
        .collect::<Result<_, _>>()?;
    let is_free = |vmid: &u32| !taken.contains(&i64::from(*vmid)) && !claim.avoid.contains(vmid);
    Ok((first..=last).find(is_free))
}

async fn insert(tx: &mut Tx<'_>, claim: &Claim, vmid: u32) -> Ran<()> {
    let now = tx.now();
    query(
        "INSERT INTO machines (owner, cluster, vmid, kind, details, revision, created_at) VALUES (?, ?, ?, ?, ?, 1, ?)",
    )
    .bind(claim.owner.as_str())
    .bind(claim.cluster.as_str())
    .bind(i64::from(vmid))
    .bind(claim.kind.as_str())
    .bind(claim.details.to_string())
    .bind(now)
    .execute(tx.link())
    .await?;
    Ok(())
}

async fn renumber(tx: &mut Tx<'_>, claim: &Claim, vmid: u32) -> Ran<()> {
    query("UPDATE machines SET vmid = ?, revision = revision + 1 WHERE owner = ?")
        .bind(i64::from(vmid))
        .bind(claim.owner.as_str())
        .execute(tx.link())
        .await?;
    Ok(())
}

async fn in_tx(tx: &mut Tx<'_>, owner: &str) -> Ran<Option<Machine>> {
    let row = query(format!("{COLUMNS} WHERE owner = ?"))
        .bind(owner)
        .fetch_optional(tx.link())
        .await?;
    row.as_ref().map(machine).transpose()
}

async fn one(db: &Database, owner: &str) -> Ran<Option<Machine>> {
    let row = query(format!("{COLUMNS} WHERE owner = ?"))
        .bind(owner)
        .fetch_optional(db.read().await?.link())
        .await?;
    row.as_ref().map(machine).transpose()
}

async fn page(db: &Database, cluster: &str, after: Option<&str>) -> Ran<Vec<Machine>> {
    let rows = query(format!(
        "{COLUMNS} WHERE cluster = ? AND owner > ? AND kind <> 'foreign' ORDER BY owner LIMIT {PAGE}"
    ))
    .bind(cluster)
    .bind(after.unwrap_or_default())
    .fetch_all(db.read().await?.link())
    .await?;
    rows.iter().map(machine).collect()
}

fn machine(row: &Row) -> Ran<Machine> {
    let kind = row.text("kind")?;
    Ok(Machine {
        owner: row.text("owner")?,
        cluster: row.text("cluster")?,
        vmid: row.number("vmid")?,
        kind: match kind.as_str() {
            "base" => MachineKind::Base,
            "guest" => MachineKind::Guest,
            _ => return Err(Fault::Unreadable("the kind of a machine".to_owned())),
        },
        details: row.json("details")?,
        revision: row.number("revision")?,
    })
}

async fn noted(db: &Database, machine: &Machine) -> Ran<bool> {
    let mut tx = db.write().await?;
    let revision = i64::try_from(machine.revision).unwrap_or(i64::MAX);
    let done = query(
        "UPDATE machines SET details = ?, revision = ? WHERE owner = ? AND vmid = ? AND revision = ?",
    )
    .bind(machine.details.to_string())
    .bind(revision.saturating_add(1))
    .bind(machine.owner.as_str())
    .bind(i64::from(machine.vmid))
    .bind(revision)
    .execute(tx.link())
    .await?;
    tx.commit().await?;
    Ok(done > 0)
}

async fn held(db: &Database, owner: &str, holder: &str, lasts: Duration) -> Ran<bool> {
    let mut tx = db.write().await?;
    let now = tx.now();
    let done = query(
        "UPDATE machines SET holder = ?, held_until = ? \
         WHERE owner = ? AND (holder IS NULL OR holder = ? OR held_until <= ?)",
    )
    .bind(holder)
    .bind(now.saturating_add(span(lasts)))
    .bind(owner)
    .bind(holder)
    .bind(now)
    .execute(tx.link())
    .await?;
    tx.commit().await?;
    Ok(done > 0)
}

async fn let_go(db: &Database, owner: &str, holder: &str) -> Ran<()> {
    let mut tx = db.write().await?;
    query("UPDATE machines SET holder = NULL, held_until = NULL WHERE owner = ? AND holder = ?")
        .bind(owner)
        .bind(holder)
        .execute(tx.link())
        .await?;
    tx.commit().await
}

async fn erased(db: &Database, owner: &str) -> Ran<()> {
    let mut tx = db.write().await?;
    query("DELETE FROM machines WHERE owner = ?")
        .bind(owner)
        .execute(tx.link())
        .await?;
    tx.commit().await
}
