//! Lists of options: written and read again they are the same, and only declared keys are written.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::option::of;
use proptest::prelude::*;
use rstest::rstest;

use crate::names::{Bridge, StorageId, Volid};
use crate::props::*;
use crate::route::Key;

fn bridge() -> impl Strategy<Value = Bridge> {
    "[a-z][a-z0-9_.-]{0,12}".prop_map(|text| text.parse().unwrap())
}

fn storage() -> impl Strategy<Value = StorageId> {
    "[a-z][a-z0-9_.-]{0,8}[a-z0-9]".prop_map(|text| text.parse().unwrap())
}

fn volume() -> impl Strategy<Value = Volid> {
    // A number behind the colon is a new volume's size.
    (storage(), "[a-z][a-z0-9/._-]{0,20}[a-z0-9]")
        .prop_filter_map("folders", |(storage, name)| Volid::new(storage, &name).ok())
        .prop_filter("cloud-init", |volume| volume.name() != "cloudinit")
}

fn source() -> impl Strategy<Value = DiskSource> {
    prop_oneof![
        (storage(), any::<u32>()).prop_map(|(storage, gib)| DiskSource::New { storage, gib }),
        volume().prop_map(DiskSource::Volume),
        storage().prop_map(DiskSource::CloudInit),
        Just(DiskSource::Empty),
    ]
}

fn mac() -> impl Strategy<Value = Mac> {
    any::<[u8; 6]>().prop_map(|bytes| {
        bytes
            .map(|byte| format!("{byte:02x}"))
            .join(":")
            .parse()
            .unwrap()
    })
}

fn ip4() -> impl Strategy<Value = Ip4> {
    let fixed =
        (any::<u32>(), 1..=32u8).prop_map(|(ip, bits)| Ip4::Fixed(Ipv4Addr::from(ip), bits));
    prop_oneof![Just(Ip4::Dhcp), Just(Ip4::Manual), fixed]
}

fn ip6() -> impl Strategy<Value = Ip6> {
    let fixed =
        (any::<u128>(), 1..=128u8).prop_map(|(ip, bits)| Ip6::Fixed(Ipv6Addr::from(ip), bits));
    prop_oneof![Just(Ip6::Dhcp), Just(Ip6::Auto), Just(Ip6::Manual), fixed]
}

fn size() -> impl Strategy<Value = DiskSize> {
    prop_oneof![
        any::<u32>().prop_map(DiskSize::gib),
        (0..1u64 << 50).prop_map(DiskSize::bytes)
    ]
}

fn other() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("x[a-z-]{1,8}", "[a-zA-Z0-9./:;_-]{0,12}"), 0..3)
}

fn lxc_net() -> impl Strategy<Value = LxcNet> {
    let addresses = (
        of(ip4()),
        of(any::<u32>().prop_map(Ipv4Addr::from)),
        of(ip6()),
        of(any::<u128>().prop_map(Ipv6Addr::from)),
    );
    let rest = (
        of(mac()),
        of(1..4095u16),
        of(any::<bool>()),
        of(64..9000u16),
        other(),
    );
    (bridge(), of(bridge()), addresses, rest).prop_map(
        |(name, bridge, (ip, gw, ip6, gw6), (hwaddr, tag, firewall, mtu, other))| LxcNet {
            name,
            bridge,
            hwaddr,
            ip,
            gw,
            ip6,
            gw6,
            tag,
            firewall,
            mtu,
            other,
        },
    )
}

fn qemu_net() -> impl Strategy<Value = QemuNet> {
    let model = prop::sample::select(NetModel::WORDS).prop_map(|word| word.parse().unwrap());
    let rest = (of(1..4095u16), of(any::<bool>()), of(1..9000u16), other());
    (model, of(mac()), of(bridge()), rest).prop_map(
        |(model, mac, bridge, (tag, firewall, mtu, other))| QemuNet {
            model,
            mac,
            bridge,
            tag,
            firewall,
            mtu,
            other,
        },
    )
}

fn disk() -> impl Strategy<Value = Disk> {
    let flags = (
        of(any::<bool>()),
        of(any::<bool>()),
        of(any::<bool>()),
        any::<bool>(),
    );
    (source(), of(volume()), flags, of(size()), other()).prop_map(
        |(source, import_from, (discard, iothread, ssd, cdrom), size, other)| Disk {
            source,
            import_from,
            discard,
            iothread,
            ssd,
            cdrom,
            size,
            other,
        },
    )
}

