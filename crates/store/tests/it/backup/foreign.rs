//! What other programs left in an SQLite file: it comes back exactly there, and a server says which of it it cannot hold.

use store::admin::{RestoreError, RestoreOptions};

use super::tools::*;
use crate::servers::{self, Server};
use crate::world::*;

/// Every kind of value in places where it does not belong.
const STRANGE: &str = "
    INSERT INTO deployments (id, name, status, created_at) VALUES
        ('a', 'bad date', 'exploded', 'yesterday'),
        ('b', x'00ff', 'running', '2026-11-22 08:30:38.672045'),
        ('c', CAST(x'c328' AS TEXT), 'running', 20261122),
        ('d', 'real', 'running', 1.5),
        ('e', 'nul' || char(0) || 'inside', 'running', '2026-11-22T08:30:38+02:00');
    UPDATE deployments SET resources = '{' WHERE id = 'a';
    UPDATE deployments SET resources = 9e999, vm_id = 'x' WHERE id = 'b';
    UPDATE deployments SET resources = '5', vm_id = 5000000000 WHERE id = 'c';
    UPDATE deployments SET resources = x'7b7d', tags = printf('%.300c', 'x') WHERE id = 'd';
";

const LOOK: &str = "SELECT quote(id) || quote(resources) || typeof(resources) || quote(created_at) \
    || typeof(created_at) || typeof(name) || quote(vm_id) || typeof(vm_id) || quote(tags) || hex(name) \
    FROM deployments ORDER BY id";

#[tokio::test]
async fn a_file_holds_it_exactly() {
    let from = World::file().await;
    from.other().await.run(STRANGE).await;
    let before = from.other().await.texts(LOOK).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.backup");
    save(&from.url, &path).await;
    let url = sqlite_url(folder.path(), "deployments.db");
    try_restore(&url, &path, &RestoreOptions::default())
        .await
        .unwrap();
    let mut other = foreign(&folder.path().join("deployments.db")).await;
    let after: Vec<Option<String>> = sqlx::query_scalar(LOOK)
        .fetch_all(&mut other)
        .await
        .unwrap();
    assert_eq!(before.len(), 5);
    assert_eq!(before, after);
}

async fn a_server_names_it(server: Server) {
    servers::on(server, "backup::foreign", async |database| {
        let from = World::file().await;
        from.other().await.run(STRANGE).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.backup");
        save(&from.url, &path).await;
        let refused = try_restore(&database.url(), &path, &RestoreOptions::default()).await;
        let error = refused.unwrap_err();
        let RestoreError::Unfit { count, .. } = &error else {
            panic!("{error:?}");
        };
        let words = error.to_string();
        for named in [
            "(`a`), column created_at: it is not a time",
            "(`a`), column resources: it is not JSON",
            "(`b`), column name: it holds bytes",
            "(`b`), column resources",
            "(`b`), column vm_id",
            "(`c`), column name: its text is not UTF-8",
            "(`c`), column created_at",
            "(`c`), column vm_id: its number has more than 32 bits",
            "(`d`), column created_at",
            "(`d`), column resources",
            "(`d`), column tags: it has 300 characters",
        ] {
            assert!(words.contains(named), "{named}: {words}");
        }
        let nul = words.contains("(`e`), column name: its text holds a NUL");
        assert_eq!(nul, server == Server::Postgres, "{words}");
        assert_eq!(*count, 11 + u64::from(nul));
        let tables = match server {
            Server::Postgres => {
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            }
            Server::MariaDb => {
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            }
        };
        assert_eq!(
            database.connect().await.texts(tables).await,
            [],
            "nothing was made"
        );
    })
    .await;
}

#[tokio::test]
async fn postgres_names_it() {
    a_server_names_it(Server::Postgres).await;
}

#[tokio::test]
async fn mariadb_names_it() {
    a_server_names_it(Server::MariaDb).await;
}

/// Only what other programs wrote with foreign keys off.
#[tokio::test]
async fn rows_that_point_at_nothing_are_kept_by_a_file_and_named_by_a_server() {
    let from = World::file().await;
    from.deploy("shop").await;
    from.other()
        .await
        .run("PRAGMA foreign_keys = OFF; DELETE FROM managed")
        .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.backup");
    let key = with_key(&save(&from.url, &path).await.header.keys[0]);
    let url = sqlite_url(folder.path(), "deployments.db");
    let report = try_restore(&url, &path, &key).await.unwrap();
    assert!(
        report
            .dangling
            .contains(&"names -> managed (1 rows)".to_owned()),
        "{:?}",
        report.dangling
    );
    assert_eq!(rows_in(&url).await, rows_of(&path));
    for server in [Server::Postgres, Server::MariaDb] {
        servers::on(server, "backup::foreign", async |database| {
            let error = try_restore(&database.url(), &path, &key).await.unwrap_err();
            assert!(matches!(error, RestoreError::Dangling { .. }), "{error}");
        })
        .await;
    }
}

/// Tables and columns of others are named by a backup, and a restore leaves their tables alone.
#[tokio::test]
async fn what_is_not_ours_is_left_out_and_left_alone() {
    let world = World::file().await;
    world.deploy("shop").await;
    world
        .other()
        .await
        .run(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL); \
             INSERT INTO alembic_version VALUES ('abc'); ALTER TABLE deployments ADD COLUMN cost INTEGER",
        )
        .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.backup");
    let report = save(&world.url, &path).await;
    assert_eq!(report.left_out, ["alembic_version", "deployments.cost"]);
    let (kept, url) = stop(world).await;
    let key = with_key(&report.header.keys[0]);
    try_restore(&url, &path, &key).await.unwrap();
    let mut other = foreign(&kept.path().join("deployments.db")).await;
    let left: String = sqlx::query_scalar("SELECT version_num FROM alembic_version")
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(left, "abc");
}

#[tokio::test]
async fn a_database_of_another_program_is_neither_saved_nor_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.backup");
    let empty = sqlite_url(folder.path(), "empty.db");
    admin(&empty, store::admin::Access::Alone)
        .await
        .close()
        .await
        .unwrap();
    let error = try_save(&empty, &path).await.unwrap_err();
    assert!(error.to_string().contains("nothing of Havre's"), "{error}");
    let world = World::file().await;
    world.deploy("shop").await;
    let good = folder.path().join("good.backup");
    let key = with_key(&save(&world.url, &good).await.header.keys[0]);
    let strange = folder.path().join("strange.db");
    std::fs::File::create(&strange).unwrap();
    let mut other = foreign(&strange).await;
    sqlx::raw_sql("CREATE TABLE cats (name TEXT); INSERT INTO cats VALUES ('tom')")
        .execute(&mut other)
        .await
        .unwrap();
    let url = sqlite_url(folder.path(), "strange.db");
    assert!(try_save(&url, &path).await.is_err());
    let error = try_restore(&url, &good, &key).await.unwrap_err();
    assert!(error.to_string().contains("`cats`"), "{error}");
    assert!(!path.exists());
}
