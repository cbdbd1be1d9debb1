//! The whole life of a container and of a VM.

use std::time::Duration;

use pve::{
    Agent, BootOrder, Client, Cloning, Conflict, Content, Disk, DiskSize, DiskSource, Feature,
    FirewallOptions, Guest, GuestKind, IpConfig, Kind, Policy, PortRule, QemuNet, Resize, SshKeys,
    Tags, TaskSource, Uploadable, Vmid, lxc, qemu,
};
use serde_json::json;

use super::cluster::{Cluster, container, done, node, wanted};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5mMbiFeo7cQ3H6YvQdJ8Qy7WfD5mYq0i0kXw6o1m+/ havre@host";

/// A container on a cluster of its own.
async fn born(test: &str) -> Option<(Cluster, Client, Guest)> {
    let cluster = Cluster::new(test, json!({})).await?;
    let client = cluster.client();
    let vmid = client.next_id().await.unwrap();
    done(
        &client,
        client.create_lxc(&node(), &wanted(vmid)).await.unwrap(),
    )
    .await;
    let guest = container(&client, vmid);
    Some((cluster, client, guest))
}

fn set(settings: lxc::Settings) -> lxc::Update {
    lxc::Update {
        settings,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_container_is_what_was_said() {
    let Some((_, _, guest)) = born("a_container_is_what_was_said").await else {
        return;
    };
    let config = guest.config().await.unwrap();
    assert_eq!(config.name(), Some("blog-7"));
    assert!(
        config
            .description()
            .contains("nonce=0123456789abcdef; ünd more"),
        "{config:?}"
    );
    assert_eq!(
        config.lxc_net(0).unwrap().unwrap().bridge.unwrap().as_str(),
        "vmbr0"
    );
    assert_eq!(
        config.rootfs().unwrap().unwrap().size,
        Some(DiskSize::gib(4))
    );
}

#[tokio::test]
async fn a_change_that_meets_another_one_is_refused() {
    let Some((_, _, guest)) = born("a_change_that_meets_another_one").await else {
        return;
    };
    let tags: Tags = "havre;blog".parse().unwrap();
    let digest = guest.config().await.unwrap().digest().map(str::to_owned);
    let update = lxc::Update {
        digest,
        ..set(lxc::Settings {
            tags: Some(tags.clone()),
            ..Default::default()
        })
    };
    guest.set_lxc(&update).await.unwrap();
    assert_eq!(guest.config().await.unwrap().tags(), tags);
    let stale = guest.set_lxc(&update).await.unwrap_err();
    assert_eq!(stale.kind(), &Kind::Conflict(Conflict::Changed), "{stale}");
}

#[tokio::test]
async fn a_container_starts_grows_and_shuts_down() {
    let Some((_, client, guest)) = born("a_container_starts_grows_and_shuts_down").await else {
        return;
    };
    done(&client, guest.start().await.unwrap()).await;
    assert!(guest.status().await.unwrap().is_running());
    let again = guest.start().await.unwrap_err();
    assert_eq!(
        again.kind(),
        &Kind::Conflict(Conflict::AlreadyRunning),
        "{again}"
    );
    let cards = guest.interfaces().await.unwrap();
    let ours =
        |address: &pve::Address| address.ip.to_string() == "10.1.2.3" && address.is_reachable();
    assert!(
        cards.iter().any(|card| card.addresses.iter().any(ours)),
        "{cards:?}"
    );
    let rootfs = "rootfs".parse().unwrap();
    done(
        &client,
        guest
            .resize(&rootfs, Resize::By(DiskSize::gib(1)))
            .await
            .unwrap(),
    )
    .await;
    let config = guest.config().await.unwrap();
    assert_eq!(
        config.rootfs().unwrap().unwrap().size,
        Some(DiskSize::gib(5))
    );
    done(
        &client,
        guest.shutdown(Duration::from_secs(30), true).await.unwrap(),
    )
    .await;
    assert!(!guest.status().await.unwrap().is_running());
}

#[tokio::test]
async fn a_protected_container_stays_and_another_goes_once() {
    let Some((cluster, client, guest)) = born("a_protected_container_stays").await else {
        return;
    };
    let protected = |on| {
        set(lxc::Settings {
            protection: Some(on),
            ..Default::default()
        })
    };
    guest.set_lxc(&protected(true)).await.unwrap();
    let refused = guest.destroy(true).await.unwrap_err();
    assert_eq!(
        refused.kind(),
        &Kind::Conflict(Conflict::Protected),
        "{refused}"
    );
    guest.set_lxc(&protected(false)).await.unwrap();
    done(&client, guest.destroy(true).await.unwrap()).await;
    assert!(guest.status().await.unwrap_err().is_guest_gone());
    assert!(guest.destroy(true).await.unwrap_err().is_guest_gone());
    assert_eq!(cluster.guests().await, json!({}));
}

#[tokio::test]
async fn a_base_becomes_a_template_and_its_copies_are_guests_of_their_own() {
    let Some(cluster) = Cluster::new("a_base_becomes_a_template", json!({})).await else {
        return;
    };
    let client = cluster.client();
    let (base, copy) = (Vmid::new(900).unwrap(), Vmid::new(901).unwrap());
    done(
        &client,
        client.create_lxc(&node(), &wanted(base)).await.unwrap(),
    )
    .await;
    let guest = container(&client, base);
    assert!(guest.can(Feature::Clone, None).await.is_ok());
    if let Some(upid) = guest.make_template().await.unwrap() {
        done(&client, upid).await;
    }
    assert!(guest.config().await.unwrap().is_template());

    let mut cloning = Cloning::to(copy);
    cloning.name = Some("blog-8".parse().unwrap());
    cloning.description = Some("nonce=8".to_owned());
    done(&client, guest.clone_to(&cloning).await.unwrap()).await;
    let taken = guest.clone_to(&cloning).await.unwrap_err();
    assert!(taken.is_taken() && taken.nothing_done(), "{taken}");
    let config = container(&client, copy).config().await.unwrap();
    assert_eq!(
        (
            config.name(),
            config.description().trim(),
            config.is_template()
        ),
        (Some("blog-8"), "nonce=8", false)
    );

    let guests = client.guests().await.unwrap();
    let seen: Vec<(u32, bool)> = guests
        .iter()
        .map(|guest| (guest.vmid.get(), guest.template))
        .collect();
    assert_eq!(seen, [(900, true), (901, false)]);
    let tasks = client
        .tasks_of(&node(), base, TaskSource::All)
        .await
        .unwrap();
    assert!(
        tasks
            .iter()
            .any(|task| task.upid.kind() == "vzclone" && !task.runs()),
        "{tasks:?}"
    );
}

#[tokio::test]
async fn a_snapshot_is_made_gone_back_to_and_deleted() {
    let Some(cluster) = Cluster::new("a_snapshot_is_made", json!({})).await else {
        return;
    };
    let client = cluster.client();
    done(
        &client,
        client
            .create_lxc(&node(), &wanted(Vmid::MIN))
            .await
            .unwrap(),
    )
    .await;
    let guest = container(&client, Vmid::MIN);
    let name = "before-v2".parse().unwrap();
    done(&client, guest.snapshot(&name, Some("x;y")).await.unwrap()).await;
    let more = lxc::Update {
        settings: lxc::Settings {
            memory: Some(1024),
            ..Default::default()
        },
        ..Default::default()
    };
    guest.set_lxc(&more).await.unwrap();
    let listed = guest.snapshots().await.unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|row| row.name.as_str())
            .collect::<Vec<_>>(),
        ["before-v2"]
    );
    done(&client, guest.rollback(&name, false).await.unwrap()).await;
    assert_eq!(guest.config().await.unwrap().text("memory"), Some("512"));
    done(&client, guest.delete_snapshot(&name, false).await.unwrap()).await;
    assert!(guest.snapshots().await.unwrap().is_empty());
}

