//! What goes over the wire, byte for byte.

use std::collections::BTreeMap;
use std::time::Duration;

use pve::lxc::{Create, Env, Update};
use pve::{
    Cloning, Feature, Guest, GuestKind, Kind, LxcNet, MountPoint, Tags, TaskSource, Vmid, qemu,
};

use crate::fake::{Fake, Reply, SECRET, answer, data, until};

const UPID: &str = "\"UPID:pve1:0001A2B3:1234ABCDE:65F0A1B2:vzcreate:100:havre@pve!deploy:\"";

fn guest(fake: &Fake, kind: GuestKind) -> Guest {
    fake.client()
        .guest(kind, &"pve1".parse().unwrap(), Vmid::MIN)
}

#[tokio::test]
async fn a_token_goes_into_its_header_and_a_form_has_a_length() {
    let fake = Fake::start(|_, _| data(UPID)).await;
    guest(&fake, GuestKind::Lxc)
        .shutdown(Duration::from_secs(60), true)
        .await
        .unwrap();
    guest(&fake, GuestKind::Lxc).start().await.unwrap();
    let came = fake.came();
    assert_eq!(
        came[0].header("authorization"),
        Some(format!("PVEAPIToken=havre@pve!deploy={SECRET}").as_str())
    );
    assert_eq!(
        came[0].header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(came[0].text(), "timeout=60&forceStop=1");
    assert_eq!(came[0].header("content-length"), Some("22"));
    // An empty form has a length too: a body of unknown length is refused.
    assert_eq!(
        (came[1].line().as_str(), came[1].header("content-length")),
        ("POST /nodes/pve1/lxc/100/status/start", Some("0"))
    );
    assert!(
        came.iter()
            .all(|came| came.header("transfer-encoding").is_none())
    );
}

#[tokio::test]
async fn reads_and_deletes_have_no_body() {
    let fake = Fake::start(|came, _| {
        if came.method == "GET" {
            data("[]")
        } else {
            data(UPID)
        }
    })
    .await;
    let client = fake.client();
    client
        .tasks_of(&"pve1".parse().unwrap(), Vmid::MIN, TaskSource::Active)
        .await
        .unwrap();
    guest(&fake, GuestKind::Lxc).destroy(true).await.unwrap();
    guest(&fake, GuestKind::Qemu).destroy(true).await.unwrap();
    let lines = [
        "GET /nodes/pve1/tasks?vmid=100&source=active&limit=50",
        "DELETE /nodes/pve1/lxc/100?purge=1&destroy-unreferenced-disks=1&force=1",
        // A VM cannot be destroyed with force.
        "DELETE /nodes/pve1/qemu/100?purge=1&destroy-unreferenced-disks=1",
    ];
    assert_eq!(fake.lines(), lines);
    assert!(fake.came().iter().all(
        |came| came.header("content-length").is_none() && came.header("content-type").is_none()
    ));
}

#[tokio::test]
async fn a_container_is_created_with_what_was_said() {
    let fake = Fake::start(|_, _| data(UPID)).await;
    let template = "local:vztmpl/debian-12.tar.zst".parse().unwrap();
    let mut create = Create::new(
        Vmid::MIN,
        template,
        MountPoint::root("local-zfs".parse().unwrap(), 8),
    );
    create.pool = Some("paas".parse().unwrap());
    create.settings.description = Some("nonce 1;2".to_owned());
    create.settings.nameservers = vec!["9.9.9.9".parse().unwrap(), "2620:fe::fe".parse().unwrap()];
    create.settings.nets = BTreeMap::from([(
        0,
        LxcNet::new("eth0".parse().unwrap(), "vmbr0".parse().unwrap()),
    )]);
    let upid = fake
        .client()
        .create_lxc(&"pve1".parse().unwrap(), &create)
        .await
        .unwrap();
    assert_eq!((upid.kind(), upid.vmid()), ("vzcreate", Some(Vmid::MIN)));
    assert_eq!(
        fake.came()[0].text(),
        "vmid=100&ostemplate=local%3Avztmpl%2Fdebian-12.tar.zst&rootfs=local-zfs%3A8&unprivileged=1&pool=paas\
         &nameserver=9.9.9.9%202620%3Afe%3A%3Afe&description=nonce%201%3B2&net0=name%3Deth0%2Cbridge%3Dvmbr0%2Ctype%3Dveth"
    );
}

#[tokio::test]
async fn a_copy_has_its_name_under_the_kinds_own_key() {
    let fake = Fake::start(|_, _| data(UPID)).await;
    let mut cloning = Cloning::to("200".parse().unwrap());
    cloning.name = Some("blog".parse().unwrap());
    cloning.full = Some(true);
    guest(&fake, GuestKind::Lxc)
        .clone_to(&cloning)
        .await
        .unwrap();
    guest(&fake, GuestKind::Qemu)
        .clone_to(&cloning)
        .await
        .unwrap();
    let bodies: Vec<String> = fake.came().iter().map(|came| came.text()).collect();
    assert_eq!(
        bodies,
        [
            "newid=200&hostname=blog&full=1",
            "newid=200&name=blog&full=1"
        ]
    );
}

#[tokio::test]
async fn tags_are_one_parameter() {
    let fake = Fake::start(|_, _| data("null")).await;
    let tags: Tags = "blog;havre".parse().unwrap();
    let update = Update {
        settings: pve::lxc::Settings {
            tags: Some(tags.clone()),
            ..Default::default()
        },
        ..Update::default()
    };
    guest(&fake, GuestKind::Lxc).set_lxc(&update).await.unwrap();
    let update = qemu::Update {
        settings: qemu::Settings {
            tags: Some(tags),
            ..Default::default()
        },
        ..Default::default()
    };
    guest(&fake, GuestKind::Qemu)
        .set_qemu(&update)
        .await
        .unwrap();
    assert!(
        fake.came()
            .iter()
            .all(|came| came.method == "PUT" && came.text() == "tags=blog%3Bhavre")
    );
}

#[tokio::test]
async fn a_guest_of_the_other_kind_is_not_asked() {
    let fake = Fake::start(|_, _| data("null")).await;
    assert!(
        guest(&fake, GuestKind::Qemu)
            .set_lxc(&Update::default())
            .await
            .unwrap_err()
            .nothing_done()
    );
    assert!(
        guest(&fake, GuestKind::Lxc)
            .set_qemu(&qemu::Update::default())
            .await
            .unwrap_err()
            .nothing_done()
    );
    assert!(!guest(&fake, GuestKind::Lxc).agent_answers().await.unwrap());
    assert!(fake.came().is_empty());
}

#[tokio::test]
async fn an_option_of_nine_is_not_sent_to_eight() {
    let env = Some(Env::new(BTreeMap::from([("PORT".to_owned(), "80".to_owned())])).unwrap());
    let update = Update {
        settings: pve::lxc::Settings {
            env,
            ..Default::default()
        },
        ..Update::default()
    };
    let eight =
        Fake::start(|_, _| data(r#"{"version":"8.4.14","release":"8.4","repoid":"x"}"#)).await;
    let error = guest(&eight, GuestKind::Lxc)
        .set_lxc(&update)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.nothing_done()),
        (&Kind::NotThere, true)
    );
    assert!(error.to_string().contains("8.4.14"), "{error}");
    assert_eq!(eight.lines(), ["GET /version"]);

    let nine = Fake::start(|_, _| data(r#"{"version":"9.1.9","release":"9.1"}"#)).await;
    let guest = guest(&nine, GuestKind::Lxc);
    guest.set_lxc(&update).await.unwrap();
    guest.set_lxc(&update).await.unwrap();
    // The version is asked for once.
    assert_eq!(
        nine.lines(),
        [
            "GET /version",
            "PUT /nodes/pve1/lxc/100/config",
            "PUT /nodes/pve1/lxc/100/config"
        ]
    );
    assert_eq!(nine.came()[1].text(), "env=PORT%3D80");
}

#[tokio::test]
async fn addresses_are_read_as_new_and_old_nodes_write_them() {
    let newer = r#"[{"name":"lo","hwaddr":"00:00:00:00:00:00","ip-addresses":[{"ip-address":"127.0.0.1","ip-address-type":"inet","prefix":"8"}]},
        {"name":"eth0","hwaddr":"bc:24:11:00:00:01","inet":"10.0.0.5/24","inet6":"fe80::1/64",
         "ip-addresses":[{"ip-address":"10.0.0.5","ip-address-type":"inet","prefix":"24"},{"ip-address":"fe80::1","prefix":64},{"ip-address":"junk"}]}]"#;
    let older = r#"[{"name":"eth0","hwaddr":"bc:24:11:00:00:01","inet":"10.0.0.5/24"}]"#;
    let agent = format!(r#"{{"result":{newer}}}"#);
    for (kind, body) in [
        (GuestKind::Lxc, newer),
        (GuestKind::Lxc, older),
        (GuestKind::Qemu, agent.as_str()),
    ] {
        let body = body.to_owned();
        let fake = Fake::start(move |_, _| data(&body)).await;
        let found = guest(&fake, kind).interfaces().await.unwrap();
        let eth0 = found.iter().find(|card| card.name == "eth0").unwrap();
        let reachable: Vec<String> = eth0
            .addresses
            .iter()
            .filter(|a| a.is_reachable())
            .map(|a| format!("{}/{:?}", a.ip, a.bits))
            .collect();
        assert_eq!(reachable, ["10.0.0.5/Some(24)"]);
        assert_eq!(eth0.mac.as_deref(), Some("BC:24:11:00:00:01"));
    }
    for kind in [GuestKind::Lxc, GuestKind::Qemu] {
        let fake = Fake::start(|_, _| data("null")).await;
        assert!(guest(&fake, kind).interfaces().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_a_storage_can_is_a_yes_or_a_no() {
    let fake = Fake::start(|came, _| {
        if came.target.contains("=clone") {
            data(r#"{"hasFeature":1}"#)
        } else {
            data(r#"{"hasFeature":""}"#)
        }
    })
    .await;
    let guest = guest(&fake, GuestKind::Lxc);
    assert!(guest.can(Feature::Clone, None).await.unwrap());
    assert!(
        !guest
            .can(Feature::Snapshot, Some(&"before".parse().unwrap()))
            .await
            .unwrap()
    );
    assert_eq!(
        fake.lines()[1],
        "GET /nodes/pve1/lxc/100/feature?feature=snapshot&snapname=before"
    );
}

#[tokio::test]
async fn a_number_is_free_or_taken() {
    let taken = r#"{"data":null,"message":"Parameter verification failed.\n","errors":{"vmid":"VM 101 already exists"}}"#;
    let fake = Fake::start(move |came, _| match came.target.ends_with("vmid=100") {
        true => data("\"100\""),
        false => Reply::Bytes(answer(400, "Parameter verification failed.", taken)),
    })
    .await;
    let client = fake.client();
    assert!(client.is_free(Vmid::MIN).await.unwrap());
    assert!(!client.is_free("101".parse().unwrap()).await.unwrap());
}

#[tokio::test]
async fn the_privileges_are_read_by_path() {
    let fake = Fake::start(|_, _| {
        data(r#"{"/storage/local":{"Datastore.Audit":1,"Datastore.AllocateSpace":1},"/":{}}"#)
    })
    .await;
    let has = fake
        .client()
        .permissions(Some("/storage/local"))
        .await
        .unwrap();
    assert!(has.has("/storage/local", "Datastore.Audit") && !has.has("/", "Datastore.Audit"));
    assert_eq!(
        fake.lines(),
        ["GET /access/permissions?path=%2Fstorage%2Flocal"]
    );
}

#[tokio::test]
async fn the_cluster_tells_its_quorum_and_a_single_node_always_has_it() {
    let rows = r#"[{"type":"cluster","id":"cluster","name":"lab","quorate":"0","nodes":2},{"type":"node","name":"pve1","online":1,"id":"node/pve1"},{"type":"node","name":"pve2","online":0}]"#;
    let fake = Fake::start(move |_, before| {
        if before == 0 {
            data(rows)
        } else {
            data(r#"[{"type":"node","name":"pve","online":true}]"#)
        }
    })
    .await;
    let client = fake.client();
    let status = client.cluster_status().await.unwrap();
    assert_eq!(
        (status.name.as_deref(), status.quorate, status.nodes.len()),
        (Some("lab"), false, 2)
    );
    assert!(status.nodes[0].1 && !status.nodes[1].1);
    assert!(client.cluster_status().await.unwrap().quorate);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed() {
    let fake = Fake::start(|_, _| Reply::Held(answer(200, "OK", "{\"data\":[]}"))).await;
    let client = fake.client();
    let asking: Vec<_> = (0..12)
        .map(|_| {
            tokio::spawn({
                let client = client.clone();
                async move { client.nodes().await }
            })
        })
        .collect();
    until("four at once", || fake.at_once() == 4).await;
    fake.let_through(12);
    for one in asking {
        one.await.unwrap().unwrap();
    }
    assert_eq!((fake.most_at_once(), fake.came().len()), (4, 12));
}

#[tokio::test]
async fn one_at_a_time_has_its_turn_on_a_storage() {
    let fake = Fake::start(|_, _| data("null")).await;
    let client = fake.client();
    let (a, b) = ("local".parse().unwrap(), "other".parse().unwrap());
    let first = client.storage_turn(&a).await.unwrap();
    let _beside = client.storage_turn(&b).await.unwrap();
    let waiting = tokio::spawn({
        let (client, a) = (client.clone(), a.clone());
        async move { client.storage_turn(&a).await.map(drop) }
    });
    tokio::task::yield_now().await;
    // A queue that is asked for meanwhile forgets none that somebody stands in.
    drop(
        client
            .storage_turn(&"third".parse().unwrap())
            .await
            .unwrap(),
    );
    assert!(!waiting.is_finished());
    drop(first);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_pool_is_found_by_its_name() {
    let fake = Fake::start(|_, _| data(r#"[{"poolid":"paas/a","members":[{"id":"lxc/100","type":"lxc","vmid":"100","node":"pve1"}]}]"#)).await;
    let pool = fake
        .client()
        .pool(&"paas/a".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(pool.members[0].vmid, Some(Vmid::MIN));
    assert_eq!(fake.lines(), ["GET /pools?poolid=paas%2Fa"]);
    assert!(matches!(
        fake.client()
            .pool(&"paas/b".parse().unwrap())
            .await
            .unwrap_err()
            .kind(),
        Kind::Gone(_)
    ));
}
