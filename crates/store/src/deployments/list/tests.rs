//! Lists on each database, held against a model of them, and what the databases say of how they find them.

mod data;
mod explain;
mod figures;
mod model;

use crate::Database;
use crate::plans::{file_database, open};
use crate::test_servers::{self, Server};

/// Runs a test on a database of its own.
async fn on(server: Option<Server>, test: &str, body: impl AsyncFnOnce(&Database)) {
    let Some(server) = server else {
        let (db, _folder) = file_database().await;
        return body(&db).await;
    };
    test_servers::on(server, test, async |database| {
        let folder = tempfile::tempdir().unwrap();
        let target = database.url().parse().unwrap();
        let db = open(&target, folder.path()).await;
        body(&db).await;
        db.close().await;
    })
    .await;
}

/// The same test on every database.
macro_rules! on_each {
    ($($name:ident)*) => {$(
        mod $name {
            use crate::test_servers::Server;

            #[tokio::test]
            async fn sqlite() {
                super::super::on(None, module_path!(), super::$name).await;
            }

            #[tokio::test]
            async fn postgres() {
                super::super::on(Some(Server::Postgres), module_path!(), super::$name).await;
            }

            #[tokio::test]
            async fn mariadb() {
                super::super::on(Some(Server::MariaDb), module_path!(), super::$name).await;
            }
        }
    )*};
}
use on_each;
