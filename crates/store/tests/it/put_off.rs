//! A release that waits for something keeps no app from being started.

use domain::ReleaseStatus;
use domain::job::Work;
use domain::ports::Change;

use crate::world::*;

const REDEPLOY: Change = Change::Redeploy {
    git_ref: None,
    discard_data: false,
};

contract! {
    async fn a_start_overtakes_a_release_that_was_put_off(world) {
        let id = world.deploy("my-app").await.deployment;
        world.serve_next(1).await;
        let second = world.store.accept_change(&id, &REDEPLOY).await.unwrap();
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &second.release).await.unwrap();
        world.store.give_back(&lease, TTL).await.unwrap();
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none(), "put off");

        let start = world.store.accept_work(&id, &Work::Start).await.unwrap().unwrap();
        assert_eq!(world.store.accept_work(&id, &Work::Start).await.unwrap(), Some(start), "asked twice, queued once");
        let (job, started) = world.lease().await;
        assert_eq!((job.id, job.work), (start, Work::Start));
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none(), "one at a time");
        world.clock.pass(25);
        world.store.renew(&started, TTL).await.unwrap();
        world.store.finish(&started).await.unwrap();

        world.clock.pass(6);
        let (job, again) = world.lease().await;
        assert_eq!((release_of(&job), again.job), (second.release, lease.job), "the same job");
        assert!(again.epoch > lease.epoch, "the fence goes on");
        assert!(world.store.give_back(&lease, TTL).await.is_err(), "the earlier lease is over");
        world.build(&again, &second.release, 2).await;
        world.store.release_live(&again, &second.release, false).await.unwrap();
        world.store.finish(&again).await.unwrap();
        assert_eq!(world.release(&second.release).await.status, ReleaseStatus::Serving);
        assert_eq!(world.store.queued().await.unwrap(), 0);
    }

    /// It was at work when the start was asked for, and is put off only then.
    async fn a_release_that_is_put_off_lets_a_start_pass(world) {
        let id = world.deploy("my-app").await.deployment;
        world.serve_next(1).await;
        world.store.accept_change(&id, &REDEPLOY).await.unwrap();
        let (_, lease) = world.lease().await;
        let start = world.store.accept_work(&id, &Work::Start).await.unwrap().unwrap();
        world.store.give_back(&lease, TTL).await.unwrap();
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none(), "in the order asked for");
        world.store.let_pass(&id).await.unwrap();
        let (job, started) = world.lease().await;
        assert_eq!(job.id, start);
        world.store.finish(&started).await.unwrap();
        world.store.let_pass(&id).await.unwrap();
        world.clock.pass(31);
        assert_eq!(world.lease().await.1.job, lease.job);
    }

    /// What was asked for in that order ends in that order: after a stop, nothing runs.
    async fn a_stop_waits_for_the_release_before_it(world) {
        let id = world.deploy("my-app").await.deployment;
        world.serve_next(1).await;
        world.store.accept_change(&id, &REDEPLOY).await.unwrap();
        let (_, lease) = world.lease().await;
        world.store.give_back(&lease, TTL).await.unwrap();
        world.store.accept_work(&id, &Work::Stop).await.unwrap();
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none());
        world.clock.pass(31);
        let (job, _) = world.lease().await;
        assert!(matches!(job.work, Work::Deploy { .. }));
    }
}
