//! Every request of the client, with everything set that can be.

use std::collections::BTreeMap;
use std::time::Duration;

use pve::*;

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn node() -> NodeName {
    parsed("pve1")
}

pub async fn of_cluster(client: &Client) {
    client.version().await.unwrap();
    client.permissions(Some("/")).await.unwrap();
    client.cluster_status().await.unwrap();
    client.guests().await.unwrap();
    client.resources().await.unwrap();
    client.next_id().await.unwrap();
    client.is_free(Vmid::MIN).await.unwrap();
    client.cluster_options().await.unwrap();
    client.cluster_firewall().await.unwrap();
    client.nodes().await.unwrap();
    client.node_status(&node()).await.unwrap();
    client.bridges(&node()).await.unwrap();
    client
        .storages(&node(), Some(Content::Rootdir))
        .await
        .unwrap();
    client.appliances(&node()).await.unwrap();
    client.tasks(&node(), TaskSource::All, 10).await.unwrap();
    client
        .tasks_of(&node(), Vmid::MIN, TaskSource::Active)
        .await
        .unwrap();
    client.pools().await.unwrap();
    client.pool(&parsed("paas")).await.unwrap();
    client
        .create_pool(&parsed("paas"), "made by Havre")
        .await
        .unwrap();
    client
        .add_to_pool(&parsed("paas"), &[Vmid::MIN, parsed("101")], true)
        .await
        .unwrap();
    let upid: Upid = parsed("UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:havre@pve!deploy:");
    client.task_runs(&upid).await.unwrap();
    client.task_log(&upid).await.unwrap();
    client.abort_task(&upid).await.unwrap();
    of_storages(client).await;
}

