//! Many at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::job::WorkerId;
use domain::ports::StoreError;
use domain::{ReleaseStatus, Status};
use tokio::task::JoinSet;

use crate::world::*;

const TASKS: u32 = 16;

/// Runs one future per task, all let go at the same moment.
async fn at_once<T: Send + 'static, F>(make: impl Fn(u32) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let gate = Arc::new(tokio::sync::Barrier::new(TASKS as usize));
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        let (gate, task) = (gate.clone(), make(number));
        tasks.spawn(async move {
            gate.wait().await;
            task.await
        });
    }
    tasks.join_all().await
}

contract! {
async fn one_name(world) {
    let store = world.store.clone();
    let accepted = at_once(move |_| {
        let store = store.clone();
        async move { store.accept_deploy(&ask("my-app")).await.unwrap() }
    })
    .await;
    assert_eq!(accepted.iter().filter(|one| one.created).count(), 1);
    let versions: BTreeSet<u32> = accepted.iter().map(|one| one.version.0).collect();
    assert_eq!(versions, (1..=TASKS).collect());
    let superseded: usize = accepted.iter().map(|one| one.superseded.len()).sum();
    assert_eq!(superseded, TASKS as usize - 1, "each was superseded once");
    let releases = world
        .store
        .releases(&accepted[0].deployment, 100)
        .await
        .unwrap();
    let waiting = releases
        .iter()
        .filter(|release| release.status == ReleaseStatus::Queued);
    assert_eq!(
        waiting.map(|release| release.version.0).collect::<Vec<_>>(),
        [TASKS]
    );
    assert_eq!(world.store.queued().await.unwrap(), 1);
}

async fn sixteen_names(world) {
    let store = world.store.clone();
    at_once(move |number| {
        let store = store.clone();
        async move {
            store
                .accept_deploy(&ask(&format!("app-{number}")))
                .await
                .unwrap()
        }
    })
    .await;
    let live = world.store.live(None, 100).await.unwrap();
    let slots: BTreeSet<u32> = live.iter().map(|facts| facts.slot).collect();
    assert_eq!(slots, (1..=TASKS).collect());

    // Workers at once: no job is leased twice, none is left.
    let store = world.store.clone();
    let leased = at_once(move |number| {
        let store = store.clone();
        async move {
            store
                .lease(&WorkerId(format!("w{number}")), TTL)
                .await
                .unwrap()
        }
    })
    .await;
    let jobs: BTreeSet<String> = leased
        .iter()
        .flatten()
        .map(|(job, _)| job.id.to_string())
        .collect();
    assert_eq!(jobs.len(), TASKS as usize);
}

async fn labels_that_clash(world) {
    let store = world.store.clone();
    let results = at_once(move |number| {
        let store = store.clone();
        let name = if number % 2 == 0 { "my_app" } else { "my-app" };
        async move { store.accept_deploy(&ask(name)).await }
    })
    .await;
    let taken = results
        .iter()
        .filter(|result| matches!(result, Err(StoreError::NameTaken { .. })));
    assert_eq!(taken.count(), TASKS as usize / 2);
    assert_eq!(
        world.store.counts(&Default::default()).await.unwrap().total,
        1
    );
}

async fn one_job(world) {
    world.deploy("my-app").await;
    let store = world.store.clone();
    let leased = at_once(move |number| {
        let store = store.clone();
        async move {
            store
                .lease(&WorkerId(format!("w{number}")), TTL)
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(leased.iter().flatten().count(), 1);
}

async fn one_ending(world) {
    let first = world.deploy("my-app").await;
    let (_, lease) = world.lease().await;
    world
        .store
        .release_began(&lease, &first.release)
        .await
        .unwrap();
    world.build(&lease, &first.release, 1).await;
    world
        .store
        .release_provisioned(&lease, &first.release, "L1")
        .await
        .unwrap();
    let store = world.store.clone();
    let release = first.release;
    let results = at_once(move |number| {
        let (store, lease) = (store.clone(), lease.clone());
        async move {
            match number % 2 {
                0 => store
                    .release_live(&lease, &release, false)
                    .await
                    .map(|()| Status::Running),
                _ => store
                    .release_failed(&lease, &release, &failure())
                    .await
                    .map(|()| Status::Failed),
            }
        }
    })
    .await;
    let winners: Vec<Status> = results.iter().flatten().copied().collect();
    assert_eq!(
        winners.len(),
        TASKS as usize / 2,
        "the first one and those that repeat it: {results:?}"
    );
    assert!(winners.iter().all(|status| *status == winners[0]));
    assert_eq!(world.status("my-app").await, winners[0]);
}

/// A client that goes away drops its request anywhere: what was begun is undone, and nobody waits for it.
    async fn requests_that_are_dropped(world) {
        let mut taken = 0;
        for number in 0..150u64 {
            let name = format!("app-{number}");
            let new = ask(&name);
            let request = world.store.accept_deploy(&new);
            let limit = std::time::Duration::from_micros(number * 40);
            taken += u64::from(tokio::time::timeout(limit, request).await.is_ok());
        }
        let last = world.deploy("last-one").await;
        let total = world.store.counts(&Default::default()).await.unwrap().total;
        assert!(total > taken, "{total} {taken}");
        assert_eq!(world.store.queued().await.unwrap(), total, "a row without its job");
        assert_eq!(world.store.live(None, 1000).await.unwrap().len() as u64, total);
        assert_eq!(world.versions(&last.deployment).await.len(), 1);
    }

    async fn one_secret(world) {
    let id = world.deploy("my-app").await.deployment;
    let store = world.store.clone();
    let secrets = at_once(move |number| {
        let store = store.clone();
        async move {
            store
                .secret_once(&id, "SECRET_KEY", &format!("secret-{number}"))
                .await
                .unwrap()
        }
    })
    .await;
    assert!(
        secrets.iter().all(|secret| *secret == secrets[0]),
        "{secrets:?}"
    );
}
}
