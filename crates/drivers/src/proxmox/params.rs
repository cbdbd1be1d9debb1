//! What is asked for a machine: pure builders of the cluster's parameters.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use domain::guest::{GuestSpec, Role};
use pve::{Bridge, Features, Ip4, IpConfig, LxcNet, QemuNet, lxc, qemu};

use super::labels;
use super::nonce::Mark;
use super::settings::{AddressPlan, NetworkSettings};

/// Swap of a container beside its memory, in MiB.
const SWAP: u32 = 512;

/// An address of our range for a machine, or none where the network gives it.
pub type Fixed = Option<Ipv4Addr>;

/// The network card of a container.
pub fn lxc_net(network: &NetworkSettings, fixed: Fixed) -> Option<LxcNet> {
    let name: Bridge = "eth0".parse().ok()?;
    let mut net = LxcNet::new(name, network.bridge.clone());
    net.tag = network.vlan;
    net.firewall = network.firewall.then_some(true);
    (net.ip, net.gw) = addresses(network, fixed);
    Some(net)
}

/// The network card of a VM.
pub fn qemu_net(network: &NetworkSettings) -> QemuNet {
    let mut net = QemuNet::new(network.bridge.clone());
    net.tag = network.vlan;
    net.firewall = network.firewall.then_some(true);
    net
}

/// What cloud-init gives the card of a VM.
pub fn ip_config(network: &NetworkSettings, fixed: Fixed) -> IpConfig {
    let (ip, gw) = addresses(network, fixed);
    IpConfig {
        ip,
        gw,
        ..IpConfig::default()
    }
}

fn addresses(network: &NetworkSettings, fixed: Fixed) -> (Option<Ip4>, Option<Ipv4Addr>) {
    match (&network.addresses, fixed) {
        (AddressPlan::Range(range), Some(address)) => {
            (Some(Ip4::Fixed(address, range.prefix)), Some(range.gateway))
        }
        _ => (Some(Ip4::Dhcp), None),
    }
}

/// The name servers; none: the node's own.
pub fn name_servers(network: &NetworkSettings) -> Vec<IpAddr> {
    match &network.addresses {
        AddressPlan::Range(range) => range.dns.into_iter().collect(),
        AddressPlan::Dhcp => Vec::new(),
    }
}

/// All options of a guest's container, set afresh after the clone: a clone has its base's.
pub fn lxc_guest(spec: &GuestSpec, network: &NetworkSettings, fixed: Fixed) -> lxc::Settings {
    lxc::Settings {
        hostname: labels::host_name(spec),
        cores: Some(spec.resources.cores),
        memory: Some(spec.resources.memory),
        swap: Some(spec.resources.memory.min(SWAP)),
        features: Some(nesting()),
        nameservers: name_servers(network),
        onboot: Some(spec.role == Role::Serve),
        protection: Some(spec.role == Role::Serve),
        tags: Some(labels::tags(spec)),
        description: Some(Mark::of(spec).description()),
        nets: lxc_net(network, fixed)
            .map(|net| (0, net))
            .into_iter()
            .collect(),
        ..lxc::Settings::default()
    }
}

/// All options of a guest's VM.
pub fn qemu_guest(spec: &GuestSpec, network: &NetworkSettings, fixed: Fixed) -> qemu::Settings {
    qemu::Settings {
        name: labels::host_name(spec),
        cores: Some(spec.resources.cores),
        memory: Some(spec.resources.memory),
        onboot: Some(spec.role == Role::Serve),
        protection: Some(spec.role == Role::Serve),
        tags: Some(labels::tags(spec)),
        description: Some(Mark::of(spec).description()),
        nameservers: name_servers(network),
        nets: BTreeMap::from([(0, qemu_net(network))]),
        ipconfig: BTreeMap::from([(0, ip_config(network, fixed))]),
        ..qemu::Settings::default()
    }
}

/// Namespaces inside, which a current systemd wants. Anything else is for root@pam.
pub fn nesting() -> Features {
    Features {
        nesting: true,
        ..Features::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxmox::settings::AddressRange;

    fn network(range: bool) -> NetworkSettings {
        let plan = AddressRange {
            prefix: 24,
            gateway: [10, 0, 0, 1].into(),
            dns: Some([9, 9, 9, 9].into()),
            first: [10, 0, 0, 10].into(),
            last: [10, 0, 0, 20].into(),
        };
        NetworkSettings {
            bridge: "vmbr0".parse().unwrap(),
            vlan: Some(7),
            firewall: true,
            addresses: if range {
                AddressPlan::Range(plan)
            } else {
                AddressPlan::Dhcp
            },
        }
    }

    fn spec(role: &str) -> GuestSpec {
        serde_json::from_value(serde_json::json!({
            "id": "g0123456789ab", "deployment": "550e8400-e29b-41d4-a716-446655440000",
            "release": "550e8400-e29b-41d4-a716-44665544aaaa", "label": "my-app", "slot": 1, "role": role,
            "base": "lxc-debian12-plain_r1", "artifact": null, "persist": [],
            "resources": {"cores": 2, "memory": 256, "disk": 5}
        }))
        .unwrap()
    }

    #[test]
    fn a_card_is_set_afresh() {
        let fixed = lxc_net(&network(true), Some([10, 0, 0, 12].into())).unwrap();
        assert_eq!(
            fixed.to_string(),
            "name=eth0,bridge=vmbr0,firewall=1,gw=10.0.0.1,ip=10.0.0.12/24,tag=7,type=veth"
        );
        let dhcp = lxc_net(&network(false), None).unwrap().to_string();
        assert!(dhcp.contains("ip=dhcp") && !dhcp.contains("gw="), "{dhcp}");
        let vm = ip_config(&network(true), Some([10, 0, 0, 12].into()));
        assert_eq!(vm.to_string(), "ip=10.0.0.12/24,gw=10.0.0.1");
    }

    #[test]
    fn what_serves_is_protected_and_comes_back_after_a_reboot() {
        let serve = lxc_guest(&spec("serve"), &network(false), None);
        assert_eq!((serve.onboot, serve.protection), (Some(true), Some(true)));
        assert_eq!((serve.memory, serve.swap), (Some(256), Some(256)));
        let build = lxc_guest(&spec("build"), &network(false), None);
        assert_eq!((build.onboot, build.protection), (Some(false), Some(false)));
        let mark = Mark::read(build.description.as_deref().unwrap());
        assert_eq!(mark, Some(Mark::of(&spec("build"))));
    }
}
