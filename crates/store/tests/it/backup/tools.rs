//! What these tests share: saving and restoring by URL, and what is in a backup.

use std::path::{Path, PathBuf};

use store::admin::{
    Access, Admin, BackupError, BackupReport, BackupTo, Progress, RestoreError, RestoreOptions,
    RestoreReport, backup, restore,
};
use store::portable::{Reader, Value};
use store::schema::Migrations;

use tempfile::TempDir;

use crate::world::{HandClock, World};

pub fn quiet(_: Progress) {}

pub fn migrations() -> Migrations {
    Migrations::embedded().unwrap()
}

pub async fn admin(url: &str, access: Access) -> Admin {
    Admin::open(&url.parse().unwrap(), access, HandClock::new())
        .await
        .unwrap()
}

pub async fn try_save(url: &str, path: &Path) -> Result<BackupReport, BackupError> {
    let mut db = admin(url, Access::Look).await;
    let saved = backup(
        &mut db,
        &migrations(),
        BackupTo::File(path.to_owned()),
        &quiet,
    )
    .await;
    db.close().await.unwrap();
    saved
}

pub async fn save(url: &str, path: &Path) -> BackupReport {
    try_save(url, path).await.unwrap()
}

pub async fn try_restore(
    url: &str,
    path: &Path,
    options: &RestoreOptions,
) -> Result<RestoreReport, RestoreError> {
    try_restore_with(&migrations(), url, path, options).await
}

pub async fn try_restore_with(
    migrations: &Migrations,
    url: &str,
    path: &Path,
    options: &RestoreOptions,
) -> Result<RestoreReport, RestoreError> {
    let mut db = admin(url, Access::Alone).await;
    let restored = restore(&mut db, migrations, path, options, &quiet).await;
    db.close().await.unwrap();
    restored
}

/// Restores what is sealed with this key.
pub fn with_key(key: &str) -> RestoreOptions {
    RestoreOptions {
        key: Some(key.to_owned()),
        without_key: false,
    }
}

pub type Tables = Vec<(String, Vec<Vec<Value>>)>;

/// All rows of a backup, table by table.
pub fn rows_of(path: &Path) -> Tables {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = Reader::open(file).unwrap();
    let names = reader.header().tables.iter();
    let mut tables: Tables = names.map(|table| (table.name.clone(), vec![])).collect();
    while let Some(block) = reader.next_block().unwrap() {
        tables[block.table]
            .1
            .extend(block.rows().map(<[Value]>::to_vec));
    }
    // A row that MySQL locks is none of the user's.
    for (_, rows) in tables.iter_mut().filter(|table| table.0 == "havre_meta") {
        rows.retain(|row| row[0] != Value::Text("write_lock".into()));
    }
    tables
}

/// All rows of a database, read by backing it up.
pub async fn rows_in(url: &str) -> Tables {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("look.backup");
    save(url, &path).await;
    rows_of(&path)
}

pub fn sqlite_url(folder: &Path, name: &str) -> String {
    format!("sqlite:///{}", folder.join(name).display())
}

/// Everything that lies in a folder, by name.
pub fn listing(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Stops the server; what is left is its folder and its URL.
pub async fn stop(world: World) -> (TempDir, String) {
    world.db.close().await;
    let World {
        folder,
        store,
        db,
        url,
        ..
    } = world;
    drop((store, db));
    (folder, url)
}
