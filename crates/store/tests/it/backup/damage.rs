//! A file that is not a whole backup changes nothing.

use std::path::Path;

use store::admin::{RestoreError, verify};

use super::tools::*;
use crate::world::*;

#[tokio::test]
async fn a_damaged_file_changes_nothing() {
    let world = World::file().await;
    world.deploy("shop").await;
    let path = world.folder.path().join("all.backup");
    let key = with_key(&save(&world.url, &path).await.header.keys[0]);
    world.deploy("later").await;
    let (folder, url) = stop(world).await;
    let before = rows_in(&url).await;
    let good = std::fs::read(&path).unwrap();
    let bad = folder.path().join("bad.backup");
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 4;
    let appended = [&good[..], b"x"].concat();
    let cut = good[..good.len() - 9].to_vec();
    for (bytes, word) in [
        (flipped, "damaged"),
        (appended, "follows"),
        (cut, "cut off"),
        (vec![], "cut off"),
    ] {
        std::fs::write(&bad, bytes).unwrap();
        let told = verify(&bad, &|_| {}).unwrap_err().to_string();
        assert!(told.contains(word), "{told}");
        let error = try_restore(&url, &bad, &key).await.unwrap_err();
        assert!(matches!(error, RestoreError::File(_)), "{error:?}");
    }
    assert_eq!(rows_in(&url).await, before);
    try_restore(&url, &path, &key).await.unwrap();
    assert_ne!(rows_in(&url).await, before);
}

#[test]
fn what_is_no_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    for path in [&missing, folder.path(), Path::new("/dev/zero")] {
        let told = verify(path, &|_| {}).unwrap_err().to_string();
        assert!(told.contains("cannot be read"), "{told}");
    }
    let database = folder.path().join("copy.db");
    std::fs::write(&database, b"SQLite format 3\0 and so on and on and on").unwrap();
    let told = verify(&database, &|_| {}).unwrap_err().to_string();
    assert!(told.contains("not a backup"), "{told}");
}