/// A VM as the driver would make it.
fn vm(vmid: Vmid) -> qemu::Create {
    let mut create = qemu::Create::new(vmid);
    let settings = &mut create.settings;
    settings.name = Some("shop-1".parse().unwrap());
    settings.memory = Some(1024);
    settings.cores = Some(2);
    settings.cpu = Some("x86-64-v2-AES".parse().unwrap());
    settings.ostype = Some(qemu::OsType::L26);
    settings.scsihw = Some(qemu::ScsiHw::VirtioScsiSingle);
    let storage: pve::StorageId = "local-lvm".parse().unwrap();
    let mut disk = Disk::import(
        storage.clone(),
        "local:import/debian-12-genericcloud-amd64.qcow2"
            .parse()
            .unwrap(),
    );
    (disk.discard, disk.iothread) = (Some(true), Some(true));
    settings.scsi.insert(0, disk);
    settings
        .ide
        .insert(2, Disk::new(DiskSource::CloudInit(storage)));
    settings.boot = Some(BootOrder(vec!["scsi0".parse().unwrap()]));
    settings
        .nets
        .insert(0, QemuNet::new("vmbr0".parse().unwrap()));
    settings.serial0 = true;
    settings.vga = Some(qemu::Vga::Serial0);
    settings.agent = Some(Agent {
        enabled: true,
        other: Vec::new(),
    });
    settings.ciuser = Some("app".parse().unwrap());
    settings.sshkeys = Some(SshKeys(vec![KEY.parse().unwrap()]));
    settings.ciupgrade = Some(false);
    let ip = Some("10.1.2.4/24".parse().unwrap());
    settings.ipconfig.insert(
        0,
        IpConfig {
            ip,
            gw: Some("10.1.2.1".parse().unwrap()),
            ..Default::default()
        },
    );
    create
}

