//! Any sequence of requests, jobs, crashes and passing time keeps what must stay true, and comes to an end.

use std::collections::{BTreeMap, BTreeSet};

use domain::job::{Job, Lease, Work};
use domain::ports::{Change, Scope, StoreError};
use domain::status::Event;
use domain::{DeploymentId, ReleaseStatus, Status};
use proptest::prelude::*;

use crate::world::*;

const NAMES: [&str; 4] = ["shop", "my-app", "my_app", "My-App"];

#[derive(Debug, Clone)]
enum Op {
    Deploy {
        name: usize,
        other_source: bool,
    },
    Redeploy(usize),
    Rollback(usize),
    Env {
        name: usize,
        baked: bool,
        value: u8,
    },
    Resources {
        name: usize,
        cores: u32,
    },
    Cancel(usize),
    Ask(usize, Work),
    Crashed(usize),
    /// A worker does a whole job.
    Job(Outcome),
    /// A worker takes a job and dies with it at this point.
    Dies {
        began: bool,
        built: bool,
    },
    /// A worker gives its job back.
    GivesBack,
    Pass(i64),
    Restart,
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Well,
    Badly,
}

fn op() -> impl Strategy<Value = Op> {
    let name = 0..NAMES.len();
    let work = prop_oneof![
        Just(Work::Start),
        Just(Work::Stop),
        Just(Work::Restart),
        Just(Work::Destroy)
    ];
    let outcome = prop_oneof![3 => Just(Outcome::Well), 1 => Just(Outcome::Badly)];
    prop_oneof![
        4 => (name.clone(), any::<bool>()).prop_map(|(name, other_source)| Op::Deploy { name, other_source }),
        2 => name.clone().prop_map(Op::Redeploy),
        2 => name.clone().prop_map(Op::Rollback),
        3 => (name.clone(), any::<bool>(), 0..3u8).prop_map(|(name, baked, value)| Op::Env { name, baked, value }),
        1 => (name.clone(), 1..4u32).prop_map(|(name, cores)| Op::Resources { name, cores }),
        1 => name.clone().prop_map(Op::Cancel),
        3 => (name.clone(), work).prop_map(|(name, work)| Op::Ask(name, work)),
        1 => name.prop_map(Op::Crashed),
        8 => outcome.prop_map(Op::Job),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(began, built)| Op::Dies { began, built }),
        1 => Just(Op::GivesBack),
        2 => (1..40i64).prop_map(Op::Pass),
        1 => Just(Op::Restart),
    ]
}

/// What a caller may be told; anything else is a fault of the store.
fn allowed<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(
            StoreError::Refused(_)
            | StoreError::NameTaken { .. }
            | StoreError::OtherSource { .. }
            | StoreError::Illegal(_),
        ) => None,
        Err(other) => panic!("{other:?}"),
    }
}

struct Model {
    world: World,
    builds: u8,
}

impl Model {
    async fn id(&self, name: usize) -> Option<DeploymentId> {
        let found = self
            .world
            .store
            .find(&Scope::Everyone, NAMES[name])
            .await
            .unwrap()?;
        found.parsed_id()
    }

    async fn apply(&mut self, op: &Op) {
        match op {
            Op::Job(outcome) => drop(self.job(*outcome).await),
            Op::Dies { began, built } => self.dies(*began, *built).await,
            Op::GivesBack => {
                let leased = self.world.store.lease(&self.world.worker(), TTL).await;
                if let Some((_, lease)) = leased.unwrap() {
                    self.world.store.give_back(&lease, TTL).await.unwrap();
                }
            }
            Op::Pass(seconds) => self.world.clock.pass(*seconds),
            Op::Restart => {
                let other = domain::job::WorkerId("next".into());
                self.world.store.take_over(&other).await.unwrap();
            }
            asked => self.ask(asked).await,
        }
    }

