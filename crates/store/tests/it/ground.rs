//! Databases to migrate and adopt: any of the three, empty, opened as an administrator opens them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::admin::{self, Access, Admin, UpgradeOptions, UpgradeReport};
use store::{DatabaseTarget, MigrateError};
use tempfile::TempDir;

use crate::other::Other;
use crate::servers::{self, Server, TestDatabase};
use crate::world::{HandClock, foreign};

/// An empty database.
pub struct Ground<'d> {
    pub folder: TempDir,
    database: Option<&'d TestDatabase>,
}

/// Runs a test on every database, each empty.
macro_rules! grounds {
    ($($(#[doc = $doc:literal])* async fn $name:ident($ground:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        async fn $name($ground: $crate::ground::Ground<'_>) $body

        mod $name {
            use $crate::ground::Ground;
            use $crate::servers::Server;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Ground::file()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                Ground::on(Server::Postgres, module_path!(), async |it| super::$name(it).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mariadb() {
                Ground::on(Server::MariaDb, module_path!(), async |it| super::$name(it).await).await;
            }
        }
    )*};
}

impl<'d> Ground<'d> {
    pub fn file() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database: None,
        }
    }

    pub async fn on(server: Server, test: &str, body: impl AsyncFnOnce(Ground<'_>)) {
        servers::on(server, test, async |database| {
            let folder = tempfile::tempdir().unwrap();
            body(Ground {
                folder,
                database: Some(database),
            })
            .await;
        })
        .await;
    }

    /// None: SQLite.
    pub fn server(&self) -> Option<Server> {
        self.database.map(TestDatabase::server)
    }

    pub fn is_sqlite(&self) -> bool {
        self.database.is_none()
    }

    /// As fixtures are called.
    pub fn word(&self) -> &'static str {
        match self.server() {
            None => "sqlite",
            Some(Server::Postgres) => "postgres",
            Some(Server::MariaDb) => "mysql",
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("deployments.db")
    }

    pub fn url(&self) -> String {
        match self.database {
            Some(database) => database.url(),
            None => format!("sqlite:///{}", self.path().display()),
        }
    }

    pub fn target(&self) -> DatabaseTarget {
        self.url().parse().unwrap()
    }

    pub async fn other(&self) -> Other {
        match self.database {
            Some(database) => database.connect().await,
            None => {
                if !self.path().exists() {
                    std::fs::write(self.path(), "").unwrap();
                }
                Other::Sqlite(Box::new(foreign(&self.path()).await))
            }
        }
    }

    pub async fn admin(&self) -> Admin {
        open(&self.target()).await
    }

    /// A folder for migrations of this test.
    pub fn dir(&self) -> PathBuf {
        let dir = self.folder.path().join("migrations");
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    pub fn options(&self) -> UpgradeOptions {
        UpgradeOptions {
            dir: Some(self.dir()),
            ..UpgradeOptions::default()
        }
    }

    pub async fn upgrade(&self) -> Result<UpgradeReport, MigrateError> {
        self.upgrade_with(&self.options()).await
    }

    pub async fn upgrade_with(
        &self,
        options: &UpgradeOptions,
    ) -> Result<UpgradeReport, MigrateError> {
        let mut admin = self.admin().await;
        let report = admin::upgrade(&mut admin, options).await;
        admin.close().await.unwrap();
        report
    }

    pub async fn downgrade_with(
        &self,
        options: &UpgradeOptions,
    ) -> Result<UpgradeReport, MigrateError> {
        let mut admin = self.admin().await;
        let report = admin::downgrade(&mut admin, options).await;
        admin.close().await.unwrap();
        report
    }

    /// A name as this database quotes it.
    pub fn quoted(&self, name: &str) -> String {
        match self.server() {
            Some(Server::MariaDb) => format!("`{name}`"),
            _ => format!("\"{name}\""),
        }
    }

    /// Everything in the schema, as text that does not depend on how it came to be.
    pub async fn schema(&self) -> String {
        let mut admin = self.admin().await;
        let schema = admin::live_schema(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        format!("{:#?}", schema.sorted())
    }
}

pub async fn open(target: &DatabaseTarget) -> Admin {
    Admin::open(target, Access::Alone, HandClock::new())
        .await
        .unwrap()
}

/// Files of a folder whose names hold a word.
pub fn files(folder: &Path, word: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().contains(word))
        .collect();
    found.sort();
    found
}

/// Keeps the clock's type out of the tests.
pub fn clock() -> Arc<HandClock> {
    HandClock::new()
}