#[tokio::test]
async fn a_vm_lives_and_dies() {
    let Some(cluster) = Cluster::new("a_vm_lives_and_dies", json!({})).await else {
        return;
    };
    let client = cluster.client();
    done(
        &client,
        client.create_qemu(&node(), &vm(Vmid::MIN)).await.unwrap(),
    )
    .await;
    let guest = client.guest(GuestKind::Qemu, &node(), Vmid::MIN);
    let config = guest.config().await.unwrap();
    // What is shown is encoded once: the form's own encoding is gone.
    assert_eq!(
        config.text("sshkeys").unwrap(),
        KEY.replace(' ', "%20")
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('@', "%40")
    );
    assert_eq!(
        config.value::<IpConfig>("ipconfig0").unwrap().unwrap().ip,
        Some("10.1.2.4/24".parse().unwrap())
    );
    assert_eq!(
        config
            .qemu_net(0)
            .unwrap()
            .unwrap()
            .bridge
            .unwrap()
            .as_str(),
        "vmbr0"
    );
    assert!(
        matches!(
            config.disk("scsi0").unwrap().unwrap().source,
            DiskSource::Volume(_)
        ),
        "{config:?}"
    );
    done(
        &client,
        guest
            .resize(&"scsi0".parse().unwrap(), Resize::To(DiskSize::gib(20)))
            .await
            .unwrap(),
    )
    .await;
    done(&client, guest.start().await.unwrap()).await;
    assert!(guest.status().await.unwrap().is_running());
    assert!(!guest.agent_answers().await.unwrap());
    let running = guest.destroy(true).await.unwrap_err();
    assert_eq!(
        running.kind(),
        &pve::Kind::Conflict(pve::Conflict::AlreadyRunning),
        "{running}"
    );
    done(&client, guest.stop(true).await.unwrap()).await;
    guest
        .set_qemu(&qemu::Update {
            delete: vec!["ipconfig0".parse().unwrap()],
            ..Default::default()
        })
        .await
        .unwrap();
    assert_eq!(guest.config().await.unwrap().text("ipconfig0"), None);
    done(&client, guest.destroy(true).await.unwrap()).await;
    assert!(guest.config().await.unwrap_err().is_guest_gone());
    assert_eq!(cluster.guests().await, json!({}));
}

