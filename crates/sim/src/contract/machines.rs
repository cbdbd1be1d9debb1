//! What a notebook of machines owes the driver of a cluster.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Claim, ClusterRow, Machine, MachineKind, Machines};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Claims that are made at once.
const TASKS: u32 = 16;
const CLUSTER: &str = "pve";

/// A notebook under test.
#[async_trait]
pub trait Rig: Send + Sync {
    /// The notebook as this server has it: 0 or 1. Where only one server is possible both are the same.
    fn server(&self, number: usize) -> Arc<dyn Machines>;

    /// Time passes, for all servers.
    async fn pass(&self, time: Duration);
}

fn claim(owner: &str, first: u32, last: u32) -> Claim {
    Claim {
        owner: owner.to_owned(),
        cluster: CLUSTER.to_owned(),
        kind: MachineKind::Guest,
        range: first..=last,
        avoid: Vec::new(),
        details: json!({ "node": "pve1" }),
    }
}

async fn claimed(book: &dyn Machines, claim: &Claim) -> Machine {
    let found = book.machine_claimed(claim).await.unwrap();
    found.expect("there is a free number")
}

/// Runs the whole suite; each part leaves owners and numbers of its own.
pub async fn all(rig: &dyn Rig) {
    one_owner_has_one_number(rig).await;
    claims_at_once_are_unique(rig).await;
    what_is_avoided_is_given_to_nobody(rig).await;
    a_full_range_gives_none(rig).await;
    details_are_compared_before_they_are_set(rig).await;
    one_holds_until_it_lets_go_or_time_is_over(rig).await;
    pages_are_in_the_order_of_owners(rig).await;
    settings_come_back_as_they_were(rig).await;
}

/// Asked again, the same; from another server too; gone, the number is free.
pub async fn one_owner_has_one_number(rig: &dyn Rig) {
    let (a, b) = (rig.server(0), rig.server(1));
    let first = claimed(&*a, &claim("one-a", 1000, 1009)).await;
    assert_eq!((first.vmid, first.revision), (1000, 1));
    assert_eq!(claimed(&*b, &claim("one-a", 1000, 1009)).await, first);
    assert_eq!(claimed(&*b, &claim("one-b", 1000, 1009)).await.vmid, 1001);
    assert_eq!(a.machine("one-b").await.unwrap().unwrap().vmid, 1001);
    let elsewhere = Claim {
        cluster: "other".to_owned(),
        ..claim("one-c", 1000, 1009)
    };
    assert_eq!(
        claimed(&*a, &elsewhere).await.vmid,
        1000,
        "of another cluster"
    );
    a.machine_erased("one-a").await.unwrap();
    a.machine_erased("one-a").await.unwrap();
    assert_eq!(b.machine("one-a").await.unwrap(), None);
    assert_eq!(claimed(&*b, &claim("one-d", 1000, 1009)).await.vmid, 1000);
}

/// Sixteen tasks on two servers: every number once, the lowest ones, and nobody is refused.
pub async fn claims_at_once_are_unique(rig: &dyn Rig) {
    let gate = Arc::new(Barrier::new(TASKS as usize));
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        let (gate, book) = (gate.clone(), rig.server(number as usize % 2));
        tasks.spawn(async move {
            gate.wait().await;
            // Two tasks ask for each owner: both get its one number.
            let owner = format!("race-{}", number / 2);
            claimed(&*book, &claim(&owner, 2000, 2100)).await
        });
    }
    let machines = tasks.join_all().await;
    let pairs: BTreeSet<(String, u32)> = machines
        .into_iter()
        .map(|machine| (machine.owner, machine.vmid))
        .collect();
    let numbers: BTreeSet<u32> = pairs.iter().map(|(_, vmid)| *vmid).collect();
    assert_eq!(
        pairs.len(),
        TASKS as usize / 2,
        "an owner has one: {pairs:?}"
    );
    assert_eq!(numbers, (2000..2000 + TASKS / 2).collect());
}

/// A number that was found to be somebody else's is replaced, and what is known stays.
pub async fn what_is_avoided_is_given_to_nobody(rig: &dyn Rig) {
    let book = rig.server(0);
    let first = claimed(&*book, &claim("avoid-a", 3000, 3009)).await;
    let again = Claim {
        avoid: vec![3000, 3001],
        details: json!({ "other": true }),
        ..claim("avoid-a", 3000, 3009)
    };
    let moved = claimed(&*book, &again).await;
    assert_eq!((moved.vmid, &moved.details), (3002, &first.details));
    assert!(
        moved.revision > first.revision,
        "whoever read it before must read it again"
    );
    assert!(!book.machine_noted(&first).await.unwrap());
    assert_eq!(
        claimed(&*book, &again).await,
        moved,
        "asked again, it stays"
    );
    assert_eq!(
        claimed(&*book, &claim("avoid-b", 3000, 3009)).await.vmid,
        3000
    );
}

