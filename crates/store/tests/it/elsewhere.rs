//! The original's database where Flask put it.

use sqlx::{ConnectOptions, Connection, Row};
use store::DatabaseTarget;
use store::admin::{Access, Admin, UpgradeOptions, copy_file, original_elsewhere, upgrade};

use crate::world::*;

const MADE: &str = "CREATE TABLE deployments (id VARCHAR(36) NOT NULL, name VARCHAR(100) NOT NULL, \
    deployment_type VARCHAR(10) NOT NULL, framework VARCHAR(50) NOT NULL, github_url VARCHAR(500) NOT NULL, \
    resources_json TEXT, status VARCHAR(20) NOT NULL, created_at DATETIME NOT NULL, deployed_at DATETIME, \
    deleted_at DATETIME, ip_address VARCHAR(45), vm_id INTEGER, error_message TEXT, PRIMARY KEY (id)); \
    CREATE INDEX ix_deployments_name ON deployments (name); \
    INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources_json, status, created_at) VALUES \
    ('a', 'shop', 'lxc', 'flask', 'https://github.com/acme/shop', '{\"cores\": 1}', 'running', '2026-01-02 03:04:05.678901')";

/// It is copied to where the setting says, adopted there, and stays as it was.
#[tokio::test]
async fn it_is_copied_and_adopted_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (wanted, instance) = (
        folder.path().join("deployments.db"),
        folder.path().join("instance"),
    );
    std::fs::create_dir(&instance).unwrap();
    let theirs = instance.join("deployments.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&theirs)
        .create_if_missing(true);
    let mut link = options.connect().await.unwrap();
    sqlx::raw_sql(MADE).execute(&mut link).await.unwrap();
    link.close().await.unwrap();
    let before = std::fs::read(&theirs).unwrap();

    assert_eq!(original_elsewhere(&wanted), Some(theirs.clone()));
    let from = DatabaseTarget::Sqlite(theirs.clone());
    let mut admin = Admin::open(&from, Access::Look, HandClock::new())
        .await
        .unwrap();
    assert_eq!(copy_file(&mut admin, &wanted).await.unwrap(), wanted);
    admin.close().await.unwrap();
    assert_eq!(original_elsewhere(&wanted), None);

    let to = DatabaseTarget::Sqlite(wanted.clone());
    let mut admin = Admin::open(&to, Access::Alone, HandClock::new())
        .await
        .unwrap();
    let report = upgrade(&mut admin, &UpgradeOptions::default())
        .await
        .unwrap();
    admin.close().await.unwrap();
    assert_eq!(report.adopted.unwrap().rows, 1);
    let mut link = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&wanted)
        .connect()
        .await
        .unwrap();
    let row = sqlx::raw_sql("SELECT name, resources FROM deployments")
        .fetch_one(&mut link)
        .await
        .unwrap();
    let found: (String, String) = (row.get(0), row.get(1));
    assert_eq!(found, ("shop".into(), "{\"cores\": 1}".into()));
    assert_eq!(std::fs::read(&theirs).unwrap(), before);
    let left: Vec<_> = std::fs::read_dir(&instance)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["deployments.db"]);
}
