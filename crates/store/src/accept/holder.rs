//! Who holds a name, and the claims on names and slots.

use crate::sql::{Builder, Row, query};
use domain::ports::StoreError;
use domain::{DeploymentId, DriverKind, GitUrl, HostLabel, Name};

use crate::error::{Fault, Ran, refused};
use crate::rows::Read;
use crate::text;
use crate::tx::Tx;

/// A live row that stands in the way of a name, or is the one meant.
pub(super) struct Holder {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) status: String,
    pub(super) destroying: bool,
}

impl Holder {
    fn read(row: &Row) -> Ran<Self> {
        Ok(Self {
            id: row.text("id")?,
            name: row.text("name")?,
            url: row.text_opt("github_url")?,
            kind: row.text_opt("deployment_type")?,
            owner: row.text_opt("user_id")?,
            status: row.text("status")?,
            destroying: row.int_opt("destroying")?.unwrap_or(0) != 0,
        })
    }

    /// The id as Havre writes ids; a row under another spelling cannot be joined to.
    pub(super) fn deployment(&self) -> Ran<DeploymentId> {
        match self.id.parse::<DeploymentId>() {
            Ok(id) if id.to_string() == self.id => Ok(id),
            _ => refused(text::not_adoptable(&self.name)),
        }
    }

    pub(super) fn same_repository(&self, url: &GitUrl) -> bool {
        let own = self
            .url
            .as_deref()
            .and_then(|own| own.parse::<GitUrl>().ok());
        own.is_some_and(|own| own.same_repository(url))
    }
}

const COLUMNS_BY_CLAIM: &str = "SELECT d.id, d.name, d.github_url, d.deployment_type, d.user_id, d.status, m.destroying \
    FROM names n JOIN managed m ON m.deployment_id = n.deployment_id \
    JOIN deployments d ON d.id = n.deployment_id WHERE n.label = ?";
const COLUMNS_BY_NAME: &str = "SELECT d.id, d.name, d.github_url, d.deployment_type, d.user_id, d.status, m.destroying \
    FROM deployments d LEFT JOIN managed m ON m.deployment_id = d.id \
    WHERE d.deleted_at IS NULL AND m.deployment_id IS NULL AND d.name = ";

/// The live managed deployment that holds a label. A claim whose row another program erased or marked deleted is void:
/// it goes away here.
pub(super) async fn of_label(tx: &mut Tx<'_>, label: &HostLabel) -> Ran<Option<Holder>> {
    query(
        "DELETE FROM names WHERE label = ? AND NOT EXISTS \
         (SELECT 1 FROM deployments d WHERE d.id = names.deployment_id AND d.deleted_at IS NULL)",
    )
    .bind(label.as_str())
    .execute(tx.link())
    .await?;
    let row = query(COLUMNS_BY_CLAIM)
        .bind(label.as_str())
        .fetch_optional(tx.link())
        .await?;
    row.as_ref().map(Holder::read).transpose()
}

/// The live record of a name: one of the same repository before others, then the newest.
pub(super) async fn record_of(tx: &mut Tx<'_>, name: &Name, url: &GitUrl) -> Ran<Option<Holder>> {
    let mut query = Builder::new(COLUMNS_BY_NAME);
    query.push_bind(name.as_str());
    query.push(" ORDER BY d.created_at DESC, d.id DESC LIMIT 100");
    let rows = query.build().fetch_all(tx.link()).await?;
    let mut records = rows.iter().map(Holder::read).collect::<Ran<Vec<_>>>()?;
    let chosen = records
        .iter()
        .position(|record| record.same_repository(url));
    Ok((!records.is_empty()).then(|| records.swap_remove(chosen.unwrap_or(0))))
}

/// Makes a row managed: its slot and name are claimed, and where its guests live on the machine, they live on ours.
pub(super) async fn manage(
    tx: &mut Tx<'_>,
    id: &DeploymentId,
    driver: DriverKind,
    label: &HostLabel,
) -> Ran<()> {
    let slot = free_slot(tx, driver).await?;
    let place = tx.db.place_of(driver);
    query("INSERT INTO managed (deployment_id, driver, slot, label, place) VALUES (?, ?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(driver.as_str())
        .bind(slot)
        .bind(label.as_str())
        .bind(place)
        .execute(tx.link())
        .await?;
    query("UPDATE slots SET deployment_id = ? WHERE driver = ? AND slot = ?")
        .bind(id.to_string())
        .bind(driver.as_str())
        .bind(slot)
        .execute(tx.link())
        .await?;
    query("INSERT INTO names (label, deployment_id) VALUES (?, ?)")
        .bind(label.as_str())
        .bind(id.to_string())
        .execute(tx.link())
        .await?;
    Ok(())
}

pub(crate) const FREE_SLOT: &str = "SELECT slot FROM slots WHERE driver = ? AND deployment_id IS NULL \
    ORDER BY slot LIMIT 1";
pub(crate) const NEXT_SLOT: &str =
    "SELECT COALESCE(MAX(slot), 0) + 1 AS slot FROM slots WHERE driver = ?";

/// The smallest slot of a driver, from 1 on, that no live deployment holds.
async fn free_slot(tx: &mut Tx<'_>, driver: DriverKind) -> Ran<i64> {
    let free = query(FREE_SLOT)
        .bind(driver.as_str())
        .fetch_optional(tx.link())
        .await?;
    if let Some(row) = free {
        return row.int("slot");
    }
    let next = query(NEXT_SLOT)
        .bind(driver.as_str())
        .fetch_one(tx.link())
        .await?
        .int("slot")?;
    query("INSERT INTO slots (driver, slot) VALUES (?, ?)")
        .bind(driver.as_str())
        .bind(next)
        .execute(tx.link())
        .await?;
    Ok(next)
}

/// What a managed deployment is asked about by id: the row, or why there is none to change.
pub(super) async fn managed(tx: &mut Tx<'_>, id: &DeploymentId) -> Ran<Holder> {
    let row = query(
        "SELECT d.id, d.name, d.github_url, d.deployment_type, d.user_id, d.status, m.destroying, \
         CASE WHEN d.deleted_at IS NULL THEN 0 ELSE 1 END AS deleted \
         FROM deployments d LEFT JOIN managed m ON m.deployment_id = d.id WHERE d.id = ?",
    )
    .bind(id.to_string())
    .fetch_optional(tx.link())
    .await?
    .ok_or(StoreError::NotFound)?;
    let holder = Holder::read(&row)?;
    if row.flag("deleted")? {
        return refused(text::is_deleted(&holder.name));
    }
    if row.int_opt("destroying")?.is_none() {
        return Err(Fault::Told(StoreError::NotManaged));
    }
    if holder.destroying {
        return refused(text::being_destroyed(&holder.name));
    }
    Ok(holder)
}
