//! The notebook, typed: rows of guests and bases, and addresses of our range, which are claimed like numbers of machines.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use domain::GuestId;
use domain::ports::{Claim, DriverError, Machine, MachineKind, Machines, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::details::{BaseDetails, GuestDetails};
use super::settings::{AddressRange, VmidRange};
use crate::text::proxmox as text;

/// A row with its details read.
#[derive(Debug, Clone, PartialEq)]
pub struct Noted<T> {
    /// Whose it is.
    pub owner: String,
    /// Its number.
    pub vmid: u32,
    /// What is known of it.
    pub details: T,
    revision: u64,
}

/// A guest's row.
pub type GuestNote = Noted<GuestDetails>;
/// A base's row.
pub type BaseNote = Noted<BaseDetails>;

/// The notebook of one cluster.
#[derive(Clone)]
pub struct Notebook {
    machines: Arc<dyn Machines>,
    cluster: String,
    vmids: VmidRange,
}

/// Details that the notebook holds, with the kind of their rows.
pub trait Details: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync {
    /// The kind of the row.
    const KIND: MachineKind;
}

impl Details for GuestDetails {
    const KIND: MachineKind = MachineKind::Guest;
}

impl Details for BaseDetails {
    const KIND: MachineKind = MachineKind::Base;
}

/// Tries of a change that others keep getting ahead of.
const TRIES: usize = 20;

impl Notebook {
    /// The notebook of this cluster.
    pub fn new(machines: Arc<dyn Machines>, cluster: String, vmids: VmidRange) -> Self {
        Self {
            machines,
            cluster,
            vmids,
        }
    }

    /// A guest's row.
    pub async fn guest(&self, id: &GuestId) -> Result<Option<GuestNote>, DriverError> {
        self.find(id.as_str()).await
    }

    /// A row by its owner; none when there is none, or it is of another kind or cluster.
    pub async fn find<T: Details>(&self, owner: &str) -> Result<Option<Noted<T>>, DriverError> {
        let row = self.machines.machine(owner).await.map_err(away)?;
        let ours = row.filter(|row| row.cluster == self.cluster && row.kind == T::KIND);
        ours.map(read).transpose()
    }

    /// The owner's row; one that has none yet gets a number. One whose number is to be avoided gets another.
    ///
    /// # Errors
    /// [`DriverError::Capacity`] when every number of the range is taken.
    pub async fn claim<T: Details>(
        &self,
        owner: &str,
        details: &T,
        avoid: &[u32],
    ) -> Result<Noted<T>, DriverError> {
        let claim = Claim {
            owner: owner.to_owned(),
            cluster: self.cluster.clone(),
            kind: T::KIND,
            range: self.vmids.numbers(),
            // The newest are the ones that were just found to be taken.
            avoid: avoid.iter().rev().take(100).copied().collect(),
            details: value(details)?,
        };
        let row = self.machines.machine_claimed(&claim).await.map_err(away)?;
        row.map(read)
            .transpose()?
            .ok_or_else(|| text::no_numbers(self.vmids))
    }

    /// Changes a row: read anew and changed again when somebody else was faster.
    ///
    /// # Errors
    /// [`DriverError::Transient`] also when the row is gone.
    pub async fn change<T: Details>(
        &self,
        note: &mut Noted<T>,
        change: impl Fn(&mut T) + Send + Sync,
    ) -> Result<(), DriverError> {
        for _ in 0..TRIES {
            let mut wanted = note.clone();
            change(&mut wanted.details);
            if wanted.details == note.details {
                return Ok(());
            }
            let row = Machine {
                owner: wanted.owner.clone(),
                cluster: self.cluster.clone(),
                vmid: wanted.vmid,
                kind: T::KIND,
                details: value(&wanted.details)?,
                revision: wanted.revision,
            };
            if self.machines.machine_noted(&row).await.map_err(away)? {
                wanted.revision += 1;
                *note = wanted;
                return Ok(());
            }
            match self.find(&note.owner).await? {
                Some(fresh) => *note = fresh,
                None => break,
            }
        }
        Err(DriverError::Transient(text::note_lost(&note.owner)))
    }

    /// Every row of a kind; rows that cannot be read are told in the log and left out.
    pub async fn all<T: Details>(&self) -> Result<Vec<Noted<T>>, DriverError> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.machines.machines(&self.cluster, after.as_deref());
            let page = page.await.map_err(away)?;
            let Some(last) = page.last() else {
                return Ok(all);
            };
            after = Some(last.owner.clone());
            for row in page.into_iter().filter(|row| row.kind == T::KIND) {
                match read(row) {
                    Ok(noted) => all.push(noted),
                    Err(error) => tracing::warn!(%error, "a row of the notebook"),
                }
            }
        }
    }

    /// Erases a row.
    pub async fn erase(&self, owner: &str) -> Result<(), DriverError> {
        self.machines.machine_erased(owner).await.map_err(away)
    }

    /// Makes `holder` the only one that works on a machine for a while.
    pub async fn hold(
        &self,
        owner: &str,
        holder: &str,
        lasts: Duration,
    ) -> Result<bool, DriverError> {
        let held = self.machines.machine_held(owner, holder, lasts).await;
        held.map_err(away)
    }

    /// Ends a hold.
    pub async fn let_go(&self, owner: &str, holder: &str) -> Result<(), DriverError> {
        let done = self.machines.machine_let_go(owner, holder).await;
        done.map_err(away)
    }

    /// The owner's address of our range, claimed at the first call. `avoid` are addresses that somebody else uses.
    pub async fn address(
        &self,
        owner: &str,
        range: &AddressRange,
        avoid: &[Ipv4Addr],
    ) -> Result<Ipv4Addr, DriverError> {
        let gateway = range.number(range.gateway);
        let avoid = avoid.iter().map(|address| range.number(*address));
        let claim = Claim {
            owner: address_owner(owner),
            cluster: self.addresses(),
            kind: MachineKind::Guest,
            range: range.numbers(),
            avoid: std::iter::once(gateway).chain(avoid).take(100).collect(),
            details: Value::Object(serde_json::Map::new()),
        };
        let row = self.machines.machine_claimed(&claim).await.map_err(away)?;
        match row {
            Some(row) => Ok(range.address(row.vmid)),
            None => Err(text::no_addresses(range)),
        }
    }

    /// Frees the owner's address. It has none: success.
    pub async fn free_address(&self, owner: &str) -> Result<(), DriverError> {
        self.erase(&address_owner(owner)).await
    }

    fn addresses(&self) -> String {
        format!("{}/addresses", self.cluster)
    }
}

