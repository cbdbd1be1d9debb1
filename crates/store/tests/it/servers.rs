//! Databases on the servers that `scripts/test/databases` started: one for each test, gone when it ends.

use std::any::Any;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, PgConnection};

use crate::other::Other;

/// A server that tests can have a database on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Postgres,
    /// Or a MySQL that somebody put in its place.
    MariaDb,
}

impl Server {
    fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "HAVRE_TEST_POSTGRES",
            Self::MariaDb => "HAVRE_TEST_MARIADB",
        }
    }

    /// The URL of a superuser; says that the test is skipped where there is none.
    fn url(self, test: &str) -> Option<String> {
        let variable = self.variable();
        let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
        if url.is_none() {
            let words = "is not set (scripts/test/databases sets it)";
            let _ = writeln!(std::io::stdout(), "SKIPPED: {test}: {variable} {words}");
        }
        url
    }
}

/// A database of one test.
pub struct TestDatabase {
    server: Server,
    admin: String,
    name: String,
}

impl TestDatabase {
    /// An empty database, or none with a word when there is no server.
    pub async fn create(server: Server, test: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let admin = server.url(test)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("havre_test_{}_{number}", std::process::id());
        let this = Self {
            server,
            admin,
            name,
        };
        // A killed process of the same number may have left its own.
        this.erase().await;
        this.admin(&format!("CREATE DATABASE {}", this.name)).await;
        Some(this)
    }

    /// The kind of its server.
    pub fn server(&self) -> Server {
        self.server
    }

    /// As `DATABASE_URL` names it.
    pub fn url(&self) -> String {
        let server = self.admin.split('/').take(3).collect::<Vec<_>>();
        format!("{}/{}", server.join("/"), self.name)
    }

    /// A connection of another program.
    pub async fn connect(&self) -> Other {
        connect(self.server, &self.url()).await
    }

    /// Drops the database, whoever is still connected to it.
    pub async fn erase(&self) {
        match self.server {
            Server::Postgres => {
                let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
                self.admin(&drop).await;
            }
            Server::MariaDb => self.erase_mysql().await,
        }
    }

    async fn erase_mysql(&self) {
        let options: MySqlConnectOptions = self.admin.parse().unwrap();
        let mut admin = options.connect().await.unwrap();
        // A transaction that nobody ended would make the drop wait.
        let busy: Vec<u64> = sqlx::query_scalar(
            "SELECT CAST(id AS UNSIGNED) FROM information_schema.processlist WHERE db = ?",
        )
        .bind(&self.name)
        .fetch_all(&mut admin)
        .await
        .unwrap();
        for id in busy {
            // It may have ended by itself.
            let _ = sqlx::raw_sql(AssertSqlSafe(format!("KILL {id}")))
                .execute(&mut admin)
                .await;
        }
        let drop = format!("DROP DATABASE IF EXISTS {}", self.name);
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut admin)
            .await
            .unwrap();
        let _ = admin.close().await;
    }

    async fn admin(&self, sql: &str) {
        let mut admin = connect(self.server, &self.admin).await;
        admin.run(sql).await;
        admin.close().await;
    }
}

pub async fn connect(server: Server, url: &str) -> Other {
    match server {
        Server::Postgres => {
            let options: PgConnectOptions = url.parse().unwrap();
            let connected: PgConnection = options.connect().await.unwrap();
            Other::Postgres(Box::new(connected))
        }
        Server::MariaDb => {
            let options: MySqlConnectOptions = url.parse().unwrap();
            let connected: MySqlConnection = options.connect().await.unwrap();
            Other::MySql(Box::new(connected))
        }
    }
}

/// Whether both servers are there, with a word for each that is not.
pub fn both(test: &str) -> bool {
    let urls = [Server::Postgres, Server::MariaDb].map(|server| server.url(test));
    urls.iter().all(Option::is_some)
}

/// Runs a test on a database of its own, which is dropped also when the test panics.
pub async fn on(server: Server, test: &str, body: impl AsyncFnOnce(&TestDatabase)) {
    let Some(database) = TestDatabase::create(server, test).await else {
        return;
    };
    let end = caught(body(&database)).await;
    database.erase().await;
    if let Err(panic) = end {
        resume_unwind(panic);
    }
}

async fn caught(body: impl Future<Output = ()>) -> Result<(), Box<dyn Any + Send>> {
    let mut body = pin!(body);
    std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// A test that fails leaves nothing behind.
mod of_itself {
    use super::*;

    async fn exists(server: Server, admin: &str, name: &str) -> bool {
        let sql = match server {
            Server::Postgres => format!("SELECT datname FROM pg_database WHERE datname = '{name}'"),
            Server::MariaDb => format!(
                "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{name}'"
            ),
        };
        !connect(server, admin).await.texts(&sql).await.is_empty()
    }

    async fn a_panic_drops_the_database(server: Server) {
        let mut seen = None;
        let test = async {
            on(server, "a_panic_drops_the_database", async |database| {
                let (admin, name) = (database.admin.clone(), database.name.clone());
                assert!(exists(server, &admin, &name).await);
                seen = Some((admin, name));
                let mut other = database.connect().await;
                other.run("CREATE TABLE t (i INTEGER)").await;
                other.run("BEGIN").await;
                other.run("INSERT INTO t VALUES (1)").await;
                std::mem::forget(other);
                panic!("as a test does");
            })
            .await;
        };
        let end = caught(test).await;
        let Some((admin, name)) = seen else { return };
        assert!(end.is_err(), "the panic is passed on");
        assert!(!exists(server, &admin, &name).await);
    }

    #[tokio::test]
    async fn on_postgres() {
        a_panic_drops_the_database(Server::Postgres).await;
    }

    #[tokio::test]
    async fn on_mariadb() {
        a_panic_drops_the_database(Server::MariaDb).await;
    }
}
