//! Guests of a cluster that others made, as records.

use std::collections::BTreeSet;

use domain::ports::{Claim, ForeignGuest, MachineKind, Machines, Scope, Taken};
use domain::{DeploymentKind, Status};
use store::records::NewRecord;

use crate::world::*;

fn guest(vmid: u32, name: &str, running: bool) -> ForeignGuest {
    ForeignGuest {
        vmid,
        kind: DeploymentKind::Lxc,
        name: name.into(),
        running: Some(running),
        address: running.then(|| [10, 0, 0, u8::try_from(vmid % 250).unwrap()].into()),
        cores: 2,
        memory: 512,
        disk: 8,
    }
}

fn claim(owner: &str, first: u32) -> Claim {
    Claim {
        owner: owner.into(),
        cluster: "pve".into(),
        kind: MachineKind::Guest,
        range: first..=first + 9,
        avoid: Vec::new(),
        details: serde_json::json!({}),
    }
}

async fn take(world: &World, guests: &[ForeignGuest]) -> Vec<Taken> {
    world.store.guests_taken("pve", guests).await.unwrap()
}

contract! {
    async fn what_others_made_is_a_record_once(world) {
        let guests = [guest(101, "db", true), guest(102, "", false)];
        assert_eq!(take(&world, &guests).await, [Taken::Imported, Taken::Imported]);
        assert_eq!(take(&world, &guests).await, [Taken::Same, Taken::Same]);
        let db = world.shown("db").await;
        assert!(db.managed.is_none());
        assert_eq!((db.status, db.vm_id), (Some(Status::Running), Some(101)));
        assert_eq!(db.ip_address.as_deref(), Some("10.0.0.101"));
        assert_eq!(db.resources, Some(serde_json::json!({"cores": 2, "memory": 512, "disk": 8})));
        let nameless = world.shown("lxc-102").await;
        assert_eq!((nameless.status, nameless.ip_address), (Some(Status::Stopped), None));
        assert_eq!(world.store.counts(&Scope::Everyone).await.unwrap().total, 2);
    }

    async fn what_changed_there_changes_here(world) {
        take(&world, &[guest(101, "db", true)]).await;
        let id = world.shown("db").await.id;
        let away = ForeignGuest { running: None, address: None, ..guest(101, "db", true) };
        assert_eq!(take(&world, &[away]).await, [Taken::Same], "a machine that is away says nothing");
        assert_eq!(take(&world, &[guest(101, "db-2", false)]).await, [Taken::Updated]);
        let now = world.shown("db-2").await;
        assert_eq!((now.id, now.status, now.ip_address), (id, Some(Status::Stopped), None));
    }

    async fn names_are_cut_to_the_column_and_hold_no_control_characters(world) {
        let long = format!("a\0\u{1b}[31m{}", "é".repeat(400));
        assert_eq!(take(&world, &[guest(101, &long, true)]).await, [Taken::Imported]);
        let all = domain::ports::ListQuery { limit: 10, ..Default::default() };
        let name = world.store.list(&Scope::Everyone, &all).await.unwrap().rows.remove(0).name;
        assert_eq!(name.chars().count(), 255);
        assert!(name.starts_with("a[31mé"), "{name}");
    }

    async fn a_number_of_ours_or_of_another_row_is_tracked(world) {
        let ours = world.db.machine_claimed(&claim("g-1", 101)).await.unwrap().unwrap();
        world.db.records().create(NewRecord::named("old").vm_id(102).status(Status::Running)).await.unwrap();
        let guests = [guest(ours.vmid, "app", true), guest(102, "old", false), guest(103, "new", true)];
        assert_eq!(take(&world, &guests).await, [Taken::Tracked, Taken::Tracked, Taken::Imported]);
        assert_eq!(world.status("old").await, Status::Running, "rows of others stay as they are");
    }

    async fn a_number_of_theirs_is_never_given_to_a_guest_of_ours(world) {
        take(&world, &[guest(101, "db", true)]).await;
        let machine = world.db.machine_claimed(&claim("g-1", 101)).await.unwrap().unwrap();
        assert_eq!(machine.vmid, 102);
        let listed = world.db.machines("pve", None).await.unwrap();
        assert_eq!(listed, [machine], "the driver sees its own alone");
    }

    async fn a_record_whose_guest_is_gone_is_deleted_once(world) {
        take(&world, &[guest(101, "db", true), guest(102, "mail", true)]).await;
        let gone = world.store.guests_missing("pve", &BTreeSet::from([102])).await.unwrap();
        assert_eq!(gone.iter().map(|it| (it.vmid, it.name.as_str())).collect::<Vec<_>>(), [(101, "db")]);
        assert!(world.store.guests_missing("pve", &BTreeSet::from([102])).await.unwrap().is_empty());
        assert!(world.store.guests_missing("other", &BTreeSet::new()).await.unwrap().is_empty(), "another cluster");
        assert_eq!(world.status("db").await, Status::Deleted);
        assert_eq!(world.status("mail").await, Status::Running);
        assert_eq!(take(&world, &[guest(101, "db", true)]).await, [Taken::Imported], "a new one of its number");
    }

    async fn a_record_that_was_deleted_by_hand_comes_back_when_asked_for(world) {
        take(&world, &[guest(101, "db", true)]).await;
        let id = world.shown("db").await.parsed_id().unwrap();
        assert!(world.store.accept_work(&id, &domain::job::Work::Destroy).await.unwrap().is_none());
        assert_eq!(take(&world, &[guest(101, "db", true)]).await, [Taken::Imported]);
        assert_ne!(world.shown("db").await.parsed_id().unwrap(), id);
    }

    async fn a_record_that_is_deployed_to_is_not_theirs_any_more(world) {
        take(&world, &[guest(101, "my-app", true)]).await;
        let over = domain::ports::NewDeploy { replace_source: true, ..ask("my-app") };
        world.store.accept_deploy(&over).await.unwrap();
        let before = world.shown("my-app").await;
        assert!(before.managed.is_some());
        assert_eq!(take(&world, &[guest(101, "renamed", false)]).await, [Taken::Tracked]);
        assert!(world.store.guests_missing("pve", &BTreeSet::new()).await.unwrap().is_empty());
        assert_eq!(world.shown("my-app").await.status, before.status);
    }
}
