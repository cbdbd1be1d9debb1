//! Back to an earlier release.

use domain::ports::Change;
use domain::release::{Cause, Version};
use domain::{DeploymentId, ReleaseStatus, Status};

use crate::world::*;

fn back(to: Option<u32>) -> Change {
    Change::Rollback {
        to: to.map(Version),
        discard_data: false,
    }
}

impl World {
    /// Serves three releases of different content, each with its own env.
    async fn three(&self) -> DeploymentId {
        let mut id = None;
        for content in 1..=3 {
            let mut new = ask("my-app");
            new.env = env(&[("N", &content.to_string())]);
            id = Some(self.store.accept_deploy(&new).await.unwrap().deployment);
            self.serve_next(content).await;
        }
        id.unwrap()
    }
}

contract! {
    async fn it_goes_to_the_one_that_served_before_and_back_again(world) {
        let id = world.three().await;
        let accepted = world.store.accept_change(&id, &back(None)).await.unwrap();
        let (second, release) = (
            world.store.release_by_version(&id, v(2)).await.unwrap().unwrap(),
            world.release(&accepted.release).await,
        );
        assert_eq!((release.cause, release.from), (Cause::Rollback, Some(second.id)));
        assert_eq!((release.artifact, release.base), (second.artifact, second.base));
        assert_eq!((release.commit, release.plan), (second.commit, second.plan));
        assert_eq!((release.env, release.resources), (second.env, second.resources));
        world.serve_next(0).await;
        let again = world.store.accept_change(&id, &back(None)).await.unwrap();
        let third = world.store.release_by_version(&id, v(3)).await.unwrap().unwrap();
        assert_eq!(world.release(&again.release).await.from, Some(third.id));
    }

    async fn it_goes_to_the_one_that_was_chosen(world) {
        let id = world.three().await;
        let accepted = world.store.accept_change(&id, &back(Some(1))).await.unwrap();
        assert_eq!(world.release(&accepted.release).await.env, env(&[("N", "1")]));
    }

    async fn it_is_refused_with_words(world) {
        let id = world.three().await;
        world.deploy("my-app").await;
        world.fail_next().await;
        let say = async |to| refusal(world.store.accept_change(&id, &back(to)).await);
        assert!(say(Some(9)).await.contains("no release v9"));
        assert!(say(Some(3)).await.contains("serves v3 already"));
        assert!(say(Some(4)).await.contains("it is failed"));
        let first = world.store.release_by_version(&id, v(1)).await.unwrap().unwrap();
        world.store.artifact_collected(&first.id).await.unwrap();
        assert!(say(Some(1)).await.contains("removed to save disk"));
        let second = world.store.release_by_version(&id, v(2)).await.unwrap().unwrap();
        world.store.artifact_collected(&second.id).await.unwrap();
        assert!(say(None).await.contains("no earlier release"));
    }

    async fn while_stopped_it_starts_nothing(world) {
        let id = world.three().await;
        world.stop(&id).await;
        world.store.accept_change(&id, &back(None)).await.unwrap();
        assert_eq!(world.status("my-app").await, Status::Stopped);
    }

    async fn old_artifacts_are_collected_and_shared_ones_are_in_use(world) {
        let id = world.three().await;
        world.store.accept_change(&id, &set("A", "1")).await.unwrap();
        world.serve_next(0).await;
        // Could serve again, newest first: v4 (serving, the artifact of v3), v3, v2, v1.
        let found = async |keep| {
            let releases = world.store.collectable(keep, 10).await.unwrap();
            let mut versions: Vec<u32> = releases.iter().map(|release| release.version.0).collect();
            versions.sort_unstable();
            versions
        };
        assert_eq!(found(4).await, Vec::<u32>::new());
        assert_eq!(found(3).await, [1]);
        assert_eq!(found(2).await, [1, 2]);
        assert_eq!(found(0).await, [1, 2, 3], "what serves is never collected");
        assert_eq!(world.store.collectable(0, 2).await.unwrap().len(), 2);
        let third = world.store.release_by_version(&id, v(3)).await.unwrap().unwrap();
        let first = world.store.release_by_version(&id, v(1)).await.unwrap().unwrap();
        let in_use = async |release: &domain::Release| {
            let artifact = release.artifact.clone().unwrap();
            world.store.artifact_in_use(&id, &artifact, &release.id).await.unwrap()
        };
        assert!(in_use(&third).await, "v4 runs it");
        assert!(!in_use(&first).await);
        world.store.artifact_collected(&first.id).await.unwrap();
        let first = world.release(&first.id).await;
        assert_eq!((first.artifact, first.disk_bytes, first.status), (None, 0, ReleaseStatus::Kept));
        assert_eq!(found(3).await, Vec::<u32>::new());
    }

    async fn the_artifact_of_a_failed_release_is_collectable(world) {
        world.deploy("my-app").await;
        world.serve_next(1).await;
        let second = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &second.release).await.unwrap();
        world.build(&lease, &second.release, 2).await;
        assert!(world.store.collectable(3, 10).await.unwrap().is_empty(), "it is under way");
        world.store.release_failed(&lease, &second.release, &failure()).await.unwrap();
        let found = world.store.collectable(3, 10).await.unwrap();
        assert_eq!(found.iter().map(|release| release.id).collect::<Vec<_>>(), [second.release]);
    }
}
