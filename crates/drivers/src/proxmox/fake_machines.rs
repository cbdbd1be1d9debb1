//! A notebook in memory that behaves as the database's: unique numbers, compare-and-set, holds that run out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::ports::{Claim, ClusterRow, Machine, Machines, StoreResult};

/// The notebook.
#[derive(Default)]
pub struct FakeMachines {
    rows: Mutex<BTreeMap<String, Row>>,
    clusters: Mutex<BTreeMap<String, ClusterRow>>,
}

struct Row {
    machine: Machine,
    held: Option<(String, Instant)>,
}

impl FakeMachines {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<String, Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Machines for FakeMachines {
    async fn machine_claimed(&self, claim: &Claim) -> StoreResult<Option<Machine>> {
        let mut rows = self.rows();
        let taken: Vec<u32> = rows
            .values()
            .filter(|row| row.machine.cluster == claim.cluster)
            .map(|row| row.machine.vmid)
            .collect();
        if let Some(row) = rows.get(&claim.owner)
            && !claim.avoid.contains(&row.machine.vmid)
        {
            return Ok(Some(row.machine.clone()));
        }
        let free = claim
            .range
            .clone()
            .find(|vmid| !taken.contains(vmid) && !claim.avoid.contains(vmid));
        let Some(vmid) = free else {
            return Ok(None);
        };
        let fresh = || Row {
            machine: Machine {
                owner: claim.owner.clone(),
                cluster: claim.cluster.clone(),
                vmid,
                kind: claim.kind,
                details: claim.details.clone(),
                revision: 0,
            },
            held: None,
        };
        let row = rows.entry(claim.owner.clone()).or_insert_with(fresh);
        row.machine.vmid = vmid;
        row.machine.revision += 1;
        Ok(Some(row.machine.clone()))
    }

    async fn machine(&self, owner: &str) -> StoreResult<Option<Machine>> {
        Ok(self.rows().get(owner).map(|row| row.machine.clone()))
    }

    async fn machines(&self, cluster: &str, after: Option<&str>) -> StoreResult<Vec<Machine>> {
        let rows = self.rows();
        let of_cluster = rows.values().map(|row| &row.machine);
        let page = of_cluster
            .filter(|machine| machine.cluster == cluster)
            .filter(|machine| after.is_none_or(|after| machine.owner.as_str() > after));
        Ok(page.take(1000).cloned().collect())
    }

    async fn machine_noted(&self, machine: &Machine) -> StoreResult<bool> {
        let mut rows = self.rows();
        let row = rows.get_mut(&machine.owner);
        let current = |row: &&mut Row| {
            row.machine.revision == machine.revision && row.machine.vmid == machine.vmid
        };
        let Some(row) = row.filter(current) else {
            return Ok(false);
        };
        row.machine.details = machine.details.clone();
        row.machine.revision += 1;
        Ok(true)
    }

    async fn machine_held(&self, owner: &str, holder: &str, lasts: Duration) -> StoreResult<bool> {
        let now = Instant::now();
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(owner) else {
            return Ok(false);
        };
        let other = |(by, until): &(String, Instant)| by != holder && *until > now;
        if row.held.as_ref().is_some_and(other) {
            return Ok(false);
        }
        row.held = Some((holder.to_owned(), now + lasts));
        Ok(true)
    }

    async fn machine_let_go(&self, owner: &str, holder: &str) -> StoreResult<()> {
        if let Some(row) = self.rows().get_mut(owner) {
            row.held.take_if(|(by, _)| by == holder);
        }
        Ok(())
    }

    async fn machine_erased(&self, owner: &str) -> StoreResult<()> {
        self.rows().remove(owner);
        Ok(())
    }

    async fn cluster(&self, name: &str) -> StoreResult<Option<ClusterRow>> {
        let clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(clusters.get(name).cloned())
    }

    async fn cluster_saved(&self, row: &ClusterRow) -> StoreResult<()> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        clusters.insert(row.name.clone(), row.clone());
        Ok(())
    }
}
