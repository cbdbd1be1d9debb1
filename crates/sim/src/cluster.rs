//! A simulated cluster: its machines, the guests of others, and how people see them. Guests of the engine are on it too.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use domain::guest::{AppState, MachineSeen, Upstream};
use domain::ports::{Cluster, ClusterError, ClusterGuest, ClusterNode, Power};
use domain::{DeploymentKind, NodeName};

use crate::call::Op;
use crate::hub::{Hub, Life};
use crate::state::{Guest, State};
use crate::world::World;

/// The name of the cluster in Havre.
pub const CLUSTER: &str = "sim";
/// The number of the first guest of the engine.
const FIRST: u32 = 9000;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What is there besides guests of the engine.
#[derive(Debug, Default)]
pub(crate) struct ClusterState {
    /// Machines by name, and whether each is there.
    pub nodes: BTreeMap<NodeName, bool>,
    pub foreign: BTreeMap<u32, (ClusterGuest, Option<IpAddr>)>,
    pub no_quorum: bool,
    given: u32,
}

impl ClusterState {
    pub fn next_vmid(&mut self) -> u32 {
        self.given += 1;
        FIRST + self.given - 1
    }

    pub fn first_node(&self) -> Option<NodeName> {
        let there = self.nodes.iter().find(|(_, there)| **there);
        there.map(|(node, _)| node.clone())
    }
}

/// One process's view of the cluster.
pub struct SimCluster {
    pub(crate) hub: Arc<Hub>,
    pub(crate) life: Arc<Life>,
}

#[async_trait]
impl Cluster for SimCluster {
    fn name(&self) -> &str {
        CLUSTER
    }

    async fn nodes(&self) -> Result<Vec<ClusterNode>, ClusterError> {
        let call = |state: &mut State| {
            let nodes = state.cluster.nodes.iter();
            Ok(nodes.map(|(node, there)| shown(node, *there)).collect())
        };
        self.hub
            .call(&self.life, Op::ClusterNodes, CLUSTER, call)
            .await
    }

    async fn guests(&self) -> Result<Vec<ClusterGuest>, ClusterError> {
        let call = |state: &mut State| {
            let ours = state.guests.values().filter_map(ours);
            let theirs = state.cluster.foreign.values();
            let mut all: Vec<_> = ours.chain(theirs.map(|(guest, _)| guest.clone())).collect();
            all.sort_by_key(|guest| guest.vmid);
            Ok(all)
        };
        self.hub
            .call(&self.life, Op::ClusterGuests, CLUSTER, call)
            .await
    }

    async fn address_of(&self, guest: &ClusterGuest) -> Result<Option<IpAddr>, ClusterError> {
        let call = |state: &mut State| {
            let found = state.cluster.foreign.get(&guest.vmid);
            Ok(found.and_then(|(_, address)| *address))
        };
        self.hub
            .call(&self.life, Op::ClusterAddress, guest.vmid, call)
            .await
    }
}

fn shown(node: &NodeName, there: bool) -> ClusterNode {
    ClusterNode {
        node: node.to_string(),
        status: if there { "online" } else { "offline" }.to_owned(),
        cpu: there.then_some(0.25),
        maxcpu: there.then_some(8),
        mem: there.then_some(4 * GIB),
        maxmem: there.then_some(16 * GIB),
        disk: there.then_some(10 * GIB),
        maxdisk: there.then_some(100 * GIB),
        uptime: there.then_some(3600),
        level: Some(String::new()),
        ssl_fingerprint: None,
    }
}

fn ours(guest: &Guest) -> Option<ClusterGuest> {
    let (vmid, node) = guest.machine.clone()?;
    let running = matches!(guest.app, AppState::Running { .. } | AppState::Frozen);
    let resources = guest.spec.resources;
    Some(ClusterGuest {
        vmid,
        kind: guest.spec.kind,
        node,
        name: guest.spec.label.to_string(),
        power: if running {
            Power::Running
        } else {
            Power::Stopped
        },
        status: if running { "running" } else { "stopped" }.to_owned(),
        template: false,
        ours: true,
        cores: f64::from(resources.cores),
        cpu: 0.0,
        memory: u64::from(resources.memory) * MIB,
        disk: u64::from(resources.disk) * GIB,
        uptime: u64::from(running),
    })
}

