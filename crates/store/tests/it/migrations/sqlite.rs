//! What only SQLite has: databases of First light, tables that are rebuilt, backups beside the file.

use store::admin::SchemaKind;

use super::{a_bit_of_everything, insert, names, newest, newest_schema, open, state, write};
use crate::ground::{Ground, files};
use crate::other::Other;
use crate::world::foreign;

/// A database that First light made, when migrations were SQL.
#[tokio::test]
async fn a_database_of_first_light_is_brought_up() {
    let ground = Ground::file();
    let mut other = ground.other().await;
    other.run(include_str!("../fixtures/first_light.sql")).await;
    other
        .run(
            "CREATE TABLE havre_schema (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, \
             checksum VARCHAR(64) NOT NULL, applied_at BIGINT NOT NULL); \
             INSERT INTO havre_schema VALUES (1, 'first_light', \
             'efb99835cf96e277efd61bd704e743bf06bae65fd05fc17c435976553b63ee03', 1795000000000000)",
        )
        .await;
    insert(&mut other, 3).await;
    other.run("INSERT INTO managed (deployment_id, driver, slot, label) VALUES ('id-0', 'local', 1, 'app-0')").await;
    other
        .run("INSERT INTO names VALUES ('app-0', 'id-0')")
        .await;
    other.close().await;
    open(&ground).await.unwrap();
    assert_eq!(state(&ground).await.kind, SchemaKind::Current);

    let fresh = Ground::file();
    fresh.upgrade().await.unwrap();
    assert_eq!(ground.schema().await, fresh.schema().await);
    let mut other = ground.other().await;
    assert_eq!(names(&mut other).await.len(), 3);
    assert_eq!(other.text("SELECT label FROM names").await, "app-0");
    assert_eq!(files(ground.folder.path(), ".backup-").len(), 1);
}

/// What SQLite must rebuild keeps everything that hangs on it.
#[tokio::test]
async fn a_rebuild_keeps_triggers_views_indexes_and_foreign_keys() {
    let ground = Ground::file();
    ground.upgrade().await.unwrap();
    let mut other = ground.other().await;
    insert(&mut other, 2).await;
    other
        .run(
            "CREATE TABLE log (what TEXT); CREATE TRIGGER mine AFTER UPDATE ON deployments BEGIN \
             INSERT INTO log VALUES (new.name); END; \
             CREATE INDEX mine_partial ON deployments (name) WHERE status = 'failed'; \
             CREATE INDEX mine_odd ON deployments (name DESC, length(name)); \
             CREATE VIEW failed AS SELECT name FROM deployments WHERE status = 'failed'; \
             CREATE TABLE notes (d VARCHAR(36) REFERENCES deployments (id) ON DELETE CASCADE); \
             INSERT INTO notes VALUES ('id-1')",
        )
        .await;
    write(
        &ground.dir(),
        &newest_schema(),
        newest() + 1,
        a_bit_of_everything(),
    );
    for down in [false, true] {
        if down {
            ground.downgrade_with(&ground.options()).await.unwrap();
        } else {
            ground.upgrade().await.unwrap();
        }
        other
            .run("UPDATE deployments SET vm_id = 7 WHERE id = 'id-1'")
            .await;
        assert_eq!(other.text("SELECT what FROM log").await, "app-1");
        other.run("DELETE FROM log").await;
        assert_eq!(other.text("SELECT COUNT(*) || '' FROM failed").await, "2");
        assert_eq!(
            other.text("SELECT d FROM notes").await,
            "id-1",
            "nothing cascaded"
        );
        let indexes = other
            .texts("SELECT name FROM sqlite_master WHERE name LIKE 'mine%' ORDER BY 1")
            .await;
        assert_eq!(indexes.len(), 3, "{indexes:?}");
        let target = other
            .text("SELECT \"table\" FROM pragma_foreign_key_list('notes')")
            .await;
        assert_eq!(target, "deployments");
        assert_eq!(other.text("PRAGMA integrity_check").await, "ok");
        assert_eq!(
            other
                .texts("SELECT \"table\" FROM pragma_foreign_key_check")
                .await,
            []
        );
    }
}

/// Rows that point nowhere would go unseen: it stops, and the database is as it was.
#[tokio::test]
async fn broken_references_stop_a_migration() {
    let ground = Ground::file();
    ground.upgrade().await.unwrap();
    let mut other = ground.other().await;
    other
        .run("INSERT INTO names VALUES ('ghost', 'nobody')")
        .await;
    write(
        &ground.dir(),
        &newest_schema(),
        newest() + 1,
        a_bit_of_everything(),
    );
    let before = ground.schema().await;
    let refused = ground.upgrade().await.unwrap_err().to_string();
    assert!(refused.contains("names -> managed"), "{refused}");
    assert_eq!(ground.schema().await, before);
}

/// Two backups of one second do not share a file, and none is written over.
#[tokio::test]
async fn backups_are_never_overwritten_and_are_for_us_alone() {
    use std::os::unix::fs::PermissionsExt;
    let ground = Ground::file();
    ground.upgrade().await.unwrap();
    insert(&mut ground.other().await, 1).await;
    write(
        &ground.dir(),
        &newest_schema(),
        newest() + 1,
        a_bit_of_everything(),
    );
    let unfinished = ground
        .folder
        .path()
        .join("deployments.db.backup-20200101T000000Z.part");
    std::fs::write(unfinished, "of a backup that was killed").unwrap();
    // The clock stands still here.
    ground.upgrade().await.unwrap();
    ground.downgrade_with(&ground.options()).await.unwrap();
    let backups = files(ground.folder.path(), ".backup-");
    assert_eq!(backups.len(), 2, "{backups:?}");
    for backup in &backups {
        let mode = std::fs::metadata(backup).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut copy = Other::Sqlite(Box::new(foreign(backup).await));
        assert_eq!(names(&mut copy).await.len(), 1);
    }
    assert_eq!(
        files(ground.folder.path(), ".part"),
        Vec::<std::path::PathBuf>::new()
    );
}
