//! Guests of a cluster that others made, as records. What belongs to what stands in the notebook of machines, whose
//! numbers are unique: a number that somebody else uses is not given to a guest of ours either. Its driver never sees
//! these rows.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Happened;
use domain::ports::{ForeignGuest, Missing, Taken};
use domain::{DeploymentId, Status};
use serde_json::{Value as Json, json};

use crate::database::Database;
use crate::error::{Fault, Ran, refused};
use crate::jobs::mark_deleted;
use crate::records::length;
use crate::rows::Read;
use crate::sql::{Builder, Row, Value, query};
use crate::text::records as text;
use crate::tx::Tx;

/// Guests of one call.
const MOST: usize = 500;
/// Records that one call marks as deleted.
const MOST_MISSING: usize = 1000;
/// Before the id of the record, in the notebook.
const OWNER: &str = "record:";

/// A record of an earlier import.
struct Known {
    id: Option<DeploymentId>,
    name: String,
    status: String,
    address: Option<String>,
    resources: Option<Json>,
    live: bool,
    managed: bool,
}

pub(crate) async fn taken(
    db: &Database,
    cluster: &str,
    guests: &[ForeignGuest],
) -> Ran<Vec<Taken>> {
    if guests.len() > MOST {
        return refused(text::too_many_guests(guests.len(), MOST));
    }
    let mut tx = db.write().await?;
    let notebook = notebook(&mut tx, cluster, guests).await?;
    let records = records(&mut tx, &notebook).await?;
    let others = others(&mut tx, guests).await?;
    let mut all = Vec::with_capacity(guests.len());
    for guest in guests {
        let became = match notebook.get(&guest.vmid) {
            Some(Entry::Ours) => Taken::Tracked,
            Some(Entry::Record(owner)) => again(&mut tx, cluster, guest, owner, &records).await?,
            None if others.contains(&guest.vmid) => Taken::Tracked,
            None => first(&mut tx, cluster, guest).await?,
        };
        all.push(became);
    }
    tx.commit().await?;
    Ok(all)
}

/// Whose a number is, by the notebook.
enum Entry {
    Ours,
    Record(String),
}

async fn notebook(
    tx: &mut Tx<'_>,
    cluster: &str,
    guests: &[ForeignGuest],
) -> Ran<BTreeMap<u32, Entry>> {
    let mut found = Builder::new("SELECT owner, vmid, kind FROM machines WHERE cluster = ");
    found.push_bind(cluster).push(" AND vmid IN (");
    numbers(&mut found, guests);
    found.push(")");
    let rows = found.build().fetch_all(tx.link()).await?;
    let mut all = BTreeMap::new();
    for row in &rows {
        let entry = match row.text("kind")?.as_str() {
            "foreign" => Entry::Record(row.text("owner")?),
            _ => Entry::Ours,
        };
        all.insert(row.number("vmid")?, entry);
    }
    Ok(all)
}

fn numbers(statement: &mut Builder, guests: &[ForeignGuest]) {
    for (place, guest) in guests.iter().enumerate() {
        if place > 0 {
            statement.push(", ");
        }
        statement.push_bind(i64::from(guest.vmid));
    }
    if guests.is_empty() {
        statement.push("NULL");
    }
}

/// The records of earlier imports, by the owner of their numbers.
async fn records(tx: &mut Tx<'_>, notebook: &BTreeMap<u32, Entry>) -> Ran<BTreeMap<String, Known>> {
    let ids = notebook.values().filter_map(|entry| match entry {
        Entry::Record(owner) => owner.strip_prefix(OWNER),
        Entry::Ours => None,
    });
    let mut found = Builder::new(
        "SELECT d.id, d.name, d.status, d.ip_address, d.resources, \
         CASE WHEN d.deleted_at IS NULL THEN 1 ELSE 0 END AS live, \
         CASE WHEN m.deployment_id IS NULL THEN 0 ELSE 1 END AS managed \
         FROM deployments d LEFT JOIN managed m ON m.deployment_id = d.id WHERE d.id IN (NULL",
    );
    for id in ids {
        found.push(", ").push_bind(id);
    }
    found.push(")");
    let rows = found.build().fetch_all(tx.link()).await?;
    let known = |row: &Row| -> Ran<(String, Known)> {
        let id = row.text("id")?;
        let resources = row.text_opt("resources").map_err(Fault::from)?;
        let known = Known {
            id: id.parse().ok(),
            name: row.text("name")?,
            status: row.text("status")?,
            address: row.text_opt("ip_address").map_err(Fault::from)?,
            resources: resources.and_then(|text| serde_json::from_str(&text).ok()),
            live: row.flag("live")?,
            managed: row.flag("managed")?,
        };
        Ok((format!("{OWNER}{id}"), known))
    };
    rows.iter().map(known).collect()
}

/// Numbers that live rows of another origin have: deployments, and records that another program or the original wrote.
async fn others(tx: &mut Tx<'_>, guests: &[ForeignGuest]) -> Ran<BTreeSet<u32>> {
    let mut found = Builder::new(
        "SELECT vm_id FROM deployments WHERE deleted_at IS NULL AND lower(status) <> 'deleted' AND vm_id IN (",
    );
    numbers(&mut found, guests);
    found.push(")");
    let rows = found.build().fetch_all(tx.link()).await?;
    rows.iter().map(|row| row.number("vm_id")).collect()
}

/// One that was imported before.
async fn again(
    tx: &mut Tx<'_>,
    cluster: &str,
    guest: &ForeignGuest,
    owner: &str,
    records: &BTreeMap<String, Known>,
) -> Ran<Taken> {
    match records.get(owner) {
        Some(known) if known.managed => Ok(Taken::Tracked),
        Some(known) if known.live => match &known.id {
            Some(id) => update(tx, id, known, guest).await,
            None => Ok(Taken::Tracked),
        },
        _ => {
            forget(tx, owner).await?;
            first(tx, cluster, guest).await
        }
    }
}