impl Guest {
    /// Its machine, where it is on a cluster.
    pub(crate) fn machine_seen(&self) -> Option<MachineSeen> {
        let (vmid, node) = self.machine.clone()?;
        let address = match &self.upstream {
            Upstream::Tcp(address) => Some(address.ip()),
            Upstream::Handout(_) => None,
        };
        Some(MachineSeen {
            vmid,
            node: node.to_string(),
            address,
        })
    }
}

impl World {
    /// The driver is that of a cluster of two machines, `pve1` and `pve2`: guests have numbers, machines and addresses.
    #[must_use]
    #[track_caller]
    pub fn clustered(self) -> Self {
        self.hub.state(|state| {
            state.kind = domain::DriverKind::Proxmox;
            for name in ["pve1", "pve2"] {
                match name.parse() {
                    Ok(node) => state.cluster.nodes.insert(node, true),
                    Err(error) => panic!("{name}: {error}"),
                };
            }
        });
        self
    }

    /// The cluster has lost its quorum: nothing can be made, started or removed; what runs goes on, and can be looked at
    /// and stopped.
    pub fn lose_quorum(&self, lost: bool) {
        self.hub.state(|state| state.cluster.no_quorum = lost);
    }

    /// A guest of somebody else is there, or is so now.
    #[track_caller]
    pub fn foreign(&self, vmid: u32, name: &str, power: Power, address: Option<IpAddr>) {
        let node = match "pve1".parse() {
            Ok(node) => node,
            Err(error) => panic!("{error}"),
        };
        let guest = ClusterGuest {
            vmid,
            kind: if vmid.is_multiple_of(2) {
                DeploymentKind::Vm
            } else {
                DeploymentKind::Lxc
            },
            node,
            name: name.to_owned(),
            power,
            status: match power {
                Power::Running => "running",
                Power::Stopped => "stopped",
                Power::Unknown => "unknown",
            }
            .to_owned(),
            template: false,
            ours: false,
            cores: 2.0,
            cpu: 0.5,
            memory: GIB,
            disk: 8 * GIB,
            uptime: u64::from(power == Power::Running) * 60,
        };
        self.hub
            .state(|state| state.cluster.foreign.insert(vmid, (guest, address)));
    }

    /// Changes a guest of somebody else.
    pub fn change_foreign(&self, vmid: u32, change: impl FnOnce(&mut ClusterGuest)) {
        self.hub.state(|state| {
            if let Some((guest, _)) = state.cluster.foreign.get_mut(&vmid) {
                change(guest);
            }
        });
    }

    /// A guest of somebody else is gone.
    pub fn drop_foreign(&self, vmid: u32) {
        self.hub.state(|state| state.cluster.foreign.remove(&vmid));
    }

    /// Every guest of a label that runs or ran has another address from now on, as after a new lease of DHCP; with `node`
    /// it is on that machine.
    pub fn moves(&self, label: &str, node: Option<&str>) {
        self.hub.state(|state| {
            let mut fresh = Vec::new();
            for guest in state.guests.values() {
                if guest.spec.label.as_str() == label {
                    fresh.push(guest.spec.id.clone());
                }
            }
            for id in fresh {
                let address = state.new_address();
                let Some(guest) = state.guests.get_mut(&id) else {
                    continue;
                };
                guest.upstream = address;
                if let (Some((_, on)), Some(Ok(node))) = (&mut guest.machine, node.map(str::parse))
                {
                    *on = node;
                }
            }
        });
    }

    /// Somebody changed the machines of a label by hand.
    pub fn altered_by_hand(&self, label: &str, what: &str) {
        self.hub.state(|state| {
            for guest in state.guests.values_mut() {
                if guest.spec.label.as_str() == label {
                    guest.altered.push(what.to_owned());
                }
            }
        });
    }

    /// Every serving guest of a label is stopped by somebody else's hand.
    pub fn stopped_by_hand(&self, label: &str) {
        self.hub.state(|state| {
            for guest in state.guests.values_mut() {
                if guest.spec.label.as_str() == label {
                    guest.app = AppState::Stopped;
                }
            }
        });
    }
}