    /// What people ask for.
    async fn ask(&self, op: &Op) {
        match op {
            Op::Deploy { name, other_source } => {
                let mut new = ask(NAMES[*name]);
                if *other_source {
                    new.url = "https://github.com/acme/other".parse().unwrap();
                    new.replace_source = true;
                }
                allowed(self.world.store.accept_deploy(&new).await);
            }
            Op::Redeploy(name) => {
                self.change(
                    *name,
                    &Change::Redeploy {
                        git_ref: None,
                        discard_data: false,
                    },
                )
                .await
            }
            Op::Rollback(name) => {
                self.change(
                    *name,
                    &Change::Rollback {
                        to: None,
                        discard_data: false,
                    },
                )
                .await
            }
            Op::Env { name, baked, value } => {
                let variable = if *baked { "VITE_X" } else { "X" };
                self.change(*name, &set(variable, &value.to_string())).await;
            }
            Op::Resources { name, cores } => {
                self.change(*name, &Change::Resources(resources(*cores)))
                    .await
            }
            Op::Cancel(name) => {
                if let Some(id) = self.id(*name).await {
                    allowed(self.world.store.cancel(&id).await);
                }
            }
            Op::Ask(name, work) => {
                if let Some(id) = self.id(*name).await {
                    allowed(self.world.store.accept_work(&id, work).await);
                }
            }
            Op::Crashed(name) => {
                if let Some(id) = self.id(*name).await {
                    allowed(
                        self.world
                            .store
                            .deployment_observed(&id, Event::CrashLoop, Some("crash"))
                            .await,
                    );
                }
            }
            other => panic!("nobody asks for {other:?}"),
        }
    }

    async fn change(&self, name: usize, change: &Change) {
        if let Some(id) = self.id(name).await {
            allowed(self.world.store.accept_change(&id, change).await);
        }
    }

    /// As the engine does a job. False when there was none.
    async fn job(&mut self, outcome: Outcome) -> bool {
        let Some((job, lease)) = self
            .world
            .store
            .lease(&self.world.worker(), TTL)
            .await
            .unwrap()
        else {
            return false;
        };
        self.perform(&job, &lease, outcome).await;
        self.world.store.finish(&lease).await.unwrap();
        true
    }

    async fn perform(&mut self, job: &Job, lease: &Lease, outcome: Outcome) {
        let store = self.world.store.clone();
        let facts = store.facts(&job.deployment).await.unwrap();
        let Some(facts) = facts else { return };
        match (&job.work, outcome) {
            (Work::Deploy { .. }, _) => {
                self.deploy(job, lease, outcome, facts.status == Status::Stopped)
                    .await
            }
            (Work::Stop, _) => store
                .deployment_took(lease, Event::Stop, None)
                .await
                .unwrap(),
            (Work::Start | Work::Restart, Outcome::Well) => {
                store
                    .deployment_took(lease, Event::Started, None)
                    .await
                    .unwrap();
            }
            (Work::Start | Work::Restart, Outcome::Badly) => {
                allowed(
                    store
                        .deployment_took(lease, Event::CrashLoop, Some("no"))
                        .await,
                );
            }
            (Work::Destroy, _) => store.destroyed(lease).await.unwrap(),
        }
    }

    async fn deploy(&mut self, job: &Job, lease: &Lease, outcome: Outcome, dormant: bool) {
        let store = self.world.store.clone();
        let release = self.world.release(&release_of(job)).await;
        match store.release_began(lease, &release.id).await {
            Err(StoreError::Cancelled) => {
                return store.release_cancelled(lease, &release.id).await.unwrap();
            }
            other => other.unwrap(),
        }
        if let Outcome::Badly = outcome {
            return store
                .release_failed(lease, &release.id, &failure())
                .await
                .unwrap();
        }
        if release.artifact.is_none() {
            self.builds = self.builds.wrapping_add(1);
            self.world.build(lease, &release.id, self.builds).await;
        }
        if !dormant {
            store
                .release_provisioned(lease, &release.id, "L1")
                .await
                .unwrap();
        }
        store
            .release_live(lease, &release.id, dormant)
            .await
            .unwrap();
    }

