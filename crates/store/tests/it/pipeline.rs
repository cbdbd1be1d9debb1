//! What the pipeline writes, and the statuses that follow.

use domain::event::{Happened, StepState};
use domain::ports::{Progress, StepRow, StoreError};
use domain::{ReleaseStatus, Status, Step};

use crate::world::*;

contract! {
    async fn the_statuses_of_a_first_deploy(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        let standing = async || {
            let release = world.release(&first.release).await;
            (world.status("my-app").await, release.status)
        };
        world.store.release_began(&lease, &first.release).await.unwrap();
        assert_eq!(standing().await, (Status::Provisioning, ReleaseStatus::Building));
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.build(&lease, &first.release, 1).await;
        assert_eq!(standing().await, (Status::Provisioning, ReleaseStatus::Starting));
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.store.release_provisioned(&lease, &first.release, "L1").await.unwrap();
        assert_eq!(standing().await, (Status::Deploying, ReleaseStatus::Starting));
        world.clock.pass(5);
        world.store.release_live(&lease, &first.release, false).await.unwrap();
        assert_eq!(standing().await, (Status::Running, ReleaseStatus::Serving));
        let row = world.shown("my-app").await;
        assert_eq!((row.framework.as_deref(), row.error_message), (Some("flask"), None));
        assert_eq!((row.deployed_at.unwrap() - row.created_at.unwrap()).num_seconds(), 5);
        let serving = row.managed.unwrap().serving.unwrap();
        assert_eq!((serving.version, serving.tier.as_deref()), (v(1), Some("L1")));
        assert_eq!((serving.commit, serving.warnings), (Some(commit(1)), vec!["from the plan".to_owned()]));
    }

    async fn every_write_may_be_repeated(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        for _ in 0..2 {
            world.build(&lease, &first.release, 1).await;
        }
        for _ in 0..2 {
            world.store.release_provisioned(&lease, &first.release, "L2").await.unwrap();
        }
        for _ in 0..2 {
            world.store.release_live(&lease, &first.release, false).await.unwrap();
            world.store.release_began(&lease, &first.release).await.unwrap();
        }
        let events = world.store.events_after(None, 0, 100).await.unwrap();
        let live = events.iter().filter(|event| event.what == Happened::Status { status: Status::Running });
        assert_eq!(live.count(), 1, "what changes nothing tells nothing");
    }

    async fn the_next_release_replaces_the_one_before(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let deployed_at = world.shown("my-app").await.deployed_at;
        let second = world.deploy("my-app").await;
        world.clock.pass(60);
        world.serve_next(2).await;
        let (one, two) = (world.release(&first.release).await, world.release(&second.release).await);
        assert_eq!((one.status, two.status), (ReleaseStatus::Kept, ReleaseStatus::Serving));
        assert_eq!(one.replaced_at, two.finished_at);
        assert_eq!(two.replaced_at, None);
        assert_eq!(world.shown("my-app").await.deployed_at, deployed_at, "it is set once");
        let facts = world.store.facts(&first.deployment).await.unwrap().unwrap();
        assert_eq!(facts.serving, Some(second.release));
    }

    async fn a_failure_is_told_and_leaves_what_serves(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let second = world.deploy("my-app").await;
        world.fail_next().await;
        let row = world.shown("my-app").await;
        assert_eq!(row.status, Some(Status::Running));
        assert_eq!(row.error_message.unwrap(), failure().story());
        let release = world.release(&second.release).await;
        assert_eq!((release.status, release.failure), (ReleaseStatus::Failed, Some(failure())));
        assert!(release.finished_at.is_some());
        let managed = world.shown("my-app").await.managed.unwrap();
        assert_eq!(managed.serving.unwrap().id, first.release);
        assert_eq!(managed.newest.unwrap().id, second.release);
    }

    async fn a_release_after_a_failed_one_goes_on(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.deploy("my-app").await;
        world.store.release_failed(&lease, &first.release, &failure()).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Failed);
        world.store.finish(&lease).await.unwrap();
        world.serve_next(2).await;
        assert_eq!(world.status("my-app").await, Status::Running);
    }

    async fn steps_are_kept_in_order_with_what_they_gave(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        let done = StepRow {
            step: Step::Fetch,
            done: true,
            skipped: false,
            millis: 12,
            progress: Some(Progress::Fetched { commit: commit(3) }),
        };
        let skipped = StepRow { step: Step::Release, done: true, skipped: true, millis: 0, progress: None };
        world.store.step_done(&lease, &first.release, &skipped).await.unwrap();
        world.store.step_began(&lease, &first.release, Step::Fetch).await.unwrap();
        world.store.step_done(&lease, &first.release, &done).await.unwrap();
        world.store.step_began(&lease, &first.release, Step::Build).await.unwrap();
        let steps = world.store.steps(&first.release).await.unwrap();
        assert_eq!(steps.iter().map(|row| row.step).collect::<Vec<_>>(), [Step::Fetch, Step::Build, Step::Release]);
        assert_eq!((&steps[0], &steps[2]), (&done, &skipped));
        assert!(!steps[1].done && !steps[1].skipped);
        world.store.release_failed(&lease, &first.release, &failure()).await.unwrap();
        let events = world.store.events_after(Some(&first.deployment), 0, 100).await.unwrap();
        let told: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.what {
                Happened::Step { step, state, .. } => Some((*step, *state)),
                _ => None,
            })
            .collect();
        assert_eq!(
            told,
            [
                (Step::Release, StepState::Skipped),
                (Step::Fetch, StepState::Began),
                (Step::Fetch, StepState::Done { millis: 12 }),
                (Step::Build, StepState::Began),
                (Step::Build, StepState::Failed),
            ]
        );
    }

    async fn a_warning_is_kept_once(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        let warnings = ["a".to_owned(), "b".to_owned()];
        world.store.release_warned(&lease, &first.release, &warnings).await.unwrap();
        world.store.release_warned(&lease, &first.release, &warnings[1..]).await.unwrap();
        assert_eq!(world.release(&first.release).await.warnings, warnings);
    }

    async fn an_ended_release_cannot_go_live(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.store.release_failed(&lease, &first.release, &failure()).await.unwrap();
        let live = world.store.release_live(&lease, &first.release, false).await;
        assert!(matches!(live, Err(StoreError::IllegalRelease(_) | StoreError::Illegal(_))), "{live:?}");
        assert_eq!(world.status("my-app").await, Status::Failed);
        assert!(world.shown("my-app").await.managed.unwrap().serving.is_none());
    }

    async fn a_release_of_another_deployment_is_not_written(world) {
        let mine = world.deploy("mine").await;
        let other = world.deploy("other").await;
        let (_, lease) = world.lease().await;
        assert_eq!(lease.deployment, mine.deployment);
        let wrote = world.store.release_failed(&lease, &other.release, &failure()).await;
        assert!(matches!(wrote, Err(StoreError::NotFound)), "{wrote:?}");
    }

    async fn what_is_asked_of_nothing_is_not_found(world) {
        let release = world.dice.roll(|rng| domain::ReleaseId::random(rng));
        let deployment = world.dice.roll(|rng| domain::DeploymentId::random(rng));
        assert!(matches!(world.store.release(&release).await, Err(StoreError::NotFound)));
        assert!(matches!(world.store.is_cancelled(&release).await, Err(StoreError::NotFound)));
        assert!(world.store.facts(&deployment).await.unwrap().is_none());
        assert!(world.store.releases(&deployment, 5).await.unwrap().is_empty());
        assert!(matches!(world.store.cancel(&deployment).await, Err(StoreError::NotFound)));
    }
}
