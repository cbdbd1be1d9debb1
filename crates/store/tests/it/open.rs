//! Opening: the key, the lock, the schema.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use domain::ports::Dice;
use store::{Database, DatabaseTarget, MigrateError, OpenError, SecretKey};

use crate::world::*;

async fn open(folder: &Path, dice: &Arc<Dice>) -> Result<Arc<Database>, OpenError> {
    let key = SecretKey::load_or_create(folder, None, dice)?;
    let target = DatabaseTarget::Sqlite(folder.join("deployments.db"));
    Database::open(&target, key, HandClock::new(), dice.clone()).await
}

async fn refused(folder: &Path) -> OpenError {
    open(folder, &dice(9)).await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let world = World::file().await;
    let mut new = ask("my-app");
    new.env = env(&[("A", "1")]);
    let first = world.store.accept_deploy(&new).await.unwrap();
    let world = world.reopen(2).await;
    assert_eq!(world.release(&first.release).await.env, env(&[("A", "1")]));
    world.serve_next(1).await;
}

#[tokio::test]
async fn closing_folds_the_log_so_that_one_file_is_a_backup() {
    let world = World::file().await;
    world.deploy("my-app").await;
    world.db.close().await;
    world.db.close().await;
    for beside in ["deployments.db-wal", "deployments.db-shm"] {
        assert!(!world.folder.path().join(beside).exists(), "{beside}");
    }
    let copy = world.folder.path().join("copy.db");
    std::fs::copy(world.path(), &copy).unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM deployments")
        .fetch_one(&mut foreign(&copy).await)
        .await
        .unwrap();
    assert_eq!(rows, 1);
    let refused = world.store.queued().await;
    assert!(
        matches!(refused, Err(domain::ports::StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn files_are_for_us_alone() {
    let world = World::file().await;
    world.deploy("my-app").await;
    for file in [
        "deployments.db",
        "deployments.db-wal",
        "secret.key",
        "deployments.db.lock",
    ] {
        let mode = std::fs::metadata(world.folder.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_second_server_is_refused() {
    let world = World::file().await;
    let error = refused(world.folder.path()).await;
    assert!(matches!(error, OpenError::InUse(_)), "{error:?}");
    assert!(error.to_string().contains("stop the other one"), "{error}");
    world.reopen(2).await.deploy("my-app").await;
}

#[tokio::test]
async fn another_key_is_refused_with_the_cure() {
    let world = World::file().await;
    world.db.close().await;
    let World {
        folder, store, db, ..
    } = world;
    drop((store, db));
    std::fs::write(folder.path().join("secret.key"), "ab".repeat(32)).unwrap();
    let error = refused(folder.path()).await;
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error:?}");
    assert!(
        error.to_string().contains("HAVRE_SECRET_KEY_FILE"),
        "{error}"
    );
    assert!(!error.to_string().contains("abababab") && !format!("{error:?}").contains("abababab"));
}

#[tokio::test]
async fn a_missing_key_is_refused_and_not_replaced() {
    let world = World::file().await;
    world.db.close().await;
    let World {
        folder, store, db, ..
    } = world;
    drop((store, db));
    let (key, kept) = (folder.path().join("secret.key"), folder.path().join("kept"));
    std::fs::rename(&key, &kept).unwrap();
    for _ in 0..2 {
        let error = refused(folder.path()).await;
        assert!(matches!(error, OpenError::MissingKey(_)), "{error:?}");
        assert!(!key.exists());
    }
    std::fs::rename(&kept, &key).unwrap();
    open(folder.path(), &dice(9)).await.unwrap();
}

#[tokio::test]
async fn a_key_file_of_its_own_must_be_there_whole_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("elsewhere.key");
    let load =
        || SecretKey::load_or_create(folder.path(), Some(&key), &dice(1)).map(|key| key.id());
    assert!(load().unwrap_err().to_string().contains("elsewhere.key"));
    std::fs::write(&key, "short").unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    assert!(
        load()
            .unwrap_err()
            .to_string()
            .contains("64 hexadecimal digits")
    );
    std::fs::write(&key, format!("{}\n", "5a".repeat(32))).unwrap();
    load().unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o604)).unwrap();
    assert!(load().unwrap_err().to_string().contains("chmod 600"));
    assert!(!folder.path().join("secret.key").exists());
}

#[tokio::test]
async fn a_key_never_shows() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.key"), "5a".repeat(32)).unwrap();
    std::fs::set_permissions(
        folder.path().join("secret.key"),
        PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let key = SecretKey::load_or_create(folder.path(), None, &dice(1)).unwrap();
    let shown = format!("{key:?} {}", key.id());
    assert!(
        !shown.contains("5a5a") && !shown.contains("90, 90"),
        "{shown}"
    );
}

async fn with_sql(statements: &'static str) -> OpenError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployments.db");
    std::fs::write(&path, "").unwrap();
    let mut other = foreign(&path).await;
    sqlx::raw_sql(statements).execute(&mut other).await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = refused(folder.path()).await;
    let now: Vec<String> = sqlx::query_scalar("SELECT sql FROM sqlite_master")
        .fetch_all(&mut other)
        .await
        .unwrap();
    assert!(
        !now.iter().any(|sql| sql.contains("havre_meta")),
        "it was touched: {now:?}"
    );
    drop(before);
    error
}

#[tokio::test]
async fn a_table_of_sqlalchemy_is_refused_and_not_touched() {
    let error = with_sql(include_str!("fixtures/seed_sqlite.sql")).await;
    let OpenError::Schema(MigrateError::NotAdopted(_)) = &error else {
        panic!("{error:?}");
    };
    assert!(error.to_string().contains("havre db upgrade"), "{error}");
}

#[tokio::test]
async fn a_table_of_that_name_with_other_columns_is_refused_by_their_names() {
    let error = with_sql(
        "CREATE TABLE deployments (id VARCHAR(36) PRIMARY KEY, name TEXT, replicas INTEGER)",
    )
    .await;
    let words = error.to_string();
    assert!(
        words.contains("`replicas`") && words.contains("github_url"),
        "{words}"
    );
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let error = with_sql("CREATE TABLE bookmarks (id INTEGER)").await;
    assert!(
        matches!(error, OpenError::Schema(MigrateError::ForeignTables(ref table)) if table == "bookmarks"),
        "{error:?}"
    );
}

async fn with_schema_row(statement: &'static str) -> OpenError {
    let world = World::file().await;
    sqlx::query(statement)
        .execute(&mut world.foreign().await)
        .await
        .unwrap();
    world.db.close().await;
    let World {
        folder, store, db, ..
    } = world;
    drop((store, db));
    refused(folder.path()).await
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let error = with_schema_row(
        "INSERT INTO havre_schema SELECT MAX(version) + 1, 'next', 'x', 0 FROM havre_schema",
    )
    .await;
    assert!(
        matches!(error, OpenError::Schema(MigrateError::Newer { found, known }) if found == known + 1),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let error = with_schema_row("UPDATE havre_schema SET checksum = 'x'").await;
    assert!(
        matches!(
            error,
            OpenError::Schema(MigrateError::Changed { version: 1, .. })
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_explained() {
    let error = refused(Path::new("/nonexistent/havre")).await;
    assert!(matches!(error, OpenError::Dial(_)), "{error:?}");
    assert!(error.to_string().contains("there is no folder"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_explained_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deployments.db");
    let garbage = "not a database, but long enough to be looked at. ".repeat(100);
    std::fs::write(&path, &garbage).unwrap();
    let error = refused(folder.path()).await;
    assert!(matches!(&error, OpenError::Dial(_)), "{error:?}");
    assert!(
        error.to_string().contains("is not an SQLite database"),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), garbage);
}
