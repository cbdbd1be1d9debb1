//! The seed's calls, on every database.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::{StoreError, StoreResult};
use domain::{DeploymentId, DeploymentKind, Status};
use futures_util::TryStreamExt;
use serde_json::json;
use store::records::{NewRecord, Record, RecordChange};

use crate::world::*;

/// The very code of the documentation.
#[path = "../../examples/seed.rs"]
#[expect(dead_code, reason = "its main opens a database of its own")]
mod example;

fn full(name: &str) -> NewRecord {
    NewRecord::named(name)
        .deployment_type(DeploymentKind::Vm)
        .framework("django")
        .github_url("https://github.com/user/repo")
        .resources(json!({"cores": 2, "memory": 2048, "disk": 20, "é": [1, 2.5, null, "🦀"]}))
        .status(Status::Running)
        .created_at(at(1))
        .deployed_at(at(2))
        .ip_address("10.0.0.7")
        .vm_id(i32::MAX)
        .error_message("nothing, \"really\" 'nothing'\n\t🦀")
        .user_id("ana")
        .tags("web,prod")
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap() + TimeDelta::seconds(second)
}

fn id(number: u8) -> DeploymentId {
    format!("00000000-0000-4000-8000-0000000000{number:02x}")
        .parse()
        .unwrap()
}