fn mount() -> impl Strategy<Value = MountPoint> {
    (source(), of("/[a-z/]{0,12}"), of(size()), other()).prop_map(|(volume, path, size, other)| {
        MountPoint {
            volume,
            path,
            size,
            other,
        }
    })
}

/// The keys of a written list that are not declared, those of `other` aside.
fn undeclared(written: &str, declared: &[Key], others: &[(String, String)]) -> Vec<String> {
    let keys = written
        .split(',')
        .filter_map(|part| part.split_once('='))
        .map(|(key, _)| key.to_owned());
    let known = |key: &String| {
        declared.iter().any(|(name, _)| name == key) || others.iter().any(|(name, _)| name == key)
    };
    keys.filter(|key| !known(key)).collect()
}

proptest! {
    #[test]
    fn a_containers_card_comes_back(net in lxc_net()) {
        let written = net.to_string();
        prop_assert_eq!(undeclared(&written, LxcNet::KEYS, &net.other), Vec::<String>::new());
        prop_assert_eq!(written.parse::<LxcNet>().unwrap(), net);
    }

    #[test]
    fn a_vms_card_comes_back(net in qemu_net()) {
        let written = net.to_string();
        // The model is a key of its own: `virtio=MAC`.
        let keys: Vec<Key> = QemuNet::KEYS.iter().copied().chain(NetModel::WORDS.iter().map(|word| (*word, &[][..]))).collect();
        prop_assert_eq!(undeclared(&written, &keys, &net.other), Vec::<String>::new());
        prop_assert_eq!(written.parse::<QemuNet>().unwrap(), net);
    }

    #[test]
    fn a_disk_comes_back(disk in disk()) {
        let written = disk.to_string();
        prop_assert_eq!(undeclared(&written, Disk::KEYS, &disk.other), Vec::<String>::new());
        prop_assert_eq!(written.parse::<Disk>().unwrap(), disk);
    }

    #[test]
    fn a_mount_comes_back(mount in mount()) {
        let written = mount.to_string();
        prop_assert_eq!(undeclared(&written, MountPoint::KEYS, &mount.other), Vec::<String>::new());
        prop_assert_eq!(written.parse::<MountPoint>().unwrap(), mount);
    }

    #[test]
    fn addresses_come_back(ip in of(ip4()), gw in of(any::<u32>()), ip6 in of(ip6()), gw6 in of(any::<u128>())) {
        let config = IpConfig { ip, gw: gw.map(Ipv4Addr::from), ip6, gw6: gw6.map(Ipv6Addr::from) };
        prop_assert_eq!(config.to_string().parse::<IpConfig>().unwrap(), config);
    }

    #[test]
    fn sizes_come_back(size in size()) {
        prop_assert_eq!(size.to_string().parse::<DiskSize>().unwrap(), size);
    }

    #[test]
    fn small_ones_come_back(nesting: bool, enabled: bool, order in of(any::<u32>()), up in of(any::<u32>()), other in other()) {
        let features = Features { nesting, other: other.clone() };
        prop_assert_eq!(features.to_string().parse::<Features>().unwrap(), features);
        let agent = Agent { enabled, other };
        prop_assert_eq!(agent.to_string().parse::<Agent>().unwrap(), agent);
        let startup = Startup { order, up, down: None };
        prop_assert_eq!(startup.to_string().parse::<Startup>().unwrap(), startup);
    }

    #[test]
    fn nothing_panics(text in ".{0,80}") {
        let _ = (text.parse::<LxcNet>(), text.parse::<QemuNet>(), text.parse::<Disk>(), text.parse::<MountPoint>());
        let _ = (text.parse::<DiskSize>(), text.parse::<Agent>(), text.parse::<BootOrder>(), text.parse::<Startup>());
    }
}

#[rstest]
#[case("virtio=BC:24:11:AA:BB:CC,bridge=vmbr0,firewall=1")]
#[case("virtio,bridge=vmbr0")]
#[case("model=virtio,macaddr=BC:24:11:AA:BB:CC,bridge=vmbr0,queues=4")]
fn a_vms_card_is_read_in_every_way_it_is_written(#[case] text: &str) {
    let net: QemuNet = text.parse().unwrap();
    assert_eq!(
        (net.model, net.bridge.unwrap().as_str()),
        (NetModel::Virtio, "vmbr0")
    );
    assert_eq!(net.mac.is_some(), text.contains("BC:24"));
}

