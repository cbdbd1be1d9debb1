//! Rows that other programs wrote, in SQLAlchemy's own text forms, and what other programs do to ours.

use chrono::{DateTime, Utc};
use domain::ports::{Clock, ListQuery, Page, Scope, StoreError};
use domain::release::Version;
use domain::{Status, job::Work};
use sqlx::SqliteConnection;

use crate::world::*;

const ALL: Scope = Scope::Everyone;
const ID: &str = "7a0f0c9e-6c57-4f0e-9d5a-0d6f9d2f4b11";

/// What SQLAlchemy 2 writes for the seed document's model.
async fn insert(db: &mut SqliteConnection, id: &str, name: &str, status: &str, created_at: &str) {
    sqlx::query(
        "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, status, created_at, \
         deployed_at, deleted_at, ip_address, vm_id, error_message, user_id, tags) \
         VALUES (?, ?, 'vm', 'django', 'https://github.com/acme/shop', 'null', ?, ?, NULL, NULL, '10.0.0.7', 101, NULL, \
         'ana', 'a,b')",
    )
    .bind(id)
    .bind(name)
    .bind(status)
    .bind(created_at)
    .execute(db)
    .await
    .unwrap();
}

fn utc(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn a_row_of_sqlalchemy_is_shown_as_it_is() {
    let world = World::file().await;
    let mut other = world.foreign().await;
    insert(&mut other, ID, "shop", "RUNNING", "2026-11-22 08:30:38").await;
    sqlx::query("UPDATE deployments SET deployed_at = '2026-11-22 08:31:00.672045'")
        .execute(&mut other)
        .await
        .unwrap();
    let row = world.shown("shop").await;
    assert_eq!(
        (row.id.as_str(), row.status, row.status_text.as_str()),
        (ID, Some(Status::Running), "RUNNING")
    );
    assert_eq!(
        (row.resources, row.unreadable, row.managed),
        (None, vec![], None)
    );
    assert_eq!(row.created_at, utc("2026-11-22T08:30:38Z"));
    assert_eq!(row.deployed_at, utc("2026-11-22T08:31:00.672045Z"));
    assert_eq!(
        (row.vm_id, row.ip_address.as_deref(), row.tags.as_deref()),
        (Some(101), Some("10.0.0.7"), Some("a,b"))
    );
    let counts = world.store.counts(&ALL).await.unwrap();
    assert_eq!((counts.total, counts.running), (1, 1));
    let running = ListQuery {
        status: Some(Status::Running),
        want_total: true,
        limit: 9,
        ..ListQuery::default()
    };
    assert_eq!(
        world.store.list(&ALL, &running).await.unwrap().total,
        Some(1)
    );
    assert!(
        world.store.live(None, 9).await.unwrap().is_empty(),
        "a record is never routed or healed"
    );
}

#[tokio::test]
async fn unreadable_rows_are_flagged_and_break_nothing() {
    let world = World::file().await;
    let mut other = world.foreign().await;
    insert(&mut other, "not-a-uuid", "bad", "exploded", "yesterday").await;
    sqlx::query("UPDATE deployments SET resources = '{', vm_id = 'x', github_url = x'ff00'")
        .execute(&mut other)
        .await
        .unwrap();
    world.deploy("good").await;
    let all = ListQuery {
        want_total: true,
        limit: 9,
        ..ListQuery::default()
    };
    let listing = world.store.list(&ALL, &all).await.unwrap();
    assert_eq!(listing.total, Some(2));
    let bad = listing.rows.iter().find(|row| row.name == "bad").unwrap();
    assert_eq!((bad.status, bad.status_text.as_str()), (None, "exploded"));
    let flagged = bad.unreadable.join(" ");
    for column in ["status", "created_at", "resources", "vm_id", "github_url"] {
        assert!(flagged.contains(column), "{flagged}");
    }
    assert_eq!(world.store.counts(&ALL).await.unwrap().total, 2);
    // One page each: the cursor walks over the row that no clock wrote.
    let mut query = ListQuery {
        limit: 1,
        ..ListQuery::default()
    };
    let first = world.store.list(&ALL, &query).await.unwrap();
    query.page = Page::After(first.next.unwrap());
    assert_ne!(
        world.store.list(&ALL, &query).await.unwrap().rows[0].id,
        first.rows[0].id
    );
}

/// The columns and text forms that the SQLAlchemy model of the seed document reads.
#[tokio::test]
async fn our_rows_read_as_sqlalchemy_writes_them() {
    let world = World::file().await;
    let first = world.deploy("my-app").await;
    world.serve_next(1).await;
    let mut other = world.foreign().await;
    let row: (String, String, String, String, String) = sqlx::query_as(
        "SELECT id, CAST(created_at AS TEXT), CAST(resources AS TEXT), status, typeof(created_at) FROM deployments",
    )
    .fetch_one(&mut other)
    .await
    .unwrap();
    let created = world
        .clock
        .now()
        .format("%Y-%m-%d %H:%M:%S%.6f")
        .to_string();
    assert_eq!(row.0, first.deployment.to_string());
    assert_eq!((row.1.len(), row.1), (26, created));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&row.2).unwrap()["memory"],
        1024
    );
    assert_eq!((row.3.as_str(), row.4.as_str()), ("running", "text"));
    let columns: Vec<(String, String)> =
        sqlx::query_as("SELECT name, type FROM pragma_table_info('deployments')")
            .fetch_all(&mut other)
            .await
            .unwrap();
    let told: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    let seed = "id VARCHAR(36), name VARCHAR(255), deployment_type VARCHAR(50), framework VARCHAR(100), \
        github_url VARCHAR(500), resources JSON, status VARCHAR(50), created_at DATETIME, deployed_at DATETIME, \
        deleted_at DATETIME, ip_address VARCHAR(50), vm_id INTEGER, error_message TEXT, user_id VARCHAR(100), \
        tags VARCHAR(255)";
    assert_eq!(told.join(", "), seed);
}

