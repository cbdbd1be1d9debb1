//! The notebook of a cluster's driver, in memory: its numbers, revisions and holds behave as the database's do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::{Claim, ClusterRow, Machine, Machines, StoreResult};

use crate::hub::Hub;

/// Machines of one page, as of the database.
const PAGE: usize = 1000;

/// The notebook of a world. Its time is the world's.
pub struct SimMachines {
    pub(crate) hub: Arc<Hub>,
    pub(crate) book: Mutex<Book>,
}

#[derive(Default)]
pub(crate) struct Book {
    machines: BTreeMap<String, Entry>,
    clusters: BTreeMap<String, ClusterRow>,
}

struct Entry {
    machine: Machine,
    held: Option<(String, DateTime<Utc>)>,
}

impl SimMachines {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn lowest_free(&self, claim: &Claim) -> Option<u32> {
        let is_taken = |vmid: u32| {
            let mut all = self.machines.values().map(|entry| &entry.machine);
            all.any(|machine| machine.cluster == claim.cluster && machine.vmid == vmid)
        };
        let mut range = claim.range.clone();
        range.find(|vmid| !claim.avoid.contains(vmid) && !is_taken(*vmid))
    }

    fn claim(&mut self, claim: &Claim) -> Option<Machine> {
        if let Some(there) = self.machines.get(&claim.owner)
            && !claim.avoid.contains(&there.machine.vmid)
        {
            return Some(there.machine.clone());
        }
        let vmid = self.lowest_free(claim)?;
        let entry = self
            .machines
            .entry(claim.owner.clone())
            .and_modify(|entry| {
                entry.machine.vmid = vmid;
                entry.machine.revision += 1;
            })
            .or_insert_with(|| Entry {
                machine: Machine {
                    owner: claim.owner.clone(),
                    cluster: claim.cluster.clone(),
                    vmid,
                    kind: claim.kind,
                    details: claim.details.clone(),
                    revision: 1,
                },
                held: None,
            });
        Some(entry.machine.clone())
    }
}

#[async_trait]
impl Machines for SimMachines {
    async fn machine_claimed(&self, claim: &Claim) -> StoreResult<Option<Machine>> {
        Ok(self.book().claim(claim))
    }

    async fn machine(&self, owner: &str) -> StoreResult<Option<Machine>> {
        let book = self.book();
        Ok(book.machines.get(owner).map(|entry| entry.machine.clone()))
    }

    async fn machines(&self, cluster: &str, after: Option<&str>) -> StoreResult<Vec<Machine>> {
        let book = self.book();
        let behind = book.machines.iter().filter(|(owner, entry)| {
            entry.machine.cluster == cluster && after.is_none_or(|after| owner.as_str() > after)
        });
        Ok(behind
            .take(PAGE)
            .map(|(_, entry)| entry.machine.clone())
            .collect())
    }

    async fn machine_noted(&self, machine: &Machine) -> StoreResult<bool> {
        let mut book = self.book();
        let Some(entry) = book.machines.get_mut(&machine.owner) else {
            return Ok(false);
        };
        let (vmid, revision) = (entry.machine.vmid, entry.machine.revision);
        if (vmid, revision) != (machine.vmid, machine.revision) {
            return Ok(false);
        }
        entry.machine.details = machine.details.clone();
        entry.machine.revision += 1;
        Ok(true)
    }

    async fn machine_held(&self, owner: &str, holder: &str, lasts: Duration) -> StoreResult<bool> {
        let now = self.hub.time.now();
        let mut book = self.book();
        let Some(entry) = book.machines.get_mut(owner) else {
            return Ok(false);
        };
        let by_another = |(by, until): &(String, DateTime<Utc>)| by != holder && *until > now;
        if entry.held.as_ref().is_some_and(by_another) {
            return Ok(false);
        }
        let lasts = TimeDelta::from_std(lasts).unwrap_or(TimeDelta::days(365));
        entry.held = Some((holder.to_owned(), now + lasts));
        Ok(true)
    }

    async fn machine_let_go(&self, owner: &str, holder: &str) -> StoreResult<()> {
        if let Some(entry) = self.book().machines.get_mut(owner) {
            entry.held.take_if(|(by, _)| by == holder);
        }
        Ok(())
    }

    async fn machine_erased(&self, owner: &str) -> StoreResult<()> {
        self.book().machines.remove(owner);
        Ok(())
    }

    async fn cluster(&self, name: &str) -> StoreResult<Option<ClusterRow>> {
        Ok(self.book().clusters.get(name).cloned())
    }

    async fn cluster_saved(&self, row: &ClusterRow) -> StoreResult<()> {
        self.book().clusters.insert(row.name.clone(), row.clone());
        Ok(())
    }
}