/// No number is left: none, and nothing is written; one that has a number keeps it.
pub async fn a_full_range_gives_none(rig: &dyn Rig) {
    let book = rig.server(0);
    for number in 0..3 {
        claimed(&*book, &claim(&format!("full-{number}"), 4000, 4002)).await;
    }
    let more = claim("full-3", 4000, 4002);
    assert_eq!(book.machine_claimed(&more).await.unwrap(), None);
    assert_eq!(book.machine("full-3").await.unwrap(), None);
    assert_eq!(
        claimed(&*book, &claim("full-1", 4000, 4002)).await.vmid,
        4001
    );
    let nowhere = Claim {
        avoid: vec![4001],
        ..claim("full-1", 4000, 4002)
    };
    assert_eq!(book.machine_claimed(&nowhere).await.unwrap(), None);
    assert_eq!(book.machine("full-1").await.unwrap().unwrap().vmid, 4001);
    book.machine_erased("full-1").await.unwrap();
    assert_eq!(claimed(&*book, &more).await.vmid, 4001);
}

/// Of two that read the same revision, one writes.
pub async fn details_are_compared_before_they_are_set(rig: &dyn Rig) {
    let (a, b) = (rig.server(0), rig.server(1));
    let read = claimed(&*a, &claim("noted", 5000, 5009)).await;
    let with = |details| Machine {
        details,
        ..read.clone()
    };
    assert!(
        a.machine_noted(&with(json!({ "ip": "10.0.0.7" })))
            .await
            .unwrap()
    );
    assert!(
        !b.machine_noted(&with(json!({ "ip": "10.0.0.8" })))
            .await
            .unwrap()
    );
    let now = b.machine("noted").await.unwrap().unwrap();
    assert_eq!(now.details, json!({ "ip": "10.0.0.7" }));
    assert!(b.machine_noted(&now).await.unwrap());
    let gone = Machine {
        owner: "nobody".to_owned(),
        ..now
    };
    assert!(!a.machine_noted(&gone).await.unwrap());
    assert_eq!(a.machine("nobody").await.unwrap(), None);
}

/// A hold keeps others out; its holder prolongs it; it ends by itself.
pub async fn one_holds_until_it_lets_go_or_time_is_over(rig: &dyn Rig) {
    let (a, b) = (rig.server(0), rig.server(1));
    let minute = Duration::from_secs(60);
    assert!(
        !a.machine_held("held", "x", minute).await.unwrap(),
        "there is no such machine"
    );
    claimed(&*a, &claim("held", 6000, 6009)).await;
    assert!(a.machine_held("held", "x", minute).await.unwrap());
    assert!(!b.machine_held("held", "y", minute).await.unwrap());
    b.machine_let_go("held", "y").await.unwrap();
    assert!(
        !b.machine_held("held", "y", minute).await.unwrap(),
        "only its holder lets go"
    );
    rig.pass(minute / 2).await;
    assert!(
        a.machine_held("held", "x", minute).await.unwrap(),
        "prolonged"
    );
    rig.pass(minute / 2).await;
    assert!(!b.machine_held("held", "y", minute).await.unwrap());
    rig.pass(minute).await;
    assert!(
        b.machine_held("held", "y", minute).await.unwrap(),
        "its time is over"
    );
    a.machine_let_go("held", "x").await.unwrap();
    b.machine_let_go("held", "y").await.unwrap();
    assert!(a.machine_held("held", "x", minute).await.unwrap());
}

/// In pages, and of one cluster alone.
pub async fn pages_are_in_the_order_of_owners(rig: &dyn Rig) {
    let book = rig.server(0);
    for owner in ["page-b", "page-a", "page-C", "page-a1"] {
        let named = Claim {
            cluster: "paged".to_owned(),
            ..claim(owner, 100, 999)
        };
        claimed(&*book, &named).await;
    }
    let owners = async |after: Option<&str>| -> Vec<String> {
        let page = book.machines("paged", after).await.unwrap();
        page.into_iter().map(|machine| machine.owner).collect()
    };
    assert_eq!(
        owners(None).await,
        ["page-C", "page-a", "page-a1", "page-b"],
        "by bytes"
    );
    assert_eq!(owners(Some("page-a")).await, ["page-a1", "page-b"]);
    assert!(owners(Some("page-b")).await.is_empty());
}

/// The settings and both secrets, also when they are stored again.
pub async fn settings_come_back_as_they_were(rig: &dyn Rig) {
    let (a, b) = (rig.server(0), rig.server(1));
    let row = |secret: Option<&str>| ClusterRow {
        name: "kept".to_owned(),
        settings: json!({ "url": "https://pve:8006", "n": 1 }),
        secret: secret.map(SecretString::from),
        ssh_key: Some(SecretString::from("-----BEGIN OPENSSH PRIVATE KEY-----\nü")),
    };
    assert!(a.cluster("kept").await.unwrap().is_none());
    for secret in [Some("first"), Some("second"), None] {
        a.cluster_saved(&row(secret)).await.unwrap();
        let found = b.cluster("kept").await.unwrap().unwrap();
        assert_eq!(found.settings, row(None).settings);
        let open = |secret: &Option<SecretString>| {
            secret
                .as_ref()
                .map(|secret| secret.expose_secret().to_owned())
        };
        assert_eq!(open(&found.secret), secret.map(str::to_owned));
        assert_eq!(open(&found.ssh_key), open(&row(None).ssh_key));
        assert!(!format!("{found:?}").contains("first"));
    }
}
