//! Several servers on one database. Processes of their own share a queue and a world; one of them is frozen in the middle
//! of a step until its lease has gone to another one, and wakes up then: it does not act on what it lost.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::event::Happened;
use domain::ports::{Accepted, Deployments, Events, NewDeploy, Releases, Servers};
use domain::{DeploymentId, DriverKind, ReleaseId, ReleaseStatus};
use nix::sys::signal::Signal;
use store::Database;

use crate::lab::{URL, request};
use crate::shared::database::{Kind, TestDatabase};
use crate::shared::log::{Act, acts};
use crate::shared::process::{Orders, Process, is_child, until_there};
use crate::shared::world::HELD;

/// How long a lease holds here, in milliseconds.
const LEASE: u64 = 4000;
const DEPLOYS: usize = 12;
const BOUND: Duration = Duration::from_secs(120);

/// Not a test of its own: what the children run.
#[test]
fn child() {
    is_child();
}

const CHILD: &str = "servers::child";

pub fn shared_request(name: &str) -> NewDeploy {
    NewDeploy {
        driver: DriverKind::Proxmox,
        ..request(name, URL)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_postgres() {
    three_processes(Kind::Postgres, "three_processes_postgres").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_mariadb() {
    three_processes(Kind::MariaDb, "three_processes_mariadb").await;
}

async fn three_processes(kind: Kind, test: &str) {
    let Some(database) = TestDatabase::create(kind, test).await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let orders = |number| Orders {
        folder: folder.path().to_owned(),
        url: database.url.clone(),
        eye: database.url.clone(),
        number,
        lease: LEASE,
    };
    let store = orders(9).open().await;
    let mut workers = Vec::new();
    for number in 1..=3 {
        workers.push(Process::start(orders(number), CHILD).await);
    }
    let alive = store.servers().await.unwrap();
    assert_eq!(alive.iter().filter(|server| server.alive).count(), 3);

    let mut asked = vec![store.accept_deploy(&shared_request(HELD)).await.unwrap()];
    for number in 1..DEPLOYS {
        let name = format!("app-{number}");
        asked.push(store.accept_deploy(&shared_request(&name)).await.unwrap());
    }
    let frozen = freeze(folder.path(), &mut workers).await;
    all_serve(&store, &asked).await;
    let before = acts(folder.path()).len();

    std::fs::File::create(folder.path().join("go")).unwrap();
    frozen.signal(Signal::SIGCONT);
    for other in workers {
        other.stop().await;
    }
    // It goes on with what is its own: so it was awake, and had its chance to do what it must not.
    let last = store.accept_deploy(&shared_request("last")).await.unwrap();
    all_serve(&store, std::slice::from_ref(&last)).await;
    let all = acts(folder.path());
    let after = &all[before..];
    let awake = frozen.orders.worker();
    assert!(
        after.iter().all(|act| act.deployment == last.deployment),
        "{after:#?}"
    );
    assert!(
        after
            .iter()
            .any(|act| act.worker == awake && act.what == "seal")
    );
    frozen.stop().await;

    asked.push(last);
    nothing_was_done_twice(&all, &asked);
    let held = asked[0].deployment;
    let seals = |act: &&Act| act.deployment == held && act.what == "seal";
    let seal: Vec<_> = all.iter().filter(seals).collect();
    assert!(
        seal.len() == 1 && seal[0].worker != awake && seal[0].epoch > 1,
        "{seal:#?}"
    );
    each_ended_once(&store, &asked).await;
    let alive = store.servers().await.unwrap();
    assert!(alive.iter().all(|server| !server.alive), "{alive:#?}");
    store.close().await;
    drop(store);
    database.erase().await;
}

/// Freezes the process that hangs in making the first guest of the held deployment.
async fn freeze(folder: &Path, workers: &mut Vec<Process>) -> Process {
    let held_by = folder.join("held-by");
    let hangs = async {
        until_there(held_by.clone()).await;
        loop {
            let worker = std::fs::read_to_string(&held_by).unwrap();
            if !worker.is_empty() {
                return worker;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let worker = tokio::time::timeout(BOUND, hangs)
        .await
        .expect("a guest hangs");
    let its = |process: &Process| process.orders.worker() == worker;
    let frozen = workers.remove(workers.iter().position(its).unwrap());
    frozen.signal(Signal::SIGSTOP);
    frozen
}

async fn all_serve(store: &Arc<Database>, asked: &[Accepted]) {
    let serve = async {
        for accepted in asked {
            until_over(store, &accepted.release).await;
        }
    };
    if tokio::time::timeout(BOUND, serve).await.is_err() {
        let mut left = Vec::new();
        for accepted in asked {
            let release = store.release(&accepted.release).await.unwrap();
            left.push((release.deployment, release.status));
        }
        panic!("not all serve: {left:#?}");
    }
}

/// A release that serves, and its job gone.
async fn until_over(store: &Arc<Database>, release: &ReleaseId) {
    loop {
        let now = store.release(release).await.unwrap();
        if now.status.is_over() {
            assert_eq!(now.status, ReleaseStatus::Serving, "{:?}", now.failure);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whoever acted had the right to, by the database's clock; under one lease each thing was done once; and what nobody had
/// to do again was done once at all.
fn nothing_was_done_twice(all: &[Act], asked: &[Accepted]) {
    let wrong: Vec<_> = all.iter().filter(|act| !act.is_rightful()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut done: BTreeMap<(DeploymentId, i64, &str, &str), u32> = BTreeMap::new();
    for act in all {
        *done
            .entry((act.deployment, act.epoch, &act.what, &act.guest))
            .or_default() += 1;
    }
    let twice: Vec<_> = done.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
    for accepted in asked {
        let of = |what: &str| {
            let its = |act: &&Act| act.deployment == accepted.deployment && act.what == what;
            all.iter().filter(its).count()
        };
        let epochs: BTreeSet<i64> = all
            .iter()
            .filter(|act| act.deployment == accepted.deployment)
            .map(|act| act.epoch)
            .collect();
        // The release command runs at least once, and again only where a lease was lost over it.
        assert!((1..=epochs.len()).contains(&of("release")), "{epochs:?}");
        assert!((1..=epochs.len()).contains(&of("start")), "{epochs:?}");
    }
}

async fn each_ended_once(store: &Arc<Database>, asked: &[Accepted]) {
    for accepted in asked {
        let events = store
            .events_after(Some(&accepted.deployment), 0, 1000)
            .await
            .unwrap();
        let serving = |what: &Happened| matches!(what, Happened::Release { status, .. } if *status == ReleaseStatus::Serving);
        let times = events.iter().filter(|event| serving(&event.what)).count();
        assert_eq!(times, 1, "{events:#?}");
    }
}