#[rstest]
#[case("8G", 8 << 30)]
#[case("0T", 0)]
#[case("512M", 512 << 20)]
#[case("1.5G", 3 << 29)]
#[case("1024", 1024)]
fn a_size_is_read(#[case] text: &str, #[case] bytes: u64) {
    assert_eq!(text.parse::<DiskSize>().unwrap().get(), bytes);
}

#[rstest]
#[case("")]
#[case("G")]
#[case("-1G")]
#[case("8P")]
#[case("99999999999999999999T")]
fn what_is_no_size_is_refused(#[case] text: &str) {
    assert!(text.parse::<DiskSize>().is_err());
}

#[test]
fn what_the_driver_writes_looks_as_the_api_wants_it() {
    let storage: StorageId = "local-zfs".parse().unwrap();
    assert_eq!(
        MountPoint::root(storage.clone(), 8).to_string(),
        "local-zfs:8"
    );
    let mut disk = Disk::import(
        storage.clone(),
        "local:import/debian-12.qcow2".parse().unwrap(),
    );
    disk.discard = Some(true);
    disk.iothread = Some(true);
    assert_eq!(
        disk.to_string(),
        "local-zfs:0,import-from=local:import/debian-12.qcow2,discard=on,iothread=1"
    );
    assert_eq!(
        Disk::new(DiskSource::CloudInit(storage)).to_string(),
        "local-zfs:cloudinit"
    );
    assert_eq!(Resize::By(DiskSize::gib(2)).to_string(), "+2G");
    assert_eq!(
        BootOrder(vec!["scsi0".parse().unwrap(), "ide2".parse().unwrap()]).to_string(),
        "order=scsi0;ide2"
    );
    let mut net = LxcNet::new("eth0".parse().unwrap(), "vmbr0".parse().unwrap());
    net.ip = Some("10.0.0.5/24".parse().unwrap());
    net.gw = Some(Ipv4Addr::new(10, 0, 0, 1));
    net.firewall = Some(true);
    assert_eq!(
        net.to_string(),
        "name=eth0,bridge=vmbr0,firewall=1,gw=10.0.0.1,ip=10.0.0.5/24,type=veth"
    );
}

#[test]
fn a_list_that_is_none_says_where() {
    let error = "name=eth0,what".parse::<LxcNet>().unwrap_err();
    assert_eq!(error.key, "what");
    assert!("bridge=vmbr0".parse::<LxcNet>().is_err() && "".parse::<Disk>().is_err());
}

#[test]
fn a_value_that_would_part_the_list_is_never_sent() {
    let mut mount = MountPoint::root("local".parse().unwrap(), 1);
    mount.path = Some("/data,ro=0".to_owned());
    let node: crate::NodeName = "pve1".parse().unwrap();
    let call = crate::call::Call::new(&crate::routes::LXC_CREATE)
        .at(&node)
        .set("mp0", &mount);
    assert!(call.check().is_err());
    mount.path = Some("/data".to_owned());
    let call = crate::call::Call::new(&crate::routes::LXC_CREATE)
        .at(&node)
        .set("mp0", &mount);
    assert!(call.check().is_ok());
    let other = vec![("fuse=1,x".to_owned(), "1".to_owned())];
    let call = crate::call::Call::new(&crate::routes::LXC_CREATE)
        .at(&node)
        .set(
            "features",
            Features {
                nesting: true,
                other,
            },
        );
    assert!(call.check().is_err());
}

#[test]
fn a_variable_is_one_variable() {
    use crate::api::lxc::Env;
    let env = |name: &str, value: &str| {
        Env::new(std::collections::BTreeMap::from([(
            name.to_owned(),
            value.to_owned(),
        )]))
    };
    assert!(env("A_1", "x y\tz=;").is_ok());
    for (name, value) in [
        ("A", "x\0B=y"),
        ("A", "x\ny"),
        ("A B", "x"),
        ("", "x"),
        ("A=B", "x"),
    ] {
        assert!(env(name, value).is_err());
    }
}
