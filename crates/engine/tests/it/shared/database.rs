//! A database of one test on a server that `scripts/test/databases` started, and what is seen there past the engine.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::DeploymentId;
use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Row};

/// What is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    MariaDb,
}

impl Kind {
    fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "HAVRE_TEST_POSTGRES",
            Self::MariaDb => "HAVRE_TEST_MARIADB",
        }
    }
}

/// An empty database, dropped with [`TestDatabase::erase`].
pub struct TestDatabase {
    admin: Eye,
    pub url: String,
    name: String,
}

impl TestDatabase {
    /// None, with a word, where there is no server.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub async fn create(kind: Kind, test: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let variable = kind.variable();
        let Some(admin) = std::env::var(variable).ok().filter(|url| !url.is_empty()) else {
            println!("SKIPPED: {test}: {variable} is not set (scripts/test/databases sets it)");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("havre_engine_{}_{number}", std::process::id());
        let server = admin.split('/').take(3).collect::<Vec<_>>().join("/");
        let eye = Eye::open(&admin).await;
        eye.run(&format!("DROP DATABASE IF EXISTS {name}")).await;
        eye.run(&format!("CREATE DATABASE {name}")).await;
        Some(Self {
            admin: eye,
            url: format!("{server}/{name}"),
            name,
        })
    }

    /// Everybody must have left.
    pub async fn erase(self) {
        let force = match self.admin {
            Eye::Postgres(_) => " WITH (FORCE)",
            Eye::MySql(_) => "",
        };
        let drop = format!("DROP DATABASE {}{force}", self.name);
        self.admin.run(&drop).await;
    }
}

/// Looks into a database without the engine, by the database's own clock.
#[derive(Clone)]
pub enum Eye {
    Postgres(PgPool),
    MySql(MySqlPool),
}

/// Who holds a job or leads something, now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub worker: String,
    pub epoch: i64,
    pub live: bool,
}

const PG_NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
const MY_NOW: &str = "CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)";

impl Eye {
    pub async fn open(url: &str) -> Self {
        if url.starts_with("mysql") {
            let options = MySqlPoolOptions::new().max_connections(2);
            return Self::MySql(options.connect(url).await.unwrap());
        }
        let options = PgPoolOptions::new().max_connections(2);
        Self::Postgres(options.connect(url).await.unwrap())
    }

    async fn run(&self, sql: &str) {
        let script = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Postgres(pool) => drop(script.execute(pool).await.unwrap()),
            Self::MySql(pool) => drop(script.execute(pool).await.unwrap()),
        }
    }

    /// Who has the lease of the job of this deployment that is at work.
    pub async fn job(&self, deployment: &DeploymentId) -> Option<Holder> {
        let rest = "FROM jobs WHERE worker IS NOT NULL AND deployment_id =";
        self.holder("worker", rest, &deployment.to_string()).await
    }

    /// Who leads.
    pub async fn leader(&self, name: &str) -> Option<Holder> {
        self.holder("holder", "FROM leaders WHERE name =", name)
            .await
    }

    async fn holder(&self, who: &str, rest: &str, key: &str) -> Option<Holder> {
        match self {
            Self::Postgres(pool) => {
                let live = format!("CASE WHEN lease_until > {PG_NOW} THEN 1 ELSE 0 END");
                let sql = format!("SELECT {who} AS w, epoch AS e, {live} AS l {rest} $1");
                let row = sqlx::query(AssertSqlSafe(sql)).bind(key);
                let row = row.fetch_optional(pool).await.unwrap()?;
                Some(Holder {
                    worker: row.get("w"),
                    epoch: row.get("e"),
                    live: row.get::<i32, _>("l") == 1,
                })
            }
            Self::MySql(pool) => {
                let live = format!("CAST(lease_until > {MY_NOW} AS SIGNED)");
                let sql = format!("SELECT {who} AS w, epoch AS e, {live} AS l {rest} ?");
                let row = sqlx::query(AssertSqlSafe(sql)).bind(key);
                let row = row.fetch_optional(pool).await.unwrap()?;
                Some(Holder {
                    worker: row.get_unchecked("w"),
                    epoch: row.get_unchecked("e"),
                    live: row.get_unchecked::<i64, _>("l") == 1,
                })
            }
        }
    }
}