async fn update(
    tx: &mut Tx<'_>,
    id: &DeploymentId,
    known: &Known,
    guest: &ForeignGuest,
) -> Ran<Taken> {
    let name = name_of(guest);
    let address = address_of(guest, known.address.as_deref());
    let resources = resources_of(guest);
    let mut changed = false;
    if known.name != name
        || known.address != address
        || known.resources.as_ref() != Some(&resources)
    {
        query("UPDATE deployments SET name = ?, ip_address = ?, resources = ? WHERE id = ?")
            .bind(name)
            .bind(address)
            .bind(Value::json(resources.to_string()))
            .bind(id.to_string())
            .execute(tx.link())
            .await?;
        changed = true;
    }
    let status = guest.running.map(status_of);
    if let Some(status) =
        status.filter(|status| !known.status.eq_ignore_ascii_case(status.as_str()))
    {
        tx.set_status(id, &known.status, status).await?;
        changed = true;
    }
    Ok(if changed { Taken::Updated } else { Taken::Same })
}

async fn first(tx: &mut Tx<'_>, cluster: &str, guest: &ForeignGuest) -> Ran<Taken> {
    let id = tx.db.dice().roll(|rng| DeploymentId::random(rng));
    let status = status_of(guest.running.unwrap_or(false));
    let (now, at) = (tx.seed_now(), tx.now());
    query(
        "INSERT INTO deployments (id, name, deployment_type, resources, status, created_at, ip_address, vm_id) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(name_of(guest))
    .bind(guest.kind.as_str())
    .bind(Value::json(resources_of(guest).to_string()))
    .bind(status.as_str())
    .bind(now)
    .bind(address_of(guest, None))
    .bind(i64::from(guest.vmid))
    .execute(tx.link())
    .await?;
    query(
        "INSERT INTO machines (owner, cluster, vmid, kind, details, revision, created_at) \
         VALUES (?, ?, ?, 'foreign', '{}', 1, ?)",
    )
    .bind(format!("{OWNER}{id}"))
    .bind(cluster)
    .bind(i64::from(guest.vmid))
    .bind(at)
    .execute(tx.link())
    .await?;
    tx.happened(&id, &Happened::Status { status }).await?;
    Ok(Taken::Imported)
}

fn status_of(running: bool) -> Status {
    if running {
        Status::Running
    } else {
        Status::Stopped
    }
}

/// Any text becomes what the column holds.
fn name_of(guest: &ForeignGuest) -> String {
    let most = length("name").unwrap_or(255);
    let clean: String = guest
        .name
        .chars()
        .filter(|letter| !letter.is_control())
        .take(most)
        .collect();
    match clean.trim() {
        "" => format!("{}-{}", guest.kind.as_str(), guest.vmid),
        name => name.to_owned(),
    }
}

/// One that cannot be asked for its address has the one that it had, unless it is certainly stopped.
fn address_of(guest: &ForeignGuest, before: Option<&str>) -> Option<String> {
    match (guest.address, guest.running) {
        (Some(address), _) => Some(address.to_string()),
        (None, Some(false)) => None,
        (None, _) => before.map(str::to_owned),
    }
}

fn resources_of(guest: &ForeignGuest) -> Json {
    json!({ "cores": guest.cores, "memory": guest.memory, "disk": guest.disk })
}

async fn forget(tx: &mut Tx<'_>, owner: &str) -> Ran<()> {
    query("DELETE FROM machines WHERE owner = ?")
        .bind(owner)
        .execute(tx.link())
        .await?;
    Ok(())
}

/// What is left of imports when their guests are gone.
pub(crate) async fn missing(
    db: &Database,
    cluster: &str,
    present: &BTreeSet<u32>,
) -> Ran<Vec<Missing>> {
    let mut tx = db.write().await?;
    let rows = query(
        "SELECT k.owner, k.vmid, d.id, d.name, CASE WHEN d.deleted_at IS NULL THEN 1 ELSE 0 END AS live, \
         CASE WHEN m.deployment_id IS NULL THEN 0 ELSE 1 END AS managed \
         FROM (SELECT owner, vmid, SUBSTR(owner, 8) AS record FROM machines \
         WHERE cluster = ? AND kind = 'foreign') k \
         LEFT JOIN deployments d ON d.id = k.record LEFT JOIN managed m ON m.deployment_id = k.record ORDER BY k.vmid",
    )
    .bind(cluster)
    .fetch_all(tx.link())
    .await?;
    let mut gone = Vec::new();
    for row in &rows {
        let vmid = row.number("vmid")?;
        if present.contains(&vmid) || gone.len() >= MOST_MISSING {
            continue;
        }
        forget(&mut tx, &row.text("owner")?).await?;
        gone.extend(end(&mut tx, vmid, row).await?);
    }
    tx.commit().await?;
    Ok(gone)
}

/// A record that was deployed to since, or that somebody deleted, stays as it is.
async fn end(tx: &mut Tx<'_>, vmid: u32, row: &Row) -> Ran<Option<Missing>> {
    let id = row.text_opt("id").map_err(Fault::from)?;
    let id = id.and_then(|id| id.parse::<DeploymentId>().ok());
    let (Some(id), true, false) = (id, row.flag("live")?, row.flag("managed")?) else {
        return Ok(None);
    };
    let name = row.text("name")?;
    match mark_deleted(tx, &id).await {
        // Another program broke its status: it is shown as it is.
        Err(Fault::Unreadable(_)) => Ok(None),
        ended => ended.map(|()| Some(Missing { vmid, name })),
    }
}