    async fn dies(&mut self, began: bool, built: bool) {
        let Some((job, lease)) = self
            .world
            .store
            .lease(&self.world.worker(), TTL)
            .await
            .unwrap()
        else {
            return;
        };
        let Work::Deploy { release } = job.work else {
            return;
        };
        let began = began
            && self
                .world
                .store
                .release_began(&lease, &release)
                .await
                .is_ok();
        if began && built && self.world.release(&release).await.artifact.is_none() {
            self.builds = self.builds.wrapping_add(1);
            self.world.build(&lease, &release, self.builds).await;
        }
    }

    async fn check(&self) {
        let store = &self.world.store;
        let live = store.live(None, 100).await.unwrap();
        let labels: BTreeSet<_> = live.iter().map(|facts| facts.label.clone()).collect();
        assert_eq!(labels.len(), live.len(), "a label is held twice");
        let slots: BTreeSet<_> = live.iter().map(|facts| facts.slot).collect();
        assert_eq!(slots.len(), live.len(), "a slot is held twice");
        let all = domain::ports::ListQuery {
            deleted: true,
            limit: 1000,
            ..Default::default()
        };
        let mut under_way = 0;
        for row in store.list(&Scope::Everyone, &all).await.unwrap().rows {
            assert_eq!(row.unreadable, Vec::<String>::new());
            let id = row.parsed_id().unwrap();
            let releases = store.releases(&id, 1000).await.unwrap();
            let numbers: Vec<u32> = releases
                .iter()
                .rev()
                .map(|release| release.version.0)
                .collect();
            assert_eq!(
                numbers,
                (1..=releases.len() as u32).collect::<Vec<_>>(),
                "versions are dense"
            );
            let by_status = count(releases.iter().map(|release| release.status));
            let serving = by_status.get("serving").copied().unwrap_or(0);
            let managed = row.managed.unwrap();
            assert_eq!(
                serving,
                usize::from(managed.serving.is_some()),
                "one serves, and it is the one named"
            );
            assert!(
                managed
                    .serving
                    .is_none_or(|release| release.status == ReleaseStatus::Serving)
            );
            assert_eq!(managed.newest.unwrap().version.0, releases.len() as u32);
            let waiting = by_status.get("queued").copied().unwrap_or(0);
            assert!(
                waiting <= 2,
                "more than one waits beside one that is leased"
            );
            if row.status == Some(Status::Running) {
                assert_eq!(serving, 1, "running, and nothing serves");
            }
            if row.status == Some(Status::Deleted) {
                assert!(
                    releases
                        .iter()
                        .all(|release| release.status.is_over() && release.env.is_empty())
                );
            }
            under_way += releases
                .iter()
                .filter(|release| release.status.is_under_way())
                .count() as u64;
        }
        assert!(
            store.queued().await.unwrap() >= under_way,
            "a release under way has no job"
        );
    }

    /// Every job is done in the end, and then nothing is left on its way.
    async fn drain(&mut self) {
        for _ in 0..1000 {
            self.world.clock.pass(31);
            if !self.job(Outcome::Well).await {
                break;
            }
        }
        assert_eq!(self.world.store.queued().await.unwrap(), 0);
        for facts in self.world.store.live(None, 100).await.unwrap() {
            let settled = matches!(
                facts.status,
                Status::Running | Status::Stopped | Status::Failed
            );
            assert!(settled, "{} is {} for ever", facts.name, facts.status);
        }
        self.check().await;
    }
}

fn count(statuses: impl Iterator<Item = ReleaseStatus>) -> BTreeMap<&'static str, usize> {
    statuses.fold(BTreeMap::new(), |mut counts, status| {
        *counts.entry(status.as_str()).or_default() += 1;
        counts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_keeps_what_must_stay_true(ops in proptest::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model { world: World::memory().await, builds: 0 };
            for op in &ops {
                model.apply(op).await;
                model.check().await;
            }
            model.drain().await;
        });
    }
}
