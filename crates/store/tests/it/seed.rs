//! Examples, on every database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Status;
use futures_util::TryStreamExt;
use store::admin::{Access, Admin, AdminError, SeedOptions, SeedReport, seed};
use store::records::Record;

use crate::world::*;

async fn admin(world: &World, access: Access) -> Admin {
    let target = world.url.parse().unwrap();
    Admin::open(&target, access, world.clock.clone())
        .await
        .unwrap()
}

async fn make(world: &World, count: u32, rng_seed: u64) -> SeedReport {
    let mut admin = admin(world, Access::Add).await;
    let mut heard = Vec::new();
    let options = SeedOptions { count, rng_seed };
    let report = seed(&mut admin, options, &mut |done, of| heard.push((done, of)))
        .await
        .unwrap();
    assert_eq!(heard.last(), Some(&(u64::from(count), u64::from(count))));
    assert!(heard.is_sorted());
    admin.close().await.unwrap();
    report
}

async fn all(world: &World) -> BTreeMap<String, Record> {
    let rows: Vec<Record> = world
        .db
        .records()
        .get_all()
        .rows()
        .try_collect()
        .await
        .unwrap();
    rows.into_iter().map(|row| (row.id.clone(), row)).collect()
}

/// Beside a running server, twice, with more, with other numbers.
async fn examples_are_the_same_each_time(world: World) {
    let first = make(&world, 25, 1).await;
    assert_eq!((first.added, first.there_before), (25, 0));
    let rows = all(&world).await;
    assert_eq!(rows.len(), 25);
    assert!(rows.values().all(|row| row.unreadable.is_empty()));
    for status in Status::ALL {
        assert!(
            rows.values().any(|row| row.status == Some(status)),
            "{status}"
        );
    }
    world.clock.pass(86_400);
    let again = make(&world, 25, 1).await;
    assert_eq!((again.added, again.there_before), (0, 25));
    assert_eq!(all(&world).await, rows, "they stay as they were, times too");
    let gone = rows.keys().next().unwrap();
    world.db.records().purge(gone).await.unwrap();
    let more = make(&world, 1200, 1).await;
    assert_eq!((more.added, more.there_before), (1176, 24));
    assert!(all(&world).await.contains_key(gone));
    assert_eq!(make(&world, 25, 2).await.added, 25);
    let shown = world.shown(gone).await;
    assert_eq!((shown.managed, shown.unreadable), (None, Vec::new()));
}

#[tokio::test]
async fn sqlite() {
    examples_are_the_same_each_time(World::file().await).await;
}

#[tokio::test]
async fn postgres() {
    World::on(
        crate::servers::Server::Postgres,
        module_path!(),
        examples_are_the_same_each_time,
    )
    .await;
}

#[tokio::test]
async fn mariadb() {
    World::on(
        crate::servers::Server::MariaDb,
        module_path!(),
        examples_are_the_same_each_time,
    )
    .await;
}

/// The same rows on every database, but for the day that their times are counted back from.
#[tokio::test]
async fn all_databases_get_the_same() {
    let world = World::file().await;
    make(&world, 40, 9).await;
    let wanted = undated(all(&world).await);
    for server in [
        crate::servers::Server::Postgres,
        crate::servers::Server::MariaDb,
    ] {
        let wanted = &wanted;
        World::on(server, module_path!(), async |other| {
            make(&other, 40, 9).await;
            let same = undated(all(&other).await) == *wanted;
            assert!(same, "{server:?} has other rows");
        })
        .await;
    }
}

/// Times as they are apart.
fn undated(mut rows: BTreeMap<String, Record>) -> BTreeMap<String, Record> {
    let newest = rows
        .values()
        .filter_map(|row| row.created_at)
        .max()
        .unwrap();
    let apart = |at: &mut Option<DateTime<Utc>>| {
        *at = at.map(|at| DateTime::UNIX_EPOCH + (at - newest));
    };
    for row in rows.values_mut() {
        apart(&mut row.created_at);
        apart(&mut row.deployed_at);
        apart(&mut row.deleted_at);
    }
    rows
}

#[tokio::test]
async fn a_database_without_tables_is_refused_and_too_many_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.db");
    std::fs::write(&path, b"").unwrap();
    let target = store::DatabaseTarget::Sqlite(path);
    let mut admin = Admin::open(&target, Access::Add, HandClock::new())
        .await
        .unwrap();
    let refused = seed(&mut admin, SeedOptions::default(), &mut |_, _| ()).await;
    let Err(AdminError::Refused(words)) = refused else {
        panic!("{refused:?}");
    };
    assert!(words.contains("havre db init"), "{words}");
    let many = SeedOptions {
        count: 1_000_001,
        rng_seed: 1,
    };
    let refused = seed(&mut admin, many, &mut |_, _| ()).await;
    assert!(
        matches!(refused, Err(AdminError::Refused(_))),
        "{refused:?}"
    );
}
