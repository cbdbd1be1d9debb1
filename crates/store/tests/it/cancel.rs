//! Cancelling.

use domain::ports::StoreError;
use domain::{ReleaseStatus, Status, Step};

use crate::world::*;

contract! {
    async fn what_waits_ends_at_once(world) {
        let first = world.deploy("my-app").await;
        assert_eq!(world.store.cancel(&first.deployment).await.unwrap(), [v(1)]);
        let release = world.release(&first.release).await;
        assert_eq!(release.status, ReleaseStatus::Cancelled);
        assert!(release.finished_at.is_some());
        let row = world.shown("my-app").await;
        assert_eq!(row.status, Some(Status::Failed));
        assert!(row.error_message.unwrap().contains("v1 was cancelled"));
        assert_eq!(world.store.queued().await.unwrap(), 0);
        assert_eq!(world.store.cancel(&first.deployment).await.unwrap(), []);
    }

    async fn what_is_under_way_is_asked_to_end(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        assert!(!world.store.is_cancelled(&first.release).await.unwrap());
        assert_eq!(world.store.cancel(&first.deployment).await.unwrap(), [v(1)]);
        assert!(world.store.is_cancelled(&first.release).await.unwrap());
        let step = world.store.step_began(&lease, &first.release, Step::Build).await;
        assert!(matches!(step, Err(StoreError::Cancelled)), "{step:?}");
        let began = world.store.release_began(&lease, &first.release).await;
        assert!(matches!(began, Err(StoreError::Cancelled)), "{began:?}");
        world.store.release_cancelled(&lease, &first.release).await.unwrap();
        world.store.release_cancelled(&lease, &first.release).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Failed);
        assert_eq!(world.release(&first.release).await.status, ReleaseStatus::Cancelled);
    }

    async fn both_at_once_in_the_order_of_their_numbers(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.deploy("my-app").await;
        assert_eq!(world.store.cancel(&first.deployment).await.unwrap(), [v(1), v(2)]);
        assert_eq!(world.status("my-app").await, Status::Provisioning, "v1 is still there");
        world.store.release_cancelled(&lease, &first.release).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Failed);
        assert_eq!(world.store.queued().await.unwrap(), 0);
    }

    async fn a_running_deployment_goes_on_and_nothing_is_told(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.deploy("my-app").await;
        world.store.cancel(&first.deployment).await.unwrap();
        let row = world.shown("my-app").await;
        assert_eq!((row.status, row.error_message), (Some(Status::Running), None));
    }

    async fn one_that_was_given_back_is_due_at_once(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.store.give_back(&lease, std::time::Duration::from_secs(600)).await.unwrap();
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none());
        world.store.cancel(&first.deployment).await.unwrap();
        world.lease().await;
    }

    async fn what_is_live_is_not_cancelled_any_more(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.build(&lease, &first.release, 1).await;
        world.store.release_provisioned(&lease, &first.release, "L1").await.unwrap();
        world.store.cancel(&first.deployment).await.unwrap();
        world.store.release_live(&lease, &first.release, false).await.unwrap();
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.store.step_began(&lease, &first.release, Step::Route).await.unwrap();
        assert_eq!(world.store.cancel(&first.deployment).await.unwrap(), []);
    }
}
