//! Taking deploys: rows, names, what is carried over, what is superseded.

use domain::limits::HealthOverride;
use domain::ports::{ListQuery, Scope, StoreError};
use domain::{DeploymentKind, Status};

use crate::world::*;

contract! {
    async fn a_new_deployment_is_pending_with_its_release_and_job(world) {
        let accepted = world.deploy("My_App").await;
        assert!(accepted.created && accepted.superseded.is_empty());
        assert_eq!(accepted.version, v(1));
        let row = world.shown(&accepted.deployment.to_string()).await;
        assert_eq!((row.name.as_str(), row.status), ("My_App", Some(Status::Pending)));
        assert_eq!(row.deployment_type.as_deref(), Some("lxc"));
        assert_eq!(row.github_url.as_deref(), Some(URL));
        assert_eq!(row.resources, Some(serde_json::json!({"cores": 1, "memory": 1024, "disk": 10})));
        assert_eq!(row.created_at, Some(domain::ports::Clock::now(world.clock.as_ref())));
        let managed = row.managed.unwrap();
        assert_eq!(managed.newest.unwrap().version, v(1));
        assert!(managed.serving.is_none() && managed.slot > 0 && !managed.destroying);
        let facts = world.store.facts(&accepted.deployment).await.unwrap().unwrap();
        assert_eq!(facts.label.as_str(), "my-app");
        let (job, lease) = world.lease().await;
        assert_eq!((job.attempts, lease.epoch, release_of(&job)), (0, 1, accepted.release));
    }

    async fn the_same_name_in_any_case_is_another_release(world) {
        let first = world.deploy("my-app").await;
        let second = world.store.accept_deploy(&ask("MY-App")).await.unwrap();
        assert_eq!(second.deployment, first.deployment);
        assert!(!second.created);
        assert_eq!(second.superseded, [v(1)]);
        assert_eq!(world.store.queued().await.unwrap(), 1, "the job of v1 is off the queue");
        assert_eq!(world.shown("my-app").await.name, "my-app");
    }

    async fn another_name_with_the_same_label_is_taken(world) {
        world.deploy("my-app").await;
        match world.store.accept_deploy(&ask("my_app")).await {
            Err(StoreError::NameTaken { holder }) => assert_eq!(holder, "my-app"),
            other => panic!("{other:?}"),
        }
    }

    async fn another_repository_needs_to_be_asked_for(world) {
        let first = world.deploy("my-app").await;
        let mut new = ask("my-app");
        new.url = "https://github.com/acme/other".parse().unwrap();
        match world.store.accept_deploy(&new).await {
            Err(StoreError::OtherSource { holder, url }) => {
                assert_eq!((holder.as_str(), url.as_str()), ("my-app", URL));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.versions(&first.deployment).await.len(), 1, "a refusal leaves nothing behind");
        new.replace_source = true;
        let second = world.store.accept_deploy(&new).await.unwrap();
        assert_eq!(second.deployment, first.deployment);
        assert_eq!(world.shown("my-app").await.github_url.as_deref(), Some("https://github.com/acme/other"));
        new.replace_source = false;
        assert_eq!(world.store.accept_deploy(&new).await.unwrap().version, v(3));
    }

    async fn another_spelling_of_the_repository_is_the_same(world) {
        world.deploy("my-app").await;
        let mut new = ask("my-app");
        new.url = "https://GitHub.com/acme/shop.git".parse().unwrap();
        assert_eq!(world.store.accept_deploy(&new).await.unwrap().version, v(2));
    }

    async fn a_deleted_deployment_frees_its_name_and_slot(world) {
        let first = world.deploy("my-app").await;
        let slot = world.shown("my-app").await.managed.unwrap().slot;
        world.serve_next(1).await;
        world.destroy(&first.deployment).await;
        let second = world.deploy("my_app").await;
        assert!(second.created && second.deployment != first.deployment);
        assert_eq!(world.shown("my_app").await.managed.unwrap().slot, slot);
    }

    async fn slots_are_small_and_never_shared(world) {
        let mut ids = Vec::new();
        for name in ["one", "two", "three"] {
            ids.push(world.deploy(name).await.deployment);
        }
        world.destroy_waiting(&ids[1]).await;
        world.deploy("four").await;
        world.deploy("five").await;
        let mut slots = Vec::new();
        for name in ["one", "three", "four", "five"] {
            slots.push(world.shown(name).await.managed.unwrap().slot);
        }
        assert_eq!(slots, [1, 3, 2, 4]);
    }

    async fn env_options_and_resources_are_carried_over(world) {
        let mut new = ask("my-app");
        new.env = env(&[("A", "1"), ("B", "2")]);
        new.options.root = Some("web".into());
        new.options.any_version = true;
        new.options.discard_data = true;
        new.options.health = HealthOverride { path: Some("/up".into()), below: None, within_seconds: None };
        new.resources = Some(resources(3));
        new.git_ref = Some("dev".parse().unwrap());
        world.store.accept_deploy(&new).await.unwrap();
        world.fail_next().await;

        let mut again = ask("my-app");
        again.env = env(&[("B", "3")]);
        again.options.health.below = Some(400);
        let second = world.store.accept_deploy(&again).await.unwrap();
        let release = world.release(&second.release).await;
        assert_eq!(release.env, env(&[("A", "1"), ("B", "3")]));
        assert_eq!(release.options.root.as_deref(), Some("web"));
        assert!(release.options.any_version && !release.options.discard_data, "discarding holds once");
        assert_eq!(release.options.health.path.as_deref(), Some("/up"));
        assert_eq!(release.options.health.below, Some(400));
        assert_eq!(release.resources, resources(3));
        assert_eq!(release.git_ref, None, "a deploy without a ref is one of the default branch");
    }

    async fn resources_that_the_other_kind_cannot_have_become_its_default(world) {
        let mut new = ask("my-app");
        new.resources = Some(domain::Resources { cores: 1, memory: 256, disk: 5 });
        world.store.accept_deploy(&new).await.unwrap();
        let mut vm = ask("my-app");
        vm.kind = Some(DeploymentKind::Vm);
        let second = world.store.accept_deploy(&vm).await.unwrap();
        let release = world.release(&second.release).await;
        assert_eq!(release.resources, domain::Resources::default_for(DeploymentKind::Vm));
        assert_eq!(world.shown("my-app").await.deployment_type.as_deref(), Some("vm"));
    }

    async fn what_is_under_way_is_not_superseded(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        world.store.release_began(&lease, &first.release).await.unwrap();
        assert!(world.deploy("my-app").await.superseded.is_empty());
        let third = world.deploy("my-app").await;
        assert_eq!(third.superseded, [v(2)]);
        let statuses = world.versions(&first.deployment).await;
        assert_eq!(statuses, [(3, "queued".into()), (2, "superseded".into()), (1, "building".into())]);
    }

    async fn a_leased_release_is_not_superseded_before_it_begins(world) {
        world.deploy("my-app").await;
        let (job, lease) = world.lease().await;
        assert!(world.deploy("my-app").await.superseded.is_empty());
        world.store.release_began(&lease, &release_of(&job)).await.unwrap();
    }

    async fn a_release_whose_worker_died_before_beginning_is_superseded(world) {
        world.deploy("my-app").await;
        let (job, lease) = world.lease().await;
        world.clock.pass(31);
        assert_eq!(world.deploy("my-app").await.superseded, [v(1)]);
        let late = world.store.release_began(&lease, &release_of(&job)).await;
        assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    }

    async fn a_failed_deployment_is_pending_again(world) {
        world.deploy("my-app").await;
        world.fail_next().await;
        assert_eq!(world.status("my-app").await, Status::Failed);
        world.deploy("my-app").await;
        assert_eq!(world.status("my-app").await, Status::Pending);
        world.serve_next(1).await;
        let row = world.shown("my-app").await;
        assert_eq!((row.status, row.error_message), (Some(Status::Running), None));
    }

    async fn owners_are_kept_apart(world) {
        let mut new = ask("my-app");
        new.owner = Some("ana".into());
        world.store.accept_deploy(&new).await.unwrap();
        new.owner = Some("bob".into());
        assert!(matches!(world.store.accept_deploy(&new).await, Err(StoreError::NameTaken { .. })));
        let see = async |owner: &str| {
            let scope = Scope::Owner(owner.into());
            let total = world.store.counts(&scope).await.unwrap().total;
            let query = ListQuery { want_total: true, limit: 9, ..ListQuery::default() };
            let listed = world.store.list(&scope, &query).await.unwrap().total;
            (world.store.find(&scope, "my-app").await.unwrap().is_some(), total, listed)
        };
        assert_eq!(see("ana").await, (true, 1, Some(1)));
        assert_eq!(see("bob").await, (false, 0, Some(0)));
    }

    async fn an_environment_that_no_program_can_be_given_is_refused(world) {
        let big = "x".repeat(100_000);
        let mut new = ask("my-app");
        for half in 0..2 {
            let names: Vec<String> = (0..6).map(|n| format!("V{half}_{n}")).collect();
            let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), big.as_str())).collect();
            new.env = env(&pairs);
            if half == 0 {
                world.store.accept_deploy(&new).await.unwrap();
            }
        }
        let words = refusal(world.store.accept_deploy(&new).await);
        assert!(words.contains("environment variables"), "{words}");
    }
}

impl World {
    /// Destroys a deployment whose only release still waits, though other deployments wait before it.
    pub async fn destroy_waiting(&self, id: &domain::DeploymentId) {
        let job = self
            .store
            .accept_work(id, &domain::job::Work::Destroy)
            .await
            .unwrap()
            .unwrap();
        let mut others = Vec::new();
        loop {
            let (found, lease) = self.lease().await;
            if found.id == job {
                self.store.destroyed(&lease).await.unwrap();
                self.store.finish(&lease).await.unwrap();
                break;
            }
            others.push(lease);
        }
        for lease in others {
            self.store
                .give_back(&lease, std::time::Duration::ZERO)
                .await
                .unwrap();
        }
    }
}
