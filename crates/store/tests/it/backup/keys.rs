//! The key is never in a backup; what it opens is named where it is missing.

use domain::ports::Scope;
use store::admin::{RestoreError, RestoreOptions};

use super::tools::*;
use crate::world::*;

async fn saved() -> (World, std::path::PathBuf, String) {
    let world = World::file().await;
    for name in ["shop", "blog"] {
        let mut new = ask(name);
        new.env = env(&[("TOKEN", "s3cr3t")]);
        world.store.accept_deploy(&new).await.unwrap();
    }
    world.deploy("plain").await;
    let path = world.folder.path().join("all.backup");
    let key = save(&world.url, &path).await.header.keys[0].clone();
    (world, path, key)
}

#[tokio::test]
async fn the_key_and_what_it_opens_are_not_in_the_file() {
    let (world, path, _) = saved().await;
    let key = std::fs::read_to_string(world.folder.path().join("secret.key")).unwrap();
    let mut text = String::new();
    let file = std::fs::File::open(&path).unwrap();
    let mut unpacked = flate2::read::MultiGzDecoder::new(file);
    std::io::Read::read_to_string(&mut unpacked, &mut text).unwrap();
    assert!(text.contains("\"shop\""));
    assert!(!text.contains("s3cr3t") && !text.contains(key.trim()));
}

#[tokio::test]
async fn without_the_key_the_deployments_are_named() {
    let (_world, path, key) = saved().await;
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path(), "deployments.db");
    for found in [None, Some("00000000".to_owned())] {
        let options = RestoreOptions {
            key: found.clone(),
            without_key: false,
        };
        let error = try_restore(&url, &path, &options).await.unwrap_err();
        let words = error.to_string();
        let RestoreError::OtherKey {
            mut deployments,
            values,
            wanted,
            found: told,
        } = error
        else {
            panic!("{error:?}");
        };
        deployments.sort();
        assert_eq!(
            (deployments, values),
            (
                vec!["blog".to_owned(), "plain".to_owned(), "shop".to_owned()],
                3
            )
        );
        assert_eq!((wanted, told), (vec![key.clone()], found));
        assert!(words.contains("shop") && words.contains(&key), "{words}");
    }
    let looked = try_save(&url, &folder.path().join("x")).await;
    assert!(looked.is_err(), "nothing was restored");
}

/// Forced: everything is there but what cannot be read, and the database takes the key of the server that opens it.
#[tokio::test]
async fn forced_it_opens_under_another_key() {
    let (_world, path, _) = saved().await;
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path(), "deployments.db");
    let options = RestoreOptions {
        key: Some("00000000".into()),
        without_key: true,
    };
    let report = try_restore(&url, &path, &options).await.unwrap();
    assert_eq!((report.unreadable.len(), report.unreadable_values), (3, 3));
    let world = World::reopened(folder, 77).await;
    assert_eq!(world.store.counts(&Scope::Everyone).await.unwrap().total, 3);
    let shop = world.shown("shop").await.id.parse().unwrap();
    assert!(
        world.store.releases(&shop, 9).await.is_err(),
        "its environment stays closed"
    );
    world.deploy("new").await;
}

/// A database in which nothing is encrypted needs no key, and takes the next one.
#[tokio::test]
async fn what_holds_no_secret_is_restored_under_any_key() {
    let world = World::file().await;
    world
        .other()
        .await
        .run(
            "INSERT INTO deployments (id, name, status, created_at) VALUES ('a', 'shop', 'running', \
             '2026-11-22 08:30:38.672045')",
        )
        .await;
    let path = world.folder.path().join("all.backup");
    save(&world.url, &path).await;
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path(), "deployments.db");
    try_restore(&url, &path, &RestoreOptions::default())
        .await
        .unwrap();
    let world = World::reopened(folder, 77).await;
    assert_eq!(world.shown("shop").await.name, "shop");
}
