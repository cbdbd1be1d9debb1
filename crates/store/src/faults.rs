//! Tests of a database that cannot write: a full disk, a lock that another program holds, a value of another version.

use domain::ports::{Change, Deployments, Events, Jobs, NewDeploy, Scope, StoreError};
use domain::release::DeployOptions;
use domain::{DriverKind, EnvVars};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::Database;
use crate::plans::file_database;

fn ask(name: &str) -> NewDeploy {
    NewDeploy {
        name: name.parse().unwrap(),
        kind: None,
        driver: DriverKind::Local,
        url: "https://github.com/acme/shop".parse().unwrap(),
        git_ref: None,
        options: DeployOptions::default(),
        env: EnvVars::default(),
        resources: None,
        replace_source: false,
        owner: None,
        tags: None,
        node: None,
    }
}

/// Says something to the one connection that writes.
async fn tell_writer(db: &Database, sql: &'static str) {
    let mut writer = db.writer_for_tests().await;
    writer.link().run_script(sql).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let (db, _folder) = file_database().await;
    let first = db.accept_deploy(&ask("first")).await.unwrap();
    // The smallest bound that SQLite takes is the size that the file has.
    tell_writer(&db, "PRAGMA max_page_count = 1").await;
    let mut taken = 1;
    let error = loop {
        match db.accept_deploy(&ask(&format!("app-{taken}"))).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert_eq!(db.counts(&Scope::Everyone).await.unwrap().total, taken);
    assert_eq!(db.queued().await.unwrap(), taken);
    tell_writer(&db, "PRAGMA max_page_count = 100000").await;
    db.accept_deploy(&ask("after")).await.unwrap();
    db.warn(&first.deployment, "room again").await.unwrap();
}

#[tokio::test]
async fn a_lock_that_another_program_holds_is_worth_trying_again() {
    let (db, folder) = file_database().await;
    tell_writer(&db, "PRAGMA busy_timeout = 20").await;
    let path = folder.path().join("deployments.db");
    let mut other = SqliteConnectOptions::new()
        .filename(path)
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let error = db.accept_deploy(&ask("my-app")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let counts = db.counts(&Scope::Everyone).await.unwrap();
    assert_eq!(counts.total, 0, "readers go on");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    db.accept_deploy(&ask("my-app")).await.unwrap();
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_told_by_its_column_alone() {
    let (db, _folder) = file_database().await;
    let id = db.accept_deploy(&ask("my-app")).await.unwrap().deployment;
    tell_writer(&db, "UPDATE releases SET options = 'sekrit'").await;
    let change = Change::Redeploy {
        git_ref: None,
        discard_data: false,
    };
    let StoreError::Other { what, source } = db.accept_change(&id, &change).await.unwrap_err()
    else {
        panic!("another kind of error");
    };
    assert_eq!(what, "the database could not take a change");
    assert!(source.to_string().contains("options"), "{source}");
    assert!(!source.to_string().contains("sekrit"), "{source}");
}
