//! The first migration: on SQLite it makes what the file made that databases in the field were made with.

use super::live::Live;
use crate::schema::{Migrations, Schema};

const BEFORE: &str = include_str!("../../../../tests/it/fixtures/first_light.sql");

/// What the way of writing it down may change and the database does not care about: how the time of a row is spelled by
/// default (six digits now), and the type of a number that counts up.
fn told_alike(looks: Vec<String>) -> Vec<String> {
    let now = "strftime('%Y-%m-%d %H:%M:%f','now') || '000'";
    looks
        .into_iter()
        .map(|line| line.replace(now, "CURRENT_TIMESTAMP"))
        .collect()
}

#[tokio::test]
async fn the_first_migration_makes_what_it_always_made() {
    let mut old = Live::sqlite().await;
    old.run(BEFORE).await;
    let mut new = Live::sqlite().await;
    let migrations = Migrations::embedded().unwrap();
    let first = migrations.get(1).unwrap();
    let mut schema = Schema::default();
    assert!(new.migrate(&first.up, &mut schema).await);
    let (old, made) = (old.looks().await, told_alike(new.looks().await));
    assert!(old.len() > 100, "{old:#?}");
    assert_eq!(made, old);
    assert!(new.migrate(&first.down, &mut schema).await);
    assert_eq!(new.looks().await, Live::sqlite().await.looks().await);
}
