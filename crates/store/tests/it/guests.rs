//! Guests as the database knows them.

use domain::DriverKind;
use domain::job::Lease;
use domain::ports::{GuestRow, StoreError, Wanted};

use crate::world::*;

impl World {
    /// A deployment that serves, with the guest that does.
    async fn serving(&self, name: &str) -> (domain::DeploymentId, GuestRow) {
        let accepted = self.deploy(name).await;
        let (_, lease) = self.lease().await;
        self.store
            .release_began(&lease, &accepted.release)
            .await
            .unwrap();
        self.build(&lease, &accepted.release, 1).await;
        let guest = self.planned(&lease, accepted.release).await;
        self.store
            .release_provisioned(&lease, &accepted.release, "L1")
            .await
            .unwrap();
        self.store
            .guest_wanted(&lease, &guest.id, Wanted::Serving)
            .await
            .unwrap();
        self.store
            .release_live(&lease, &accepted.release, false)
            .await
            .unwrap();
        self.store.finish(&lease).await.unwrap();
        (accepted.deployment, guest)
    }

    async fn planned(&self, lease: &Lease, release: domain::ReleaseId) -> GuestRow {
        let guest = self.guest(lease, release);
        self.store.guest_planned(lease, &guest).await.unwrap();
        guest
    }
}

contract! {
    async fn a_guest_is_written_once_and_erased_once(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        let guest = world.planned(&lease, first.release).await;
        world.store.guest_planned(&lease, &guest).await.unwrap();
        assert_eq!(world.store.guests_of(&first.deployment).await.unwrap(), std::slice::from_ref(&guest));
        assert_eq!(world.store.guest(&guest.id).await.unwrap(), Some(guest.clone()));
        world.store.guest_gone(&guest.id).await.unwrap();
        world.store.guest_gone(&guest.id).await.unwrap();
        assert_eq!(world.store.guest(&guest.id).await.unwrap(), None);
        let wanted = world.store.guest_wanted(&lease, &guest.id, Wanted::Gone).await;
        assert!(matches!(wanted, Err(StoreError::NotFound)), "{wanted:?}");
    }

    async fn what_it_should_be_is_counted_from_its_change(world) {
        let first = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        let guest = world.planned(&lease, first.release).await;
        world.clock.pass(5);
        world.store.guest_wanted(&lease, &guest.id, Wanted::Warm).await.unwrap();
        world.clock.pass(5);
        world.store.guest_wanted(&lease, &guest.id, Wanted::Warm).await.unwrap();
        let row = world.store.guest(&guest.id).await.unwrap().unwrap();
        assert_eq!(row.wanted, Wanted::Warm);
        assert_eq!((row.wanted_since - row.created_at).num_seconds(), 5);
    }

    async fn a_warm_guest_serves_another_release(world) {
        let (id, guest) = world.serving("my-app").await;
        let second = world.store.accept_change(&id, &set("A", "1")).await.unwrap();
        let (_, lease) = world.lease().await;
        world.store.guest_taken(&lease, &guest.id, &second.release).await.unwrap();
        let row = world.store.guest(&guest.id).await.unwrap().unwrap();
        assert_eq!((row.release, row.wanted), (second.release, Wanted::Serving));
        let other = world.deploy("other").await;
        let foreign = world.store.guest_taken(&lease, &guest.id, &other.release).await;
        assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
    }

    async fn the_guest_that_serves_is_never_retired(world) {
        let (_, guest) = world.serving("my-app").await;
        assert!(!world.store.guest_retired(&guest.id).await.unwrap());
        assert_eq!(world.store.guest(&guest.id).await.unwrap().unwrap().wanted, Wanted::Serving);
    }

    async fn a_guest_is_retired_only_while_no_job_is_there(world) {
        let (_, guest) = world.serving("my-app").await;
        world.deploy("my-app").await;
        let (job, lease) = world.lease().await;
        world.store.guest_wanted(&lease, &guest.id, Wanted::Warm).await.unwrap();
        assert!(!world.store.guest_retired(&guest.id).await.unwrap(), "leased");
        world.store.give_back(&lease, TTL).await.unwrap();
        assert!(!world.store.guest_retired(&guest.id).await.unwrap(), "waits");
        world.clock.pass(30);
        let (_, lease) = world.lease().await;
        world.store.release_failed(&lease, &release_of(&job), &failure()).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        world.clock.pass(5);
        assert!(world.store.guest_retired(&guest.id).await.unwrap());
        let row = world.store.guest(&guest.id).await.unwrap().unwrap();
        assert_eq!((row.wanted, row.wanted_since), (Wanted::Gone, domain::ports::Clock::now(world.clock.as_ref())));
    }

    /// The job that was cut left them: one still marked as serving, one still being made.
    async fn what_an_ended_release_left_is_retired(world) {
        let (_, old) = world.serving("my-app").await;
        let (_, stale) = world.serving("my-app").await;
        let third = world.deploy("my-app").await;
        let (_, lease) = world.lease().await;
        let making = world.planned(&lease, third.release).await;
        world.store.release_failed(&lease, &third.release, &failure()).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        assert!(world.store.guest_retired(&old.id).await.unwrap());
        assert!(world.store.guest_retired(&making.id).await.unwrap());
        assert!(!world.store.guest_retired(&stale.id).await.unwrap(), "this one serves");
    }

    async fn guests_are_paged_in_the_order_of_their_ids(world) {
        let mut ids = Vec::new();
        for name in ["one", "two", "three"] {
            ids.push(world.serving(name).await.1.id);
        }
        ids.sort();
        let page = async |after| {
            let rows = world.store.guests_at(DriverKind::Local, after, 2).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(page(None).await, ids[..2]);
        assert_eq!(page(Some(&ids[1])).await, ids[2..]);
        assert!(world.store.guests_at(DriverKind::Proxmox, None, 9).await.unwrap().is_empty());
    }
}
