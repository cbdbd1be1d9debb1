//! The file of a backup: private, whole or not there, never in the place of another.

use std::os::unix::fs::PermissionsExt;

use store::admin::{Access, BackupError, BackupTo, backup, default_name};

use super::tools::*;
use crate::world::*;

#[tokio::test]
async fn it_is_private_and_named_by_the_time() {
    let world = World::file().await;
    world.deploy("shop").await;
    let folder = tempfile::tempdir().unwrap();
    let mut db = admin(&world.url, Access::Look).await;
    let to = BackupTo::Folder(folder.path().to_owned());
    let report = backup(&mut db, &migrations(), to.clone(), &quiet)
        .await
        .unwrap();
    let path = report.path.unwrap();
    assert_eq!(listing(folder.path()), std::slice::from_ref(&path));
    let name = path.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, default_name(domain::ports::Clock::now(&*world.clock)));
    assert!(
        name.starts_with("havre-2026") && name.ends_with("Z.backup"),
        "{name}"
    );
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = backup(&mut db, &migrations(), to, &quiet).await.unwrap();
    let second = again.path.unwrap();
    let second = second.file_name().unwrap().to_str().unwrap();
    assert_eq!(second, name.replace(".backup", "-2.backup"));
    // The connection is as good as before.
    save(&world.url, &folder.path().join("other")).await;
}

#[tokio::test]
async fn it_never_takes_the_place_of_a_file() {
    let world = World::file().await;
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "mine").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    for path in [&taken, &link] {
        let error = try_save(&world.url, path).await.unwrap_err();
        assert!(matches!(error, BackupError::Exists(_)), "{error}");
    }
    // Somebody makes it while the backup is on its way.
    let late = folder.path().join("late");
    let mut db = admin(&world.url, Access::Look).await;
    let make = |_| std::fs::write(folder.path().join("late"), "theirs").unwrap();
    let raced = backup(&mut db, &migrations(), BackupTo::File(late.clone()), &make).await;
    assert!(raced.is_err());
    assert_eq!(std::fs::read_to_string(late).unwrap(), "theirs");
    assert_eq!(std::fs::read_to_string(taken).unwrap(), "mine");
    assert_eq!(listing(folder.path()).len(), 3, "nothing else is left");
}

#[tokio::test]
async fn what_a_killed_one_left_is_written_over_and_what_another_one_writes_is_not() {
    let world = World::file().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.backup");
    let part = folder.path().join("all.backup.part");
    std::fs::write(&part, "x".repeat(100_000)).unwrap();
    let held = std::fs::File::open(&part).unwrap();
    held.try_lock().unwrap();
    let error = try_save(&world.url, &path).await.unwrap_err();
    assert!(matches!(error, BackupError::BeingWritten(_)), "{error}");
    drop(held);
    save(&world.url, &path).await;
    assert_eq!(listing(folder.path()), std::slice::from_ref(&path));
    assert!(!rows_of(&path).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn given_up_it_leaves_nothing() {
    let world = World::file().await;
    world.deploy("shop").await;
    let folder = tempfile::tempdir().unwrap();
    let mut db = admin(&world.url, Access::Look).await;
    let given_up = tokio::sync::Notify::new();
    let path = folder.path().join("all.backup");
    let all = migrations();
    let begun = |_| given_up.notify_one();
    let saving = backup(&mut db, &all, BackupTo::File(path.clone()), &begun);
    tokio::select! {
        biased;
        () = given_up.notified() => {}
        _ = saving => {}
    }
    // The thread hears of it, and removes what it wrote.
    let gone = async {
        while listing(folder.path()).iter().any(|left| *left != path) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone)
        .await
        .unwrap();
    assert!(
        !path.exists() || !rows_of(&path).is_empty(),
        "whole, or not there"
    );
}

#[tokio::test]
async fn where_nothing_can_be_written_it_says_so() {
    let world = World::file().await;
    let error = try_save(&world.url, std::path::Path::new("/nowhere/all.backup"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("Its folder must be there"),
        "{error}"
    );
}
