//! Random changes of random schemas on live databases: every statement runs, the database is then what was wanted, rows
//! stay, and the way back leads back.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Builder;

use super::live::{Live, ROWS};
use crate::schema::tests::random;
use crate::schema::{Migrations, Op, Schema, Table, diff, model, recognise};

/// Goes from nothing to one schema, to the other, back, and there again. False when rows were in the way. `schema` is what
/// the database is then.
async fn change(live: &mut Live, schema: &mut Schema, one: &Schema, other: &Schema) -> bool {
    let first = diff(schema, one).unwrap();
    assert!(live.migrate(&first, schema).await);
    is(live, one).await;
    live.fill(one).await;
    for to in [other, one, other] {
        let from = schema.clone();
        let ops = diff(&from, to).unwrap();
        if !live.migrate(&ops, schema).await {
            return false;
        }
        is(live, to).await;
        let stays = |table: &&Table| {
            [one, other]
                .iter()
                .all(|it| it.table(&table.name).is_some())
        };
        for table in schema.tables.values().filter(stays) {
            assert_eq!(live.ids(table).await.len() as i64, ROWS, "{}", table.name);
        }
    }
    true
}

/// The database says of itself that it is this.
async fn is(live: &mut Live, wanted: &Schema) {
    let dialect = live.dialect();
    let read = live.schema().await;
    let read = recognise(&read, wanted, &BTreeSet::new(), dialect);
    assert_eq!(diff(&read, wanted).unwrap(), vec![], "{read:#?}");
}

proptest! {
    #![proptest_config(Config::with_cases(64))]
    #[test]
    fn any_change_on_sqlite((one, other) in (random::schema(), random::schema())) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut live = Live::sqlite().await;
            if !change(&mut live, &mut Schema::default(), &one, &other).await {
                return;
            }
            assert_eq!(live.rows("PRAGMA foreign_key_check").await.len(), 0);
            let mut fresh = Live::sqlite().await;
            let ops = diff(&Schema::EMPTY, &other).unwrap();
            assert!(fresh.migrate(&ops, &mut Schema::default()).await);
            assert_eq!(live.looks().await, fresh.looks().await);
        });
    }
}

/// The same random changes every time, one behind the other in one database.
async fn some_changes(variable: &str, test: &str) {
    let Some(mut live) = Live::on_server(variable, test).await else {
        return;
    };
    let mut runner = TestRunner::deterministic();
    let mut went = 0;
    for _ in 0..4 {
        let pair = (random::schema(), random::schema());
        let (one, other) = pair.new_tree(&mut runner).unwrap().current();
        let mut schema = Schema::default();
        went += usize::from(change(&mut live, &mut schema, &one, &other).await);
        let away = diff(&schema, &Schema::EMPTY).unwrap();
        assert!(live.migrate(&away, &mut schema).await);
    }
    assert!(went > 0, "only {went} changes were not refused");
    live.end(test).await;
}

#[tokio::test]
async fn any_change_on_postgres() {
    some_changes("HAVRE_TEST_POSTGRES", "any_change").await;
}

#[tokio::test]
async fn any_change_on_mariadb() {
    some_changes("HAVRE_TEST_MARIADB", "any_change").await;
}

/// On the servers, the model itself: up, down and up again.
#[tokio::test]
async fn the_first_migration_on_servers() {
    for variable in ["HAVRE_TEST_POSTGRES", "HAVRE_TEST_MARIADB"] {
        let Some(mut live) = Live::on_server(variable, "first").await else {
            continue;
        };
        let migrations = Migrations::embedded().unwrap();
        let mut schema = Schema::default();
        for to in [model(), Schema::EMPTY, model()] {
            let ops = match to == Schema::EMPTY {
                true => diff(&schema, &to).unwrap(),
                false => up(&migrations),
            };
            assert!(live.migrate(&ops, &mut schema).await);
            is(&mut live, &to).await;
        }
        live.end("first").await;
    }
}

/// Everything that leads to the model.
fn up(migrations: &Migrations) -> Vec<Op> {
    let all = migrations.all().iter();
    all.flat_map(|migration| migration.up.clone()).collect()
}
