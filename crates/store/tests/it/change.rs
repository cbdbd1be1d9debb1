//! Redeploys, env and resource changes.

use domain::ports::{Change, StoreError};
use domain::release::Cause;
use domain::{ReleaseStatus, Status};

use crate::world::*;

fn redeploy(git_ref: Option<&str>) -> Change {
    Change::Redeploy {
        git_ref: git_ref.map(|text| text.parse().unwrap()),
        discard_data: true,
    }
}

contract! {
    async fn a_redeploy_asks_the_same_again(world) {
        let mut new = ask("my-app");
        new.git_ref = Some("dev".parse().unwrap());
        new.env = env(&[("A", "1")]);
        new.options.framework = Some("flask".into());
        let first = world.store.accept_deploy(&new).await.unwrap();
        world.serve_next(1).await;
        let second = world.store.accept_change(&first.deployment, &redeploy(None)).await.unwrap();
        let release = world.release(&second.release).await;
        assert_eq!((release.cause, release.commit, release.artifact), (Cause::Deploy, None, None));
        assert_eq!(release.git_ref.unwrap().as_str(), "dev");
        assert_eq!(release.env, env(&[("A", "1")]));
        assert!(release.options.discard_data);
        assert_eq!(release.options.framework.as_deref(), Some("flask"));
        let third = world.store.accept_change(&first.deployment, &redeploy(Some("main"))).await.unwrap();
        assert_eq!(third.superseded, [v(2)]);
        assert_eq!(world.release(&third.release).await.git_ref.unwrap().as_str(), "main");
    }

    async fn an_env_change_takes_the_artifact_that_serves(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let second = world.store.accept_change(&first.deployment, &set("A", "1")).await.unwrap();
        let (before, release) = (world.release(&first.release).await, world.release(&second.release).await);
        assert_eq!((release.cause, release.from), (Cause::Env, Some(first.release)));
        assert_eq!((&release.artifact, &release.base), (&before.artifact, &before.base));
        assert_eq!((&release.commit, release.disk_bytes), (&before.commit, before.disk_bytes));
        assert_eq!(release.plan, before.plan);
        assert_eq!(release.env, env(&[("A", "1")]));
        world.serve_next(9).await;
        assert_eq!(world.release(&second.release).await.artifact, before.artifact);
    }

    async fn a_change_that_changes_nothing_is_refused(world) {
        let mut new = ask("my-app");
        new.env = env(&[("A", "1")]);
        let first = world.store.accept_deploy(&new).await.unwrap();
        world.serve_next(1).await;
        let same = [set("A", "1"), Change::Env(vec![("B".parse().unwrap(), None)]), Change::Resources(resources(1))];
        for change in same {
            let words = refusal(world.store.accept_change(&first.deployment, &change).await);
            assert!(words.starts_with("Nothing to do"), "{words}");
        }
        let off_and_on = Change::Env(vec![("A".parse().unwrap(), None), ("A".parse().unwrap(), Some("1".to_owned().into()))]);
        refusal(world.store.accept_change(&first.deployment, &off_and_on).await);
    }

    async fn a_baked_name_rebuilds_the_same_commit_and_says_so(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(7).await;
        let second = world.store.accept_change(&first.deployment, &set("VITE_API", "x")).await.unwrap();
        let release = world.release(&second.release).await;
        assert_eq!((release.cause, release.artifact, release.base), (Cause::Env, None, None));
        assert_eq!(release.commit, Some(commit(7)));
        assert!(release.warnings.iter().any(|text| text.contains("VITE_API")), "{:?}", release.warnings);
    }

    /// The rebuild failed, so what serves was never built with the new value: the next change must not pass it off.
    async fn a_baked_name_that_was_never_built_rebuilds_with_the_next_change(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(7).await;
        world.store.accept_change(&first.deployment, &set("VITE_API", "x")).await.unwrap();
        world.fail_next().await;
        let third = world.store.accept_change(&first.deployment, &set("OTHER", "1")).await.unwrap();
        let release = world.release(&third.release).await;
        assert_eq!((release.artifact, release.env), (None, env(&[("VITE_API", "x"), ("OTHER", "1")])));
        world.serve_next(8).await;
        let fourth = world.store.accept_change(&first.deployment, &set("OTHER", "2")).await.unwrap();
        assert!(world.release(&fourth.release).await.artifact.is_some());
    }

    async fn before_anything_was_built_a_change_is_refused(world) {
        let first = world.deploy("my-app").await;
        world.fail_next().await;
        for change in [set("A", "1"), Change::Resources(resources(2))] {
            let words = refusal(world.store.accept_change(&first.deployment, &change).await);
            assert!(words.contains("Deploy it first"), "{words}");
        }
    }

    async fn an_env_change_during_the_first_deploy_deploys_with_it(world) {
        let first = world.deploy("my-app").await;
        let (job, lease) = world.lease().await;
        world.store.release_began(&lease, &release_of(&job)).await.unwrap();
        let second = world.store.accept_change(&first.deployment, &set("A", "1")).await.unwrap();
        let release = world.release(&second.release).await;
        assert_eq!((release.cause, release.from, release.artifact), (Cause::Deploy, None, None));
        assert_eq!(release.env, env(&[("A", "1")]));
    }

    /// Env over a redeploy that waits: the new code must not be lost with the release that is superseded.
    async fn an_env_change_does_not_undo_a_deploy_that_waits(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.store.accept_change(&first.deployment, &redeploy(Some("next"))).await.unwrap();
        let third = world.store.accept_change(&first.deployment, &set("A", "1")).await.unwrap();
        assert_eq!(third.superseded, [v(2)]);
        let release = world.release(&third.release).await;
        assert_eq!((release.cause, release.artifact), (Cause::Deploy, None));
        assert_eq!(release.git_ref.unwrap().as_str(), "next");
    }

    async fn an_env_change_follows_the_artifact_of_a_deploy_under_way(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let second = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &second.release).await.unwrap();
        world.build(&lease, &second.release, 2).await;
        let third = world.store.accept_change(&first.deployment, &set("A", "1")).await.unwrap();
        let release = world.release(&third.release).await;
        assert_eq!((release.cause, release.from), (Cause::Env, Some(second.release)));
        assert_eq!(release.artifact, world.release(&second.release).await.artifact);
    }

    async fn a_deploy_that_is_being_cancelled_is_not_followed(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let second = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &second.release).await.unwrap();
        world.store.cancel(&first.deployment).await.unwrap();
        let third = world.store.accept_change(&first.deployment, &set("A", "1")).await.unwrap();
        assert_eq!(world.release(&third.release).await.from, Some(first.release));
    }

    async fn resources_change_without_building_and_show_in_the_row(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        let second = world.store.accept_change(&first.deployment, &Change::Resources(resources(4))).await.unwrap();
        let release = world.release(&second.release).await;
        assert_eq!((release.cause, release.resources), (Cause::Resources, resources(4)));
        assert!(release.artifact.is_some());
        assert_eq!(world.shown("my-app").await.resources.unwrap()["cores"], 4);
    }

    async fn an_env_change_while_stopped_starts_nothing(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.stop(&first.deployment).await;
        let second = world.store.accept_change(&first.deployment, &set("A", "1")).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Stopped);
        let (job, lease) = world.lease().await;
        world.store.release_began(&lease, &release_of(&job)).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Stopped);
        world.store.release_live(&lease, &second.release, true).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Stopped);
        assert_eq!(world.release(&second.release).await.status, ReleaseStatus::Serving);
        assert_eq!(world.release(&first.release).await.status, ReleaseStatus::Kept);
    }

    async fn a_redeploy_while_stopped_starts_it(world) {
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.stop(&first.deployment).await;
        world.store.accept_change(&first.deployment, &redeploy(None)).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Pending);
        world.serve_next(2).await;
        assert_eq!(world.status("my-app").await, Status::Running);
    }

    async fn what_is_not_there_or_not_managed_takes_no_change(world) {
        let id = world.dice.roll(|rng| domain::DeploymentId::random(rng));
        let missing = world.store.accept_change(&id, &redeploy(None)).await;
        assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        world.store.accept_work(&first.deployment, &domain::job::Work::Destroy).await.unwrap();
        let words = refusal(world.store.accept_change(&first.deployment, &redeploy(None)).await);
        assert!(words.contains("being destroyed"), "{words}");
        let words = refusal(world.store.accept_deploy(&ask("my-app")).await);
        assert!(words.contains("being destroyed"), "{words}");
        let (_, lease) = world.lease().await;
        world.store.destroyed(&lease).await.unwrap();
        let words = refusal(world.store.accept_change(&first.deployment, &redeploy(None)).await);
        assert!(words.contains("deleted"), "{words}");
    }
}
