//! Backups of other versions of the schema.

use store::admin::RestoreError;
use store::schema::Migrations;

use super::tools::*;
use crate::servers::{self, Server};
use crate::world::*;

/// A version more than this program has.
fn newer(folder: &std::path::Path) -> Migrations {
    let version = migrations().newest() + 1;
    let file = format!(
        "version = {version}\nname = \"colour\"\n\n[[up]]\nop = \"add_column\"\ntable = \"deployments\"\n\
         column = {{ name = \"colour\", type = \"varchar(20)\", nullable = true }}\n\n[[down]]\nop = \"drop_column\"\n\
         table = \"deployments\"\ncolumn = \"colour\"\n"
    );
    std::fs::write(folder.join(format!("{version:04}_colour.toml")), file).unwrap();
    Migrations::with_dir(folder).unwrap()
}

async fn an_older_one_is_brought_up(url: &str) {
    let world = World::file().await;
    world.deploy("shop").await;
    let folder = tempfile::tempdir().unwrap();
    let newer = newer(folder.path());
    let path = folder.path().join("older.backup");
    let key = with_key(&save(&world.url, &path).await.header.keys[0]);
    let report = try_restore_with(&newer, url, &path, &key).await.unwrap();
    assert_eq!(report.migrated.len(), 1, "{:?}", report.migrated);
    // And that one is newer than what this program knows by itself.
    let newer_path = folder.path().join("newer.backup");
    let mut db = admin(url, store::admin::Access::Look).await;
    let to = store::admin::BackupTo::File(newer_path.clone());
    let saved = store::admin::backup(&mut db, &newer, to, &quiet)
        .await
        .unwrap();
    db.close().await.unwrap();
    assert_eq!(saved.header.schema.len(), world_versions() + 1);
    let before = rows_of(&path);
    let (_folder, url) = stop(world).await;
    let error = try_restore(&url, &newer_path, &key).await.unwrap_err();
    assert!(matches!(error, RestoreError::Newer { .. }), "{error}");
    assert_eq!(rows_in(&url).await, before);
}

fn world_versions() -> usize {
    migrations().newest() as usize
}

#[tokio::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    an_older_one_is_brought_up(&sqlite_url(folder.path(), "other.db")).await;
}

#[tokio::test]
async fn postgres() {
    servers::on(Server::Postgres, "backup::schemas", async |database| {
        an_older_one_is_brought_up(&database.url()).await;
    })
    .await;
}

#[tokio::test]
async fn mariadb() {
    servers::on(Server::MariaDb, "backup::schemas", async |database| {
        an_older_one_is_brought_up(&database.url()).await;
    })
    .await;
}
