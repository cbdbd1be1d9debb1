//! The order of what happened.

use domain::event::Happened;
use domain::{ReleaseStatus, Status};

use crate::world::*;

contract! {
    async fn changes_are_told_in_order_with_name_and_time(world) {
        let first = world.deploy("my-app").await;
        world.clock.pass(1);
        world.serve_next(1).await;
        let events = world.store.events_after(None, 0, 100).await.unwrap();
        let told: Vec<_> = events.iter().map(|event| event.what.clone()).collect();
        let release = |status| Happened::Release { version: v(1), status };
        let status = |status| Happened::Status { status };
        assert_eq!(
            told,
            [
                status(Status::Pending),
                release(ReleaseStatus::Queued),
                release(ReleaseStatus::Building),
                status(Status::Provisioning),
                release(ReleaseStatus::Starting),
                status(Status::Deploying),
                status(Status::Running),
                release(ReleaseStatus::Serving),
            ]
        );
        assert!(events.iter().all(|event| event.name == "my-app" && event.deployment == first.deployment));
        assert!(events.windows(2).all(|two| two[0].seq < two[1].seq && two[0].at <= two[1].at));
        assert_eq!(events.last().unwrap().seq, world.store.last_event().await.unwrap());
    }

    async fn a_listener_resumes_where_it_was(world) {
        let first = world.deploy("one").await;
        world.deploy("two").await;
        world.store.warn(&first.deployment, "mind the gap").await.unwrap();
        let all = world.store.events_after(None, 0, 100).await.unwrap();
        let some = world.store.events_after(None, all[1].seq, 2).await.unwrap();
        assert_eq!(some, all[2..4]);
        let mine = world.store.events_after(Some(&first.deployment), 0, 100).await.unwrap();
        assert_eq!(mine.len(), 3);
        assert_eq!(mine[2].what, Happened::Warning { message: "mind the gap".into() });
    }

    async fn old_ones_are_removed_and_numbers_never_come_again(world) {
        let first = world.deploy("one").await;
        assert_eq!(world.store.prune_events(2).await.unwrap(), 0);
        for number in 0..10 {
            world.store.warn(&first.deployment, &number.to_string()).await.unwrap();
        }
        let last = world.store.last_event().await.unwrap();
        assert_eq!(world.store.prune_events(3).await.unwrap(), 9);
        assert_eq!(world.store.events_after(None, 0, 100).await.unwrap().len(), 3);
        assert_eq!(world.store.prune_events(3).await.unwrap(), 0);
        world.store.prune_events(0).await.unwrap();
        world.store.warn(&first.deployment, "on").await.unwrap();
        assert_eq!(world.store.last_event().await.unwrap(), last + 1);
    }
}
