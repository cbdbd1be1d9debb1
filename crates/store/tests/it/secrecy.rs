//! Nothing secret stands in the files of the database.

use domain::job::Work;
use domain::ports::StoreError;

use crate::world::*;

const SECRET: &str = "correct-horse-battery-staple";

fn files_hold(world: &World, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn environments_and_secrets_are_encrypted_at_rest() {
    let world = World::file().await;
    let mut new = ask("my-app");
    new.env = env(&[("API_TOKEN_NAME", SECRET)]);
    let first = world.store.accept_deploy(&new).await.unwrap();
    world
        .store
        .secret_once(&first.deployment, "SECRET_KEY", &format!("made-{SECRET}"))
        .await
        .unwrap();
    world.serve_next(1).await;
    world
        .store
        .accept_change(&first.deployment, &set("OTHER", &format!("{SECRET}2")))
        .await
        .unwrap();
    assert!(
        !files_hold(&world, "my-app").is_empty(),
        "the search finds what is there"
    );
    assert_eq!(files_hold(&world, SECRET), Vec::<String>::new());
    assert_eq!(files_hold(&world, "API_TOKEN_NAME"), Vec::<String>::new());
    world.db.close().await;
    assert_eq!(files_hold(&world, SECRET), Vec::<String>::new());
}

/// The same value twice must not look the same, and one moved to another place must not open there.
#[tokio::test]
async fn sealed_values_are_bound_to_their_place() {
    let world = World::file().await;
    let mut ids = Vec::new();
    for name in ["one", "two"] {
        let mut new = ask(name);
        new.env = env(&[("A", SECRET)]);
        ids.push(world.store.accept_deploy(&new).await.unwrap().release);
    }
    let mut other = world.foreign().await;
    let sealed: Vec<String> = sqlx::query_scalar("SELECT env FROM releases")
        .fetch_all(&mut other)
        .await
        .unwrap();
    assert_ne!(sealed[0], sealed[1]);
    sqlx::query(
        "UPDATE releases SET env = (SELECT env FROM releases r WHERE r.id = ?) WHERE id = ?",
    )
    .bind(ids[0].to_string())
    .bind(ids[1].to_string())
    .execute(&mut other)
    .await
    .unwrap();
    let error = world.store.release(&ids[1]).await.unwrap_err();
    assert!(matches!(error, StoreError::Other { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains(SECRET));
    assert_eq!(world.release(&ids[0]).await.env, env(&[("A", SECRET)]));
}

/// A release under way holds what was erased with its deployment neither in its row nor in its guests' plans.
#[tokio::test]
async fn a_destroyed_deployment_holds_no_sealed_value() {
    let world = World::file().await;
    let mut new = ask("my-app");
    new.env = env(&[("A", SECRET)]);
    let first = world.store.accept_deploy(&new).await.unwrap();
    world.serve_next(1).await;
    world
        .store
        .secret_once(&first.deployment, "SECRET_KEY", SECRET)
        .await
        .unwrap();
    world
        .store
        .accept_work(&first.deployment, &Work::Destroy)
        .await
        .unwrap();
    let (_, lease) = world.lease().await;
    world.store.destroyed(&lease).await.unwrap();
    let mut other = world.foreign().await;
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM secrets) + (SELECT COUNT(*) FROM releases WHERE env IS NOT NULL)",
    )
    .fetch_one(&mut other)
    .await
    .unwrap();
    assert_eq!(left, 0);
}
