//! Start, stop, restart, destroy.

use domain::job::Work;
use domain::ports::StoreError;
use domain::status::Event;
use domain::{ReleaseStatus, Status};

use crate::world::*;

contract! {
    async fn stop_and_start(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.stop(&first.deployment).await;
        assert_eq!(world.status("my-app").await, Status::Stopped);
        let job = world.store.accept_work(&first.deployment, &Work::Start).await.unwrap().unwrap();
        assert!(world.store.is_queued(&job).await.unwrap());
        let (leased, lease) = world.lease().await;
        assert_eq!((leased.id, leased.work), (job, Work::Start));
        assert!(world.store.is_queued(&job).await.unwrap(), "a leased job is not over");
        world.store.deployment_took(&lease, Event::Started, None).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        assert!(!world.store.is_queued(&job).await.unwrap());
        assert_eq!(world.status("my-app").await, Status::Running);
    }

    async fn asked_twice_while_it_waits_it_is_queued_once(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let ask = async |work| world.store.accept_work(&first.deployment, &work).await.unwrap().unwrap();
        let stop = ask(Work::Stop).await;
        assert_eq!(ask(Work::Stop).await, stop);
        let restart = ask(Work::Restart).await;
        assert_ne!(ask(Work::Stop).await, stop, "behind a restart it is another stop");
        assert!(world.store.is_queued(&restart).await.unwrap());
        let (leased, _) = world.lease().await;
        assert_eq!(leased.id, stop, "in the order they were asked for");
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none(), "one at a time");
    }

    async fn the_queue_of_one_deployment_is_bounded(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let mut words = None;
        for round in 0..40 {
            let work = if round % 2 == 0 { Work::Stop } else { Work::Start };
            if let Err(StoreError::Refused(text)) = world.store.accept_work(&first.deployment, &work).await {
                words = Some(text);
            }
        }
        assert!(words.unwrap().contains("too many requests"));
        assert!(world.store.queued().await.unwrap() <= 16);
    }

    async fn what_is_being_deployed_cannot_be_stopped_or_started(world) {
        let first = world.deploy("my-app").await;
        for work in [Work::Start, Work::Stop, Work::Restart] {
            let words = refusal(world.store.accept_work(&first.deployment, &work).await);
            assert!(words.contains("being deployed"), "{words}");
        }
        world.fail_next().await;
        for work in [Work::Start, Work::Stop, Work::Restart] {
            let words = refusal(world.store.accept_work(&first.deployment, &work).await);
            assert!(words.contains("Deploy it first"), "{words}");
        }
        let deploy = Work::Deploy { release: first.release };
        refusal(world.store.accept_work(&first.deployment, &deploy).await);
    }

    async fn a_deploy_behind_a_stop_starts_it_when_its_turn_comes(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.store.accept_work(&first.deployment, &Work::Stop).await.unwrap();
        let (_, stop) = world.lease().await;
        let second = world.deploy("my-app").await;
        world.store.deployment_took(&stop, Event::Stop, None).await.unwrap();
        world.store.finish(&stop).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Stopped);
        let (job, lease) = world.lease().await;
        assert_eq!(release_of(&job), second.release);
        assert_eq!(world.status("my-app").await, Status::Pending, "who reads it now does not think it stopped");
        world.store.give_back(&lease, std::time::Duration::ZERO).await.unwrap();
        world.serve_next(2).await;
        assert_eq!(world.status("my-app").await, Status::Running);
    }

    async fn an_env_change_behind_a_stop_stays_stopped(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.store.accept_work(&first.deployment, &Work::Stop).await.unwrap();
        world.store.accept_change(&first.deployment, &set("A", "1")).await.unwrap();
        let (_, stop) = world.lease().await;
        world.store.deployment_took(&stop, Event::Stop, None).await.unwrap();
        world.store.finish(&stop).await.unwrap();
        world.lease().await;
        assert_eq!(world.status("my-app").await, Status::Stopped);
    }

    async fn a_crash_loop_is_told_and_a_start_clears_it(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        assert!(world.store.deployment_observed(&first.deployment, Event::CrashLoop, Some("it crashed")).await.unwrap());
        let row = world.shown("my-app").await;
        assert_eq!((row.status, row.error_message.as_deref()), (Some(Status::Failed), Some("it crashed")));
        world.store.accept_work(&first.deployment, &Work::Start).await.unwrap();
        let seen = world.store.deployment_observed(&first.deployment, Event::CrashLoop, Some("again")).await.unwrap();
        assert!(!seen, "a job is on the queue: it knows better");
        let (_, lease) = world.lease().await;
        world.store.deployment_took(&lease, Event::Started, None).await.unwrap();
        let row = world.shown("my-app").await;
        assert_eq!((row.status, row.error_message), (Some(Status::Running), None));
    }

    async fn an_illegal_event_changes_nothing(world) {
        let first = world.deploy("my-app").await;
        world.fail_next().await;
        let took = world.store.deployment_observed(&first.deployment, Event::GuestReady, Some("x")).await;
        assert!(matches!(took, Err(StoreError::Illegal(_))), "{took:?}");
        assert_ne!(world.shown("my-app").await.error_message.as_deref(), Some("x"));
    }

    async fn destroy_cancels_supersedes_and_erases(world) {
        let mut new = ask("my-app");
        new.env = env(&[("TOKEN", "hunter2hunter2")]);
        let first = world.store.accept_deploy(&new).await.unwrap();
        world.serve_next(1).await;
        world.store.secret_once(&first.deployment, "SECRET_KEY", "abc").await.unwrap();
        let second = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &second.release).await.unwrap();
        let third = world.deploy("my-app").await;
        world.store.accept_work(&first.deployment, &Work::Stop).await.unwrap();

        let job = world.store.accept_work(&first.deployment, &Work::Destroy).await.unwrap().unwrap();
        assert_eq!(world.store.accept_work(&first.deployment, &Work::Destroy).await.unwrap(), Some(job));
        assert!(world.shown("my-app").await.managed.unwrap().destroying);
        assert!(world.store.is_cancelled(&second.release).await.unwrap());
        assert_eq!(world.release(&third.release).await.status, ReleaseStatus::Superseded);
        refusal(world.store.accept_work(&first.deployment, &Work::Start).await);

        world.store.release_cancelled(&lease, &second.release).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        let (leased, lease) = world.lease().await;
        assert_eq!((leased.id, leased.work), (job, Work::Destroy), "the stop is off the queue");
        for _ in 0..2 {
            world.store.destroyed(&lease).await.unwrap();
        }
        world.store.finish(&lease).await.unwrap();

        let row = world.shown("my-app").await;
        assert_eq!(row.status, Some(Status::Deleted));
        assert!(row.deleted_at.is_some() && row.managed.unwrap().serving.is_none());
        assert!(world.store.facts(&first.deployment).await.unwrap().is_none());
        assert!(world.store.live(None, 10).await.unwrap().is_empty());
        for release in world.store.releases(&first.deployment, 10).await.unwrap() {
            assert!(release.env.is_empty() && release.artifact.is_none() && release.status.is_over());
            assert_ne!(release.status, ReleaseStatus::Serving);
        }
        let again = world.store.accept_work(&first.deployment, &Work::Destroy).await.unwrap();
        assert_eq!(again, None, "it is gone already");
        assert_eq!(world.store.queued().await.unwrap(), 0);
    }

    async fn a_secret_is_made_once(world) {
        let first = world.deploy("my-app").await;
        let other = world.deploy("other").await;
        let once = async |id, fresh| world.store.secret_once(id, "SECRET_KEY", fresh).await.unwrap();
        assert_eq!(once(&first.deployment, "one").await, "one");
        assert_eq!(once(&first.deployment, "two").await, "one");
        assert_eq!(once(&other.deployment, "three").await, "three");
        let nobody = world.dice.roll(|rng| domain::DeploymentId::random(rng));
        let refused = world.store.secret_once(&nobody, "SECRET_KEY", "x").await;
        assert!(matches!(refused, Err(StoreError::NotManaged)), "{refused:?}");
    }
}