fn address_owner(owner: &str) -> String {
    format!("address/{owner}")
}

fn value(details: &impl Serialize) -> Result<Value, DriverError> {
    serde_json::to_value(details).map_err(|error| DriverError::other("write down a machine", error))
}

fn read<T: Details>(row: Machine) -> Result<Noted<T>, DriverError> {
    let details = serde_json::from_value(row.details)
        .map_err(|error| DriverError::other(format!("read the note of {}", row.owner), error))?;
    Ok(Noted {
        owner: row.owner,
        vmid: row.vmid,
        details,
        revision: row.revision,
    })
}

/// The database is away, or says no: tried again later.
fn away(error: StoreError) -> DriverError {
    DriverError::Transient(text::notebook_away(&error))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::proxmox::details::BaseStage;
    use crate::proxmox::fake_machines::FakeMachines;

    fn notebook(machines: &Arc<FakeMachines>, last: u32) -> Notebook {
        let vmids = VmidRange { first: 200, last };
        Notebook::new(machines.clone(), "main".into(), vmids)
    }

    fn base(nonce: &str) -> BaseDetails {
        BaseDetails {
            name: "lxc-debian12-plain_r1".into(),
            node: "pve1".parse().unwrap(),
            storage: "local-zfs".parse().unwrap(),
            shared: false,
            nonce: nonce.into(),
            generation: 1,
            stage: BaseStage::Making,
            made_at: None,
            host_key: None,
            versions: Vec::new(),
            linked: false,
            abandoned: Vec::new(),
        }
    }

    fn range() -> AddressRange {
        AddressRange {
            prefix: 24,
            gateway: [10, 0, 0, 11].into(),
            dns: None,
            first: [10, 0, 0, 10].into(),
            last: [10, 0, 0, 12].into(),
        }
    }

    #[tokio::test]
    async fn a_number_is_claimed_once_and_given_up_when_it_is_taken() {
        let machines = Arc::new(FakeMachines::default());
        let notebook = notebook(&machines, 202);
        let one = notebook.claim("one", &base("a"), &[]).await.unwrap();
        assert_eq!(notebook.claim("one", &base("b"), &[]).await.unwrap(), one);
        let two = notebook.claim("two", &base("b"), &[]).await.unwrap();
        assert_eq!((one.vmid, two.vmid), (200, 201));
        let moved = notebook.claim("one", &base("a"), &[200]).await.unwrap();
        assert_eq!((moved.vmid, &moved.details), (202, &one.details));
        let full = notebook.claim("two", &base("b"), &[200, 201]).await;
        assert!(
            matches!(full, Err(DriverError::Capacity { .. })),
            "{full:?}"
        );
        let owners = notebook.all::<BaseDetails>().await.unwrap();
        assert_eq!(owners.len(), 2);
    }

    #[tokio::test]
    async fn a_change_is_made_upon_what_others_changed() {
        let machines = Arc::new(FakeMachines::default());
        let notebook = notebook(&machines, 299);
        let mut mine = notebook.claim("one", &base("a"), &[]).await.unwrap();
        let mut theirs = mine.clone();
        let versions = |details: &mut BaseDetails| details.versions = vec!["python 3.11.2".into()];
        notebook.change(&mut theirs, versions).await.unwrap();
        let ready = |details: &mut BaseDetails| details.stage = BaseStage::Ready;
        notebook.change(&mut mine, ready).await.unwrap();
        let found: BaseNote = notebook.find("one").await.unwrap().unwrap();
        assert_eq!(
            (found.details.stage, found.details.versions.len()),
            (BaseStage::Ready, 1)
        );
        assert_eq!(found, mine);
        notebook.erase("one").await.unwrap();
        let filled = |details: &mut BaseDetails| details.stage = BaseStage::Filled;
        let lost = notebook.change(&mut mine, filled).await;
        assert!(matches!(lost, Err(DriverError::Transient(_))), "{lost:?}");
    }

    #[tokio::test]
    async fn rows_of_another_kind_or_cluster_are_nobodys() {
        let machines = Arc::new(FakeMachines::default());
        let notebook = notebook(&machines, 299);
        notebook.claim("one", &base("a"), &[]).await.unwrap();
        assert_eq!(notebook.find::<GuestDetails>("one").await.unwrap(), None);
        let other = Notebook::new(machines.clone(), "other".into(), VmidRange::default());
        assert_eq!(other.find::<BaseDetails>("one").await.unwrap(), None);
        assert!(other.all::<BaseDetails>().await.unwrap().is_empty());
        assert_eq!(notebook.all::<BaseDetails>().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_address_belongs_to_one_machine_and_never_is_the_gateways() {
        let machines = Arc::new(FakeMachines::default());
        let notebook = notebook(&machines, 299);
        let of =
            async |owner: &str, avoid: &[Ipv4Addr]| notebook.address(owner, &range(), avoid).await;
        assert_eq!(of("a", &[]).await.unwrap(), Ipv4Addr::new(10, 0, 0, 10));
        assert_eq!(of("b", &[]).await.unwrap(), Ipv4Addr::new(10, 0, 0, 12));
        assert_eq!(of("a", &[]).await.unwrap(), Ipv4Addr::new(10, 0, 0, 10));
        assert!(matches!(
            of("c", &[]).await,
            Err(DriverError::Capacity { .. })
        ));
        notebook.free_address("a").await.unwrap();
        notebook.free_address("a").await.unwrap();
        assert!(
            of("c", &[[10, 0, 0, 10].into()]).await.is_err(),
            "another machine has it"
        );
        assert_eq!(of("c", &[]).await.unwrap(), Ipv4Addr::new(10, 0, 0, 10));
        assert!(
            notebook.all::<BaseDetails>().await.unwrap().is_empty(),
            "no machines"
        );
    }

    #[tokio::test]
    async fn one_works_on_a_machine_at_a_time() {
        let machines = Arc::new(FakeMachines::default());
        let notebook = notebook(&machines, 299);
        notebook.claim("one", &base("a"), &[]).await.unwrap();
        let long = Duration::from_secs(60);
        assert!(notebook.hold("one", "x", long).await.unwrap());
        assert!(!notebook.hold("one", "y", long).await.unwrap());
        assert!(notebook.hold("one", "x", long).await.unwrap(), "prolonged");
        notebook.let_go("one", "y").await.unwrap();
        assert!(
            !notebook.hold("one", "y", long).await.unwrap(),
            "not its own"
        );
        notebook.let_go("one", "x").await.unwrap();
        assert!(notebook.hold("one", "y", Duration::ZERO).await.unwrap());
        assert!(notebook.hold("one", "x", long).await.unwrap(), "it ran out");
    }
}