#[tokio::test]
async fn a_vm_becomes_a_template_and_is_copied() {
    let Some(cluster) = Cluster::new("a_vm_becomes_a_template", json!({})).await else {
        return;
    };
    let client = cluster.client();
    done(
        &client,
        client.create_qemu(&node(), &vm(Vmid::MIN)).await.unwrap(),
    )
    .await;
    let guest = client.guest(GuestKind::Qemu, &node(), Vmid::MIN);
    if let Some(upid) = guest.make_template().await.unwrap() {
        done(&client, upid).await;
    }
    let mut cloning = Cloning::to("101".parse().unwrap());
    cloning.name = Some("shop-2".parse().unwrap());
    done(&client, guest.clone_to(&cloning).await.unwrap()).await;
    let copy = client.guest(GuestKind::Qemu, &node(), "101".parse().unwrap());
    assert_eq!(copy.config().await.unwrap().name(), Some("shop-2"));
}

#[tokio::test]
async fn the_firewall_of_a_guest_opens_a_port() {
    let Some(cluster) = Cluster::new("the_firewall_of_a_guest", json!({})).await else {
        return;
    };
    let client = cluster.client();
    done(
        &client,
        client
            .create_lxc(&node(), &wanted(Vmid::MIN))
            .await
            .unwrap(),
    )
    .await;
    let guest = container(&client, Vmid::MIN);
    let options = FirewallOptions {
        enable: true,
        policy_in: Some(Policy::Drop),
        dhcp: Some(true),
        ..Default::default()
    };
    guest.set_firewall(&options).await.unwrap();
    let rule = PortRule {
        port: 8080,
        source: Some("10.0.0.0/8".parse().unwrap()),
        comment: "havre app".to_owned(),
    };
    guest.open_port(&rule).await.unwrap();
    assert!(guest.firewall().await.unwrap().enable);
    let rules = guest.rules().await.unwrap();
    assert!(
        rules[0].enable && rules[0].action == "ACCEPT" && rules[0].dport.as_deref() == Some("8080"),
        "{rules:?}"
    );
    guest
        .delete_rule(0, rules[0].digest.as_deref())
        .await
        .unwrap();
    assert!(guest.rules().await.unwrap().is_empty());
    assert!(!client.cluster_firewall().await.unwrap().enable);
}

#[tokio::test]
async fn files_are_put_on_a_storage_listed_and_deleted() {
    let Some(cluster) = Cluster::new("files_are_put_on_a_storage", json!({})).await else {
        return;
    };
    let client = cluster.client();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, &[7; 200_000]).unwrap();
    let (storage, name) = (
        "local".parse().unwrap(),
        "havre-base.tar.zst".parse().unwrap(),
    );
    let upid = client
        .upload(
            &node(),
            &storage,
            file.path(),
            &name,
            Uploadable::Vztmpl,
            None,
        )
        .await
        .unwrap();
    done(&client, upid).await;
    let listed = client
        .content(&node(), &storage, Some(Content::Vztmpl))
        .await
        .unwrap();
    let ours = listed
        .iter()
        .find(|row| row.volid.file() == "havre-base.tar.zst")
        .unwrap();
    if let Some(upid) = client.delete_content(&node(), &ours.volid).await.unwrap() {
        done(&client, upid).await;
    }
    let listed = client
        .content(&node(), &storage, Some(Content::Vztmpl))
        .await
        .unwrap();
    assert!(
        !listed
            .iter()
            .any(|row| row.volid.file() == "havre-base.tar.zst")
    );
}
