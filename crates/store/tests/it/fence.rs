//! Leases: by the database's clock, fenced by their epoch.

use std::time::Duration;

use domain::job::{Lease, WorkerId};
use domain::ports::{BuiltArtifact, StepRow, Store, StoreError, StoreResult, Wanted};
use domain::status::Event;
use domain::{ReleaseId, ReleaseStatus, Status, Step};

use crate::world::*;

fn other() -> WorkerId {
    WorkerId("w2".into())
}

/// Every write that carries a lease.
async fn all_writes(
    world: &World,
    lease: &Lease,
    release: &ReleaseId,
) -> Vec<(&'static str, StoreResult<()>)> {
    let store: &dyn Store = world.store.as_ref();
    let built = BuiltArtifact {
        artifact: "a".repeat(64).parse().unwrap(),
        bytes: 1,
        base: "python-3.11_r1".parse().unwrap(),
    };
    let step = StepRow {
        step: Step::Fetch,
        done: true,
        skipped: false,
        millis: 1,
        progress: None,
    };
    let guest = world.guest(lease, *release);
    vec![
        ("renew", store.renew(lease, TTL).await),
        ("began", store.release_began(lease, release).await),
        (
            "step began",
            store.step_began(lease, release, Step::Fetch).await,
        ),
        ("step done", store.step_done(lease, release, &step).await),
        (
            "planned",
            store
                .release_planned(lease, release, &commit(1), &plan())
                .await,
        ),
        (
            "warned",
            store.release_warned(lease, release, &["w".into()]).await,
        ),
        ("guest planned", store.guest_planned(lease, &guest).await),
        (
            "guest wanted",
            store.guest_wanted(lease, &guest.id, Wanted::Serving).await,
        ),
        (
            "guest taken",
            store.guest_taken(lease, &guest.id, release).await,
        ),
        ("built", store.release_built(lease, release, &built).await),
        (
            "provisioned",
            store.release_provisioned(lease, release, "L1").await,
        ),
        ("live", store.release_live(lease, release, false).await),
        (
            "took",
            store.deployment_took(lease, Event::Stop, None).await,
        ),
        ("give back", store.give_back(lease, Duration::ZERO).await),
    ]
}

/// Those that end a release or its deployment: they would be illegal behind the others.
async fn ending_writes(
    world: &World,
    lease: &Lease,
    release: &ReleaseId,
) -> Vec<(&'static str, StoreResult<()>)> {
    vec![
        (
            "failed",
            world.store.release_failed(lease, release, &failure()).await,
        ),
        (
            "cancelled",
            world.store.release_cancelled(lease, release).await,
        ),
        ("destroyed", world.store.destroyed(lease).await),
        ("finish", world.store.finish(lease).await),
    ]
}

contract! {
    async fn under_a_live_lease_every_write_is_done(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        for (what, result) in all_writes(&world, &lease, &first.release).await {
            assert!(result.is_ok(), "{what}: {result:?}");
        }
    }

    async fn a_worker_whose_lease_ran_out_writes_nothing(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.clock.pass(30);
        let before = world.store.last_event().await.unwrap();
        let mut all = all_writes(&world, &lease, &first.release).await;
        all.extend(ending_writes(&world, &lease, &first.release).await);
        for (what, result) in all {
            assert!(matches!(result, Err(StoreError::LeaseLost)), "{what}: {result:?}");
        }
        assert_eq!(world.store.last_event().await.unwrap(), before);
        assert!(world.store.guests_of(&first.deployment).await.unwrap().is_empty());
    }

    async fn the_epoch_fences_the_worker_before(world) {
        let first = world.deploy("my-app").await;
        let (job, old) = world.lease().await;
        assert!(world.store.lease(&other(), TTL).await.unwrap().is_none(), "it is leased");
        world.clock.pass(31);
        let (again, new) = world.store.lease(&other(), TTL).await.unwrap().unwrap();
        assert_eq!((again.id, again.attempts, new.epoch), (job.id, 1, old.epoch + 1));
        let mut all = all_writes(&world, &old, &first.release).await;
        all.extend(ending_writes(&world, &old, &first.release).await);
        for (what, result) in all {
            assert!(matches!(result, Err(StoreError::LeaseLost)), "{what}: {result:?}");
        }
        world.store.renew(&new, TTL).await.unwrap();
    }

    async fn a_renewed_lease_holds(world) {
        world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        for _ in 0..5 {
            world.clock.pass(29);
            world.store.renew(&lease, TTL).await.unwrap();
        }
        assert!(world.store.lease(&other(), TTL).await.unwrap().is_none());
        world.clock.pass(30);
        assert!(world.store.lease(&other(), TTL).await.unwrap().is_some());
    }

    async fn a_job_given_back_is_due_later(world) {
        world.deploy("my-app").await;
        world.deploy("other").await;
        let (job, lease) = world.lease().await;
        world.store.give_back(&lease, Duration::from_secs(10)).await.unwrap();
        let (next, _) = world.lease().await;
        assert_ne!(next.deployment, job.deployment, "others go on meanwhile");
        assert!(world.store.lease(&other(), TTL).await.unwrap().is_none());
        world.clock.pass(10);
        let (again, _) = world.lease().await;
        assert_eq!((again.id, again.attempts), (job.id, 1));
    }

    async fn a_new_process_takes_the_leases_of_the_one_before(world) {
        world.deploy("my-app").await;
        let (job, old) = world.lease().await;
        assert_eq!(world.store.take_over(&world.worker()).await.unwrap(), 0, "its own it keeps");
        world.store.renew(&old, TTL).await.unwrap();
        assert_eq!(world.store.take_over(&other()).await.unwrap(), 1);
        assert!(matches!(world.store.renew(&old, TTL).await, Err(StoreError::LeaseLost)));
        let (again, _) = world.store.lease(&other(), TTL).await.unwrap().unwrap();
        assert_eq!(again.id, job.id);
    }

    async fn a_finished_job_is_off_the_queue(world) {
        world.deploy("my-app").await;
        let (job, lease) = world.lease().await;
        world.store.finish(&lease).await.unwrap();
        assert!(!world.store.is_queued(&job.id).await.unwrap());
        assert!(matches!(world.store.finish(&lease).await, Err(StoreError::LeaseLost)));
    }

    /// The platform gave up in a place that could not tell the story of the release.
    async fn a_job_that_is_over_leaves_no_release_under_way(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        let row = world.shown("my-app").await;
        assert_eq!(row.status, Some(Status::Failed));
        assert!(row.error_message.unwrap().contains("Deploy it again"));
        let kind = world.release(&first.release).await.failure.unwrap().kind;
        assert_eq!(kind, domain::FailureKind::Platform);
        world.deploy("my-app").await;
        world.serve_next(1).await;

        let third = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &third.release).await.unwrap();
        world.store.cancel(&first.deployment).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        assert_eq!(world.release(&third.release).await.status, ReleaseStatus::Cancelled);
        assert_eq!(world.status("my-app").await, Status::Running);
    }

    async fn a_lease_of_one_deployment_is_none_of_another(world) {
        let first = world.deploy("my-app").await;
        let second = world.deploy("other").await;
        let (_, mut lease) = world.lease().await;
        lease.deployment = second.deployment;
        let stolen = world.store.release_began(&lease, &second.release).await;
        assert!(matches!(stolen, Err(StoreError::LeaseLost)), "{stolen:?}");
        lease.deployment = first.deployment;
        world.store.release_began(&lease, &first.release).await.unwrap();
    }
}