#[tokio::test]
async fn a_record_of_the_same_repository_becomes_managed() {
    let world = World::file().await;
    let mut other = world.foreign().await;
    insert(&mut other, ID, "shop", "RUNNING", "2026-11-22 08:30:38").await;
    let mut new = ask("shop");
    new.url = "https://github.com/acme/else".parse().unwrap();
    match world.store.accept_deploy(&new).await {
        Err(StoreError::OtherSource { holder, url }) => {
            assert_eq!(
                (holder.as_str(), url.as_str()),
                ("shop", "https://github.com/acme/shop")
            );
        }
        other => panic!("{other:?}"),
    }
    let accepted = world.deploy("shop").await;
    assert_eq!(
        (
            accepted.deployment.to_string().as_str(),
            accepted.version,
            accepted.created
        ),
        (ID, Version(1), false)
    );
    let row = world.shown("shop").await;
    assert_eq!(
        (row.status, row.deployment_type.as_deref()),
        (Some(Status::Pending), Some("vm"))
    );
    assert_eq!(
        row.created_at,
        utc("2026-11-22T08:30:38Z"),
        "its history stays"
    );
    world.serve_next(1).await;
    assert_eq!(world.status("shop").await, Status::Running);
}

#[tokio::test]
async fn a_record_whose_id_is_not_ours_stays_a_record() {
    let world = World::file().await;
    let mut other = world.foreign().await;
    insert(
        &mut other,
        "7A0F0C9E-6C57-4F0E-9D5A-0D6F9D2F4B11",
        "shop",
        "RUNNING",
        "2026-11-22 08:30:38",
    )
    .await;
    let words = refusal(world.store.accept_deploy(&ask("shop")).await);
    assert!(words.contains("another program"), "{words}");
}

#[tokio::test]
async fn a_record_is_only_marked_deleted_and_takes_nothing_else() {
    let world = World::file().await;
    let mut other = world.foreign().await;
    insert(&mut other, ID, "shop", "what?", "2026-11-22 08:30:38").await;
    let id = ID.parse().unwrap();
    for work in [Work::Start, Work::Stop] {
        let refused = world.store.accept_work(&id, &work).await;
        assert!(
            matches!(refused, Err(StoreError::NotManaged)),
            "{refused:?}"
        );
    }
    assert!(matches!(
        world.store.cancel(&id).await,
        Err(StoreError::NotManaged)
    ));
    assert_eq!(
        world.store.accept_work(&id, &Work::Destroy).await.unwrap(),
        None
    );
    let row = world.shown(ID).await;
    assert_eq!(
        (row.status, row.deleted_at),
        (Some(Status::Deleted), Some(world.clock.now()))
    );
    assert!(
        world.deploy("shop").await.created,
        "a deleted row never blocks"
    );
}

#[tokio::test]
async fn a_row_that_another_program_erased_frees_its_name() {
    let world = World::file().await;
    let first = world.deploy("my-app").await;
    world.serve_next(1).await;
    let mut other = world.foreign().await;
    sqlx::query("DELETE FROM deployments")
        .execute(&mut other)
        .await
        .unwrap();
    assert!(
        world
            .store
            .facts(&first.deployment)
            .await
            .unwrap()
            .is_none()
    );
    assert!(world.store.live(None, 9).await.unwrap().is_empty());
    assert_eq!(
        world.store.events_after(None, 0, 1).await.unwrap()[0].name,
        ""
    );
    let second = world.deploy("my-app").await;
    assert!(second.created);
    world.serve_next(2).await;
    assert_eq!(world.status("my-app").await, Status::Running);
}

#[tokio::test]
async fn an_erased_row_does_not_stop_the_destroy_under_way() {
    let world = World::file().await;
    let first = world.deploy("my-app").await;
    world.serve_next(1).await;
    world
        .store
        .accept_work(&first.deployment, &Work::Destroy)
        .await
        .unwrap();
    let (_, lease) = world.lease().await;
    sqlx::query("DELETE FROM deployments")
        .execute(&mut world.foreign().await)
        .await
        .unwrap();
    world.store.destroyed(&lease).await.unwrap();
    world.store.finish(&lease).await.unwrap();
    assert!(world.deploy("my-app").await.created);
}

/// One broken row must not stop the reconcilers of all others.
#[tokio::test]
async fn a_managed_row_that_was_broken_is_left_alone() {
    let world = World::file().await;
    world.deploy("one").await;
    world.deploy("two").await;
    let mut other = world.foreign().await;
    sqlx::query("UPDATE deployments SET status = '?' WHERE name = 'one'")
        .execute(&mut other)
        .await
        .unwrap();
    let live = world.store.live(None, 9).await.unwrap();
    assert_eq!(
        live.iter()
            .map(|facts| facts.name.as_str())
            .collect::<Vec<_>>(),
        ["two"]
    );
}