async fn of_storages(client: &Client) {
    let storage: StorageId = parsed("local");
    let sum = Some((Checksum::Sha512, "ab".repeat(64)));
    client
        .download_appliance(&node(), &storage, &parsed("debian-12.tar.zst"))
        .await
        .unwrap();
    for content in Content::WORDS {
        client
            .content(&node(), &storage, Some(parsed(content)))
            .await
            .unwrap();
    }
    client
        .content_of(&node(), &storage, Vmid::MIN)
        .await
        .unwrap();
    client
        .delete_content(&node(), &parsed("local:import/a.qcow2"))
        .await
        .unwrap();
    for content in Uploadable::WORDS {
        let download = Download {
            url: parsed("https://example.org/a?b=c;d"),
            file: parsed("a.qcow2"),
            content: parsed(content),
            sum: sum.clone(),
        };
        client.download(&node(), &storage, &download).await.unwrap();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    client
        .upload(
            &node(),
            &storage,
            file.path(),
            &parsed("a.tar.zst"),
            Uploadable::Vztmpl,
            sum.as_ref(),
        )
        .await
        .unwrap();
}

pub async fn of_guest(client: &Client, kind: GuestKind) {
    let guest = client.guest(kind, &node(), Vmid::MIN);
    guest.status().await.unwrap();
    guest.config().await.unwrap();
    guest.running_config().await.unwrap();
    guest.pending().await.unwrap();
    for feature in Feature::WORDS {
        guest
            .can(parsed(feature), Some(&parsed("before")))
            .await
            .unwrap();
    }
    guest.start().await.unwrap();
    guest.stop(true).await.unwrap();
    guest.shutdown(Duration::from_secs(60), true).await.unwrap();
    guest.reboot(Duration::from_secs(60)).await.unwrap();
    guest.interfaces().await.unwrap();
    guest.agent_answers().await.unwrap();
    let disk = if kind == GuestKind::Lxc {
        "rootfs"
    } else {
        "scsi0"
    };
    guest
        .resize(&parsed(disk), Resize::To(DiskSize::gib(8)))
        .await
        .unwrap();
    guest.make_template().await.unwrap();
    guest.snapshots().await.unwrap();
    guest.snapshot(&parsed("before"), Some("x")).await.unwrap();
    guest
        .rollback(&parsed("before"), true)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    guest
        .delete_snapshot(&parsed("before"), true)
        .await
        .unwrap();
    guest
        .migrate(&parsed("pve2"), Some(&parsed("local")), true)
        .await
        .unwrap();
    guest.destroy(true).await.unwrap();
    guest.clone_to(&cloning()).await.unwrap();
    of_firewall(&guest).await;
}

fn cloning() -> Cloning {
    Cloning {
        newid: parsed("200"),
        name: Some(parsed("blog")),
        full: Some(true),
        storage: Some(parsed("local-zfs")),
        snapshot: Some(parsed("before")),
        pool: Some(parsed("paas")),
        target: Some(parsed("pve2")),
        description: Some("nonce".to_owned()),
    }
}

async fn of_firewall(guest: &Guest) {
    guest.firewall().await.unwrap();
    let options = FirewallOptions {
        enable: true,
        policy_in: Some(Policy::Drop),
        policy_out: Some(Policy::Reject),
        dhcp: Some(true),
        ndp: Some(true),
        ipfilter: Some(false),
        macfilter: Some(true),
        digest: Some("0".repeat(40)),
    };
    guest.set_firewall(&options).await.unwrap();
    guest.rules().await.unwrap();
    guest
        .open_port(&PortRule {
            port: 22,
            source: Some(parsed("10.0.0.0/8")),
            comment: "ours".to_owned(),
        })
        .await
        .unwrap();
    guest.delete_rule(0, Some("0")).await.unwrap();
}

fn lxc_settings() -> lxc::Settings {
    let mut net = LxcNet::new(parsed("eth0"), parsed("vmbr0"));
    net.hwaddr = Some(parsed("BC:24:11:00:00:01"));
    (net.ip, net.gw) = (Some(parsed("10.0.0.5/24")), Some(parsed("10.0.0.1")));
    (net.ip6, net.gw6) = (Some(parsed("fd00::5/64")), Some(parsed("fd00::1")));
    (net.tag, net.firewall, net.mtu) = (Some(7), Some(true), Some(1400));
    let mut mount = MountPoint::root(parsed("local-zfs"), 4);
    (mount.path, mount.size) = (Some("/data".to_owned()), Some(DiskSize::gib(4)));
    lxc::Settings {
        hostname: Some(parsed("blog")),
        cores: Some(2),
        cpulimit: Some(0.5),
        cpuunits: Some(100),
        memory: Some(512),
        swap: Some(0),
        features: Some(Features {
            nesting: true,
            other: Vec::new(),
        }),
        nameservers: vec![parsed("9.9.9.9")],
        searchdomain: Some(parsed("example.org")),
        timezone: Some(parsed("Europe/Vienna")),
        onboot: Some(true),
        startup: Some(Startup {
            order: Some(1),
            up: Some(2),
            down: Some(3),
        }),
        tags: Some(parsed("blog;havre")),
        description: Some("nonce".to_owned()),
        protection: Some(true),
        cmode: Some(lxc::CMode::Console),
        nets: BTreeMap::from([(0, net)]),
        mounts: BTreeMap::from([(0, mount)]),
        // Version 9 alone knows it, so it has a test of its own.
        env: None,
    }
}

pub async fn of_containers(client: &Client) {
    let mut create = lxc::Create::new(
        Vmid::MIN,
        parsed("local:vztmpl/a.tar.zst"),
        MountPoint::root(parsed("local-zfs"), 8),
    );
    create.ssh_keys = keys();
    create.pool = Some(parsed("paas"));
    create.start = true;
    create.settings = lxc_settings();
    client.create_lxc(&node(), &create).await.unwrap();
    let update = lxc::Update {
        settings: lxc_settings(),
        delete: vec![parsed("net1")],
        digest: Some("0".repeat(40)),
    };
    client
        .guest(GuestKind::Lxc, &node(), Vmid::MIN)
        .set_lxc(&update)
        .await
        .unwrap();
}

fn keys() -> SshKeys {
    SshKeys(vec![parsed(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5mMbiFeo7cQ3H6YvQdJ8Qy7WfD5mYq0i0kXw6o1m+/ a@b",
    )])
}

fn qemu_settings() -> qemu::Settings {
    let mut net = QemuNet::new(parsed("vmbr0"));
    net.mac = Some(parsed("BC:24:11:00:00:01"));
    (net.tag, net.firewall, net.mtu) = (Some(7), Some(true), Some(1400));
    let mut disk = Disk::import(parsed("local-zfs"), parsed("local:import/a.qcow2"));
    (disk.discard, disk.iothread, disk.ssd, disk.size) =
        (Some(true), Some(true), Some(true), Some(DiskSize::gib(4)));
    let ip = IpConfig {
        ip: Some(Ip4::Dhcp),
        ip6: Some(Ip6::Auto),
        ..Default::default()
    };
    qemu::Settings {
        name: Some(parsed("shop")),
        cores: Some(2),
        sockets: Some(1),
        cpu: Some(parsed("host")),
        cpulimit: Some(0.5),
        memory: Some(1024),
        balloon: Some(0),
        ostype: Some(qemu::OsType::L26),
        scsihw: Some(qemu::ScsiHw::VirtioScsiSingle),
        bios: Some(qemu::Bios::Ovmf),
        vga: Some(qemu::Vga::Serial0),
        serial0: true,
        agent: Some(Agent {
            enabled: true,
            other: Vec::new(),
        }),
        boot: Some(BootOrder(vec![parsed("scsi0"), parsed("ide2")])),
        scsi: BTreeMap::from([(0, disk)]),
        ide: BTreeMap::from([(2, Disk::new(DiskSource::CloudInit(parsed("local-zfs"))))]),
        nets: BTreeMap::from([(0, net)]),
        ipconfig: BTreeMap::from([(0, ip)]),
        ciuser: Some(parsed("app")),
        sshkeys: Some(keys()),
        ciupgrade: Some(false),
        nameservers: vec![parsed("9.9.9.9")],
        searchdomain: Some(parsed("example.org")),
        onboot: Some(true),
        startup: Some(Startup {
            order: Some(1),
            up: None,
            down: None,
        }),
        tags: Some(parsed("havre;shop")),
        description: Some("nonce".to_owned()),
        protection: Some(true),
    }
}

pub async fn of_vms(client: &Client) {
    let create = qemu::Create {
        vmid: Vmid::MIN,
        pool: Some(parsed("paas")),
        start: true,
        settings: qemu_settings(),
    };
    client.create_qemu(&node(), &create).await.unwrap();
    let update = qemu::Update {
        settings: qemu_settings(),
        delete: vec![parsed("net1")],
        digest: Some("0".repeat(40)),
    };
    let guest = client.guest(GuestKind::Qemu, &node(), Vmid::MIN);
    guest.set_qemu(&update).await.unwrap();
    guest.set_qemu_task(&update).await.unwrap();
    guest.cloudinit_pending().await.unwrap();
    guest.write_cloudinit().await.unwrap();
}