async fn names(pages: store::records::Pages<'_>) -> Vec<String> {
    let rows: Vec<Record> = pages.rows().try_collect().await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

contract! {
    async fn the_example_of_the_documentation_runs(world) {
        let told = example::calls(&world.db).await.unwrap();
        assert_eq!(
            told,
            "1 deployments seen, 1 counted, 0 failed; my-app went from running to stopped to deleted"
        );
    }

    /// What is saved is what is read, in each column.
    async fn a_row_comes_back_as_it_was_given(world) {
        let records = world.db.records();
        let saved = records.create(full("shop")).await.unwrap();
        assert_eq!(saved.created_at, Some(at(1)));
        assert_eq!(saved.error_message.as_deref(), Some("nothing, \"really\" 'nothing'\n\t🦀"));
        let read = records.get_by_id(&saved.id).await.unwrap().unwrap();
        assert_eq!(read, saved);
        assert_eq!(read.unreadable, Vec::<String>::new());
        let shown = world.shown("shop").await;
        assert_eq!(shown.managed, None);
        assert_eq!(shown.resources, saved.resources);
        let empty = records.create(NewRecord::named("x").resources(json!(null))).await.unwrap();
        assert_eq!(records.get_by_id(&empty.id).await.unwrap().unwrap(), empty);
        assert_eq!(empty.resources, None);
        assert_eq!(empty.status, Some(Status::Pending));
        assert!(empty.id.parse::<DeploymentId>().is_ok());
    }

    async fn a_new_row_is_of_now(world) {
        let saved = world.db.records().create(NewRecord::named("x")).await.unwrap();
        let now = domain::ports::Clock::now(world.clock.as_ref());
        assert_eq!(saved.created_at, Some(now));
        let dead = NewRecord::named("y").status(Status::Deleted);
        let dead = world.db.records().create(dead).await.unwrap();
        assert_eq!(dead.deleted_at, Some(now));
    }

    async fn names_are_found_bytewise_live_and_new_ones_first(world) {
        let records = world.db.records();
        let rows = [
            full("shop").id(id(1)).created_at(at(9)).deleted_at(at(10)),
            full("shop").id(id(2)).created_at(at(8)).status(Status::Deleted),
            full("shop").id(id(3)).created_at(at(3)),
            full("shop").id(id(4)).created_at(at(4)),
            full("Shop").id(id(5)).created_at(at(7)),
            full("shop ").id(id(6)).created_at(at(7)),
            full("shöp").id(id(7)).created_at(at(7)),
        ];
        for row in rows {
            records.create(row).await.unwrap();
        }
        for (name, wanted) in [("shop", 4), ("Shop", 5), ("shop ", 6), ("shöp", 7)] {
            let found = records.get_by_name(name).await.unwrap().unwrap();
            assert_eq!(found.id, id(wanted).to_string(), "{name}");
        }
        assert_eq!(records.get_by_name("SHOP").await.unwrap(), None);
        assert_eq!(records.get_by_name("shop\0").await.unwrap(), None);
        assert_eq!(records.get_by_id("\0").await.unwrap(), None);
        assert_eq!(records.get_by_id("").await.unwrap(), None);
    }

    /// Newest first, each row once, in pages of any size, equal times too.
    async fn pages_go_through_everything_once(world) {
        let records = world.db.records();
        for number in 0..10u8 {
            let second = i64::from(number / 3);
            let status = if number % 2 == 0 { Status::Running } else { Status::Failed };
            let row = NewRecord::named(format!("n{number}")).id(id(number)).created_at(at(second)).status(status);
            records.create(row).await.unwrap();
        }
        let wanted: Vec<String> = (0..10).rev().map(|number| format!("n{number}")).collect();
        for size in [1, 2, 3, 10, 11, 5000] {
            assert_eq!(names(records.get_all().of(size)).await, wanted, "{size}");
        }
        let even = ["n8", "n6", "n4", "n2", "n0"];
        assert_eq!(names(records.get_by_status(Status::Running).of(2)).await, even);
        assert_eq!(names(records.get_by_status(Status::Stopped)).await, [""; 0]);
        assert_eq!(records.count_all().await.unwrap(), 10);
        assert_eq!(records.count_by_status(Status::Failed).await.unwrap(), 5);
        assert_eq!(records.count_by_status(Status::Pending).await.unwrap(), 0);
    }

    async fn a_change_sets_what_it_names(world) {
        let records = world.db.records();
        let saved = records.create(full("shop")).await.unwrap();
        let change = RecordChange::new()
            .status(Status::Failed)
            .error_message(Some("out of memory"))
            .resources(Some(json!({"cores": 4})))
            .tags(None)
            .vm_id(None)
            .deployment_type(Some(DeploymentKind::Lxc))
            .deployed_at(Some(at(5)));
        let wanted = Record {
            status: Some(Status::Failed),
            status_text: "failed".into(),
            error_message: Some("out of memory".into()),
            resources: Some(json!({"cores": 4})),
            tags: None,
            vm_id: None,
            deployment_type: Some("lxc".into()),
            deployed_at: Some(at(5)),
            ..saved.clone()
        };
        assert_eq!(records.update(&saved.id, &change).await.unwrap(), wanted);
        assert_eq!(records.get_by_id(&saved.id).await.unwrap().unwrap(), wanted);
        assert_eq!(records.update(&saved.id, &RecordChange::new()).await.unwrap(), wanted);
        let stale = records.update_if_same(&saved, &RecordChange::new().name("late")).await;
        assert!(refusal(stale).contains("changed since"));
        let fresh = records.update_if_same(&wanted, &RecordChange::new().name("next")).await.unwrap();
        assert_eq!(fresh.name, "next");
        let gone = records.update(&id(9).to_string(), &change).await;
        assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    }

    async fn deleting_marks_and_purging_removes(world) {
        let records = world.db.records();
        let saved = records.create(full("shop")).await.unwrap();
        world.clock.pass(60);
        let deleted = records.delete(&saved.id).await.unwrap();
        let now = domain::ports::Clock::now(world.clock.as_ref());
        assert_eq!(deleted.deleted_at, Some(now));
        assert_eq!(deleted.status, Some(Status::Deleted));
        world.clock.pass(60);
        assert_eq!(records.delete(&saved.id).await.unwrap(), deleted, "it stays as it was");
        let late = records.update(&saved.id, &RecordChange::new().name("late")).await;
        assert!(refusal(late).contains("is deleted"));
        assert_eq!(records.count_all().await.unwrap(), 1);
        records.purge(&saved.id).await.unwrap();
        assert_eq!(records.count_all().await.unwrap(), 0);
        for again in [records.purge(&saved.id).await, records.delete(&saved.id).await.map(drop)] {
            assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
        }
    }

    async fn what_does_not_fit_is_refused_before_the_database_is_asked(world) {
        let records = world.db.records();
        let new = |name: &str| NewRecord::named(name);
        let bad = [
            ("name", new("")),
            ("`name`", new(&"é".repeat(256))),
            ("`name`", new("a\0b")),
            ("`framework`", new("x").framework("f".repeat(101))),
            ("`github_url`", new("x").github_url("u".repeat(501))),
            ("`ip_address`", new("x").ip_address("1".repeat(51))),
            ("`user_id`", new("x").user_id("u".repeat(101))),
            ("`tags`", new("x").tags("t".repeat(256))),
            ("`tags`", new("x").tags("\0")),
            ("`error_message`", new("x").error_message("m".repeat(65_536))),
            ("`resources`", new("x").resources(json!({"a": "\0"}))),
            ("`created_at`", new("x").created_at(DateTime::<Utc>::MAX_UTC)),
        ];
        for (what, row) in bad {
            let words = refusal(records.create(row).await);
            assert!(words.contains(what), "{words}");
        }
        assert_eq!(records.count_all().await.unwrap(), 0);
        let row = new(&"é".repeat(255)).error_message("é".repeat(32_767)).tags("🦀".repeat(255));
        let saved = records.create(row).await.unwrap();
        assert_eq!(records.get_by_id(&saved.id).await.unwrap(), Some(saved.clone()));
        let long = RecordChange::new().tags(Some(&"t".repeat(256)));
        assert!(refusal(records.update(&saved.id, &long).await).contains("`tags`"));
        let dead = RecordChange::new().status(Status::Deleted);
        assert!(refusal(records.update(&saved.id, &dead).await).contains("delete the record"));
    }

    async fn an_id_is_taken_once(world) {
        let records = world.db.records();
        let first = records.create(full("one").id(id(1))).await.unwrap();
        let again = refusal(records.create(full("two").id(id(1))).await);
        assert!(again.contains("is there already"), "{again}");
        assert_eq!(records.get_by_id(&first.id).await.unwrap(), Some(first));
    }

    /// The engine owns what has a release; records read it and leave it alone.
    async fn a_managed_row_is_read_and_never_changed(world) {
        let records = world.db.records();
        let id = world.deploy("shop").await.deployment.to_string();
        let read = records.get_by_name("shop").await.unwrap().unwrap();
        assert_eq!(read.id, id);
        assert_eq!(records.count_by_status(Status::Pending).await.unwrap(), 1);
        let change = RecordChange::new().status(Status::Running);
        let results: [StoreResult<()>; 4] = [
            records.update(&id, &change).await.map(drop),
            records.update_if_same(&read, &change).await.map(drop),
            records.delete(&id).await.map(drop),
            records.purge(&id).await,
        ];
        for result in results {
            assert!(refusal(result).contains("Havre manages it"));
        }
        assert_eq!(records.get_by_id(&id).await.unwrap(), Some(read));
    }

    /// Sixteen at once: each is answered with its own row, one bad row fails alone, and nobody hears of a lock.
    async fn many_save_at_once(world) {
        let records = world.db.records();
        records.create(full("taken").id(id(0))).await.unwrap();
        let tasks = (0..16u8).map(|task| {
            let db = world.db.clone();
            tokio::spawn(async move {
                for number in 0..8u8 {
                    let name = format!("t{task}-{number}");
                    let saved = db.records().create(NewRecord::named(&name)).await.unwrap();
                    assert_eq!(saved.name, name);
                    assert_eq!(db.records().get_by_id(&saved.id).await.unwrap(), Some(saved));
                    let taken = db.records().create(NewRecord::named(&name).id(id(0))).await;
                    assert!(refusal(taken).contains("is there already"));
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(records.count_all().await.unwrap(), 1 + 16 * 8);
    }

    /// A caller that goes away takes nobody's row along.
    async fn who_goes_away_harms_nobody(world) {
        let mut tasks = Vec::new();
        for number in 0..40 {
            let db = world.db.clone();
            let task = tokio::spawn(async move {
                db.records().create(NewRecord::named(format!("n{number}"))).await.map(drop)
            });
            if number % 2 == 0 {
                tokio::task::yield_now().await;
                task.abort();
            }
            tasks.push((number, task));
        }
        for (number, task) in tasks {
            match task.await {
                Ok(saved) => saved.unwrap(),
                Err(gone) => assert!(gone.is_cancelled() && number % 2 == 0),
            }
        }
        world.db.records().create(NewRecord::named("last")).await.unwrap();
        assert!(world.db.records().count_all().await.unwrap() >= 21);
    }

    /// Of two changes at once, each of its own field, both stay.
    async fn changes_of_different_fields_both_stay(world) {
        let records = world.db.records();
        let saved = records.create(full("shop")).await.unwrap();
        for round in 0..5 {
            let tags = format!("t{round}");
            let user = format!("u{round}");
            let (one, two) = (
                RecordChange::new().tags(Some(&tags)),
                RecordChange::new().user_id(Some(&user)),
            );
            let (one, two) = tokio::join!(
                records.update(&saved.id, &one),
                records.update(&saved.id, &two)
            );
            one.unwrap();
            two.unwrap();
            let read = records.get_by_id(&saved.id).await.unwrap().unwrap();
            assert_eq!((read.tags, read.user_id), (Some(tags), Some(user)));
        }
    }
}

/// Another program's spelling, and what it breaks.
mod foreign_hands {
    use super::*;

    async fn any_case_is_found_and_counted(world: World) {
        let mut other = world.other().await;
        for (number, word) in ["RUNNING", "running", "Running", "ready"]
            .iter()
            .enumerate()
        {
            let row = format!(
                "INSERT INTO deployments (id, name, status, created_at) VALUES ('{number}', 'n{number}', '{word}', \
                 '2026-01-01 00:00:0{number}.000000')"
            );
            other.run(&row).await;
        }
        other.close().await;
        let records = world.db.records();
        assert_eq!(
            names(records.get_by_status(Status::Running)).await,
            ["n2", "n1", "n0"]
        );
        assert_eq!(records.count_by_status(Status::Running).await.unwrap(), 3);
        let odd = records.get_by_id("3").await.unwrap().unwrap();
        assert_eq!((odd.status, odd.status_text.as_str()), (None, "ready"));
        assert_eq!(odd.unreadable.len(), 1);
        let mended = records
            .update("3", &RecordChange::new().status(Status::Stopped))
            .await
            .unwrap();
        assert_eq!(mended.unreadable, Vec::<String>::new());
    }

    #[tokio::test]
    async fn sqlite() {
        any_case_is_found_and_counted(World::file().await).await;
    }

    #[tokio::test]
    async fn postgres() {
        World::on(
            crate::servers::Server::Postgres,
            module_path!(),
            any_case_is_found_and_counted,
        )
        .await;
    }

    #[tokio::test]
    async fn mariadb() {
        World::on(
            crate::servers::Server::MariaDb,
            module_path!(),
            any_case_is_found_and_counted,
        )
        .await;
    }
}
