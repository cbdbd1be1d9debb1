//! From any database to any other.

use domain::ports::Scope;
use store::admin::{VerifyReport, holds, verify};
use store::portable::Value;

use super::tools::*;
use crate::servers::{self, Server};
use crate::world::*;

/// A world with something in every table: served, failed and waiting releases, environments, a secret, events, tags; and a
/// record of another program.
pub async fn fill(world: &World) {
    let mut shop = ask("shop");
    shop.env = env(&[("TOKEN", "s3cr3t\n\\")]);
    world.store.accept_deploy(&shop).await.unwrap();
    world.serve_next(1).await;
    world.deploy("broken").await;
    world.fail_next().await;
    let blog = world.deploy("blog").await;
    world
        .store
        .secret_once(&blog.deployment, "SECRET_KEY", "s3cr3t")
        .await
        .unwrap();
    world
        .other()
        .await
        .run(
            "INSERT INTO deployments (id, name, status, resources, created_at, deployed_at, error_message, tags) VALUES \
             ('7a0f0c9e-6c57-4f0e-9d5a-0d6f9d2f4b11', 'é 漢 🚢', 'RUNNING', 'null', '2026-11-22 08:30:38.672045', \
             '2026-11-22 08:31:00.5', 'two
lines	and \\ a backslash', 'a,b'), \
             ('7a0f0c9e-6c57-4f0e-9d5a-0d6f9d2f4b12', '', 'stopped', NULL, '1999-12-31 23:59:59.999999', NULL, '', NULL)",
        )
        .await;
}

async fn moved(from: &World, to: &str) {
    fill(from).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.backup");
    // A server runs on what is saved.
    let report = save(&from.url, &path).await;
    let before = rows_in(&from.url).await;
    let VerifyReport { header, size, .. } = verify(&path, &|_| {}).unwrap();
    assert_eq!(header, report.header);
    assert_eq!(size, std::fs::metadata(&path).unwrap().len());
    assert_eq!(header.keys.len(), 1);
    let told = report.about_keys().unwrap();
    assert!(
        told.contains("NOT in the backup") && told.contains(&header.keys[0]),
        "{told}"
    );
    let restored = try_restore(to, &path, &with_key(&header.keys[0]))
        .await
        .unwrap();
    assert_eq!(restored.header, header);
    assert_eq!((restored.unreadable.len(), restored.dangling.len()), (0, 0));
    same_rows(&before, &rows_in(to).await);
}

/// The same values; a time without a fraction is spelled with one where times are not text.
fn same_rows(before: &Tables, after: &Tables) {
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before.0, after.0);
        let before: Vec<_> = before.1.iter().map(|row| canonical(row)).collect();
        let after: Vec<_> = after.1.iter().map(|row| canonical(row)).collect();
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
}

fn canonical(row: &[Value]) -> Vec<Value> {
    let spelled = |value: &Value| match value {
        Value::Text(text) if text == "2026-11-22 08:31:00.5" => {
            Value::Text("2026-11-22 08:31:00.500000".into())
        }
        other => other.clone(),
    };
    row.iter().map(spelled).collect()
}

/// Into a file, from any.
async fn into_a_file(from: World) {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(folder.path(), "other.db");
    moved(&from, &url).await;
    reads_on(&from, folder).await;
}

/// Into a server, from any.
async fn into_a_server(from: World, server: Server) {
    servers::on(server, "backup::moves", async |database| {
        moved(&from, &database.url()).await;
        // And once more, in the place of what is there now.
        moved_again(&from, &database.url()).await;
    })
    .await;
}

async fn moved_again(from: &World, to: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.backup");
    from.deploy("meanwhile").await;
    let key = save(&from.url, &path).await.header.keys[0].clone();
    let mut db = admin(to, store::admin::Access::Alone).await;
    assert_eq!(holds(&mut db, &migrations()).await.unwrap(), Some(5));
    db.close().await.unwrap();
    try_restore(to, &path, &with_key(&key)).await.unwrap();
    same_rows(&rows_of(&path), &rows_in(to).await);
}

/// A server opens what was restored, with the same key: it reads what was encrypted, and counts on.
async fn reads_on(from: &World, folder: tempfile::TempDir) {
    let key = from.folder.path().join("secret.key");
    std::fs::copy(key, folder.path().join("secret.key")).unwrap();
    let file = folder.path().join("other.db");
    std::fs::rename(file, folder.path().join("deployments.db")).unwrap();
    let events = from.store.events_after(None, 0, 1000).await.unwrap();
    let shop = from.shown("shop").await.id;
    let world = World::reopened(folder, 9).await;
    let again = world.store.events_after(None, 0, 1000).await.unwrap();
    assert_eq!(again.len(), events.len());
    let shop = shop.parse().unwrap();
    let releases = world.store.releases(&shop, 9).await.unwrap();
    assert_eq!(releases[0].env, env(&[("TOKEN", "s3cr3t\n\\")]));
    let counts = world.store.counts(&Scope::Everyone).await.unwrap();
    assert_eq!(counts.total, 5);
    world.deploy("later").await;
    let last = events.last().unwrap().seq;
    let next = world.store.events_after(None, last, 1000).await.unwrap();
    assert!(!next.is_empty() && next.iter().all(|event| event.seq > last));
}

macro_rules! matrix {
    ($($name:ident: $from:expr => $to:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            from_any($from, $to).await;
        }
    )*};
}

/// None is a file.
async fn from_any(from: Option<Server>, to: Option<Server>) {
    let body = async |world: World| match to {
        Some(server) => into_a_server(world, server).await,
        None => into_a_file(world).await,
    };
    match from {
        Some(server) => World::on(server, "backup::moves", body).await,
        None => body(World::file().await).await,
    }
}

matrix! {
    file_to_file: None => None;
    file_to_postgres: None => Some(Server::Postgres);
    file_to_mariadb: None => Some(Server::MariaDb);
    postgres_to_file: Some(Server::Postgres) => None;
    postgres_to_postgres: Some(Server::Postgres) => Some(Server::Postgres);
    postgres_to_mariadb: Some(Server::Postgres) => Some(Server::MariaDb);
    mariadb_to_file: Some(Server::MariaDb) => None;
    mariadb_to_postgres: Some(Server::MariaDb) => Some(Server::Postgres);
    mariadb_to_mariadb: Some(Server::MariaDb) => Some(Server::MariaDb);
}

/// A number that a row had which is gone is never given again.
#[tokio::test]
async fn numbers_of_rows_that_are_gone_stay_gone() {
    let from = World::file().await;
    from.deploy("one").await;
    from.serve_next(1).await;
    let last = from.store.last_event().await.unwrap();
    from.store.prune_events(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.backup");
    let key = save(&from.url, &path).await.header.keys[0].clone();
    let url = sqlite_url(folder.path(), "deployments.db");
    try_restore(&url, &path, &with_key(&key)).await.unwrap();
    std::fs::copy(
        from.folder.path().join("secret.key"),
        folder.path().join("secret.key"),
    )
    .unwrap();
    let world = World::reopened(folder, 9).await;
    world.deploy("two").await;
    let next = world.store.events_after(None, 0, 1000).await.unwrap();
    assert!(next.iter().all(|event| event.seq > last), "{last}");
}
