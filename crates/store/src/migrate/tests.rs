//! Random migrations through the runner, on live databases: up, down and up again, cut anywhere, with the rows kept.

use chrono::{DateTime, Utc};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, SqliteConnection};

use super::ledger::{self, Cut, Way};
use super::moves::between;
use super::run::{Run, live};
use super::step::Step;
use super::{MigrateError, stepwise};
use crate::dialect::Dialect;
use crate::dialect::adoption::quoted;
use crate::schema::tests::random;
use crate::schema::{Column, ColumnType, Migration, Migrations, Schema, diff, migration};
use crate::sql::{Link, Owned, query};

const ROWS: i64 = 3;

/// An empty database; a second one of the same name takes its place.
async fn ground(dialect: Dialect, test: &str) -> Option<Owned> {
    let name = format!("havre_run_{}_{test}", std::process::id());
    let variable = match dialect {
        Dialect::Sqlite => {
            let connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            return Some(Owned::Sqlite(connection));
        }
        Dialect::Postgres => "HAVRE_TEST_POSTGRES",
        _ => "HAVRE_TEST_MARIADB",
    };
    let Ok(url) = std::env::var(variable) else {
        println!("SKIPPED: {test}: {variable} is not set (scripts/test/databases sets it)");
        return None;
    };
    let server: Vec<&str> = url.split('/').take(3).collect();
    let own = format!("{}/{name}", server.join("/"));
    let make = [
        format!("DROP DATABASE IF EXISTS {name}"),
        format!("CREATE DATABASE {name}"),
    ];
    let make = make.map(AssertSqlSafe).map(sqlx::raw_sql);
    Some(if dialect == Dialect::Postgres {
        let mut admin = PgConnection::connect(&url).await.unwrap();
        for statement in make {
            statement.execute(&mut admin).await.unwrap();
        }
        Owned::Postgres(PgConnection::connect(&own).await.unwrap())
    } else {
        let mut admin = MySqlConnection::connect(&url).await.unwrap();
        for statement in make {
            statement.execute(&mut admin).await.unwrap();
        }
        Owned::MySql(
            MySqlConnection::connect(&own).await.unwrap(),
            Dialect::MariaDb,
        )
    })
}

/// On a server, nothing is left behind. PostgreSQL lets nobody drop the database that it is in.
async fn end(mut owned: Owned, test: &str) {
    let drop = format!("DROP DATABASE havre_run_{}_{test}", std::process::id());
    match owned.link().dialect() {
        Dialect::Sqlite => {}
        Dialect::Postgres => {
            owned.close().await.unwrap();
            let url = std::env::var("HAVRE_TEST_POSTGRES").unwrap();
            let mut admin = PgConnection::connect(&url).await.unwrap();
            let drop = sqlx::raw_sql(AssertSqlSafe(drop));
            drop.execute(&mut admin).await.unwrap();
        }
        _ => owned.link().run_script(&drop).await.unwrap(),
    }
}

/// From nothing to one schema, then to another.
fn migrations(one: &Schema, other: &Schema) -> Migrations {
    let ways = [(&Schema::EMPTY, one), (one, other)];
    let files: Vec<(String, String)> = ways
        .into_iter()
        .zip(1..)
        .map(|((from, to), version)| {
            let (up, down) = migration(from, to).unwrap();
            let migration = Migration::new(version, "of_a_test", up, down);
            (migration.file_name(), migration.to_toml())
        })
        .collect();
    Migrations::of(
        files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )
    .unwrap()
}

fn run(migrations: &Migrations) -> Run<'_> {
    let now: DateTime<Utc> = "2026-11-23T00:00:00Z".parse().unwrap();
    Run { migrations, now }
}

fn value(column: &Column, row: i64) -> String {
    match column.kind {
        // What points at other rows, by a name that begins like this.
        _ if column.name.starts_with("to_") => "NULL".into(),
        ColumnType::Integer | ColumnType::BigInt => row.to_string(),
        ColumnType::DateTime => format!("'2026-11-23 00:00:0{row}.000000'"),
        ColumnType::Json => format!("'[{row}]'"),
        _ => format!("'{row}'"),
    }
}

/// Rows into every table; what points at other rows stays empty.
async fn fill(link: &mut Link<'_>, schema: &Schema) {
    let dialect = link.dialect();
    for table in schema.tables.values() {
        for row in 1..=ROWS {
            let columns = table.columns.iter();
            let (names, values): (Vec<String>, Vec<String>) = columns
                .map(|column| (quoted(dialect, &column.name), value(column, row)))
                .unzip();
            let insert = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                quoted(dialect, &table.name),
                names.join(", "),
                values.join(", ")
            );
            link.again().run_script(&insert).await.unwrap();
        }
    }
}

/// The database is what the version says, and rows of tables that were never away are there.
async fn is(link: &mut Link<'_>, migrations: &Migrations, version: u32) {
    let wanted = migrations.schema_at(version).unwrap();
    let read = live(link, wanted, migrations).await.unwrap();
    assert_eq!(diff(&read, wanted).unwrap(), vec![], "version {version}");
    let (one, other) = (
        migrations.schema_at(1).unwrap(),
        migrations.schema_at(2).unwrap(),
    );
    for table in one.tables.keys().filter(|name| other.table(name).is_some()) {
        let count = format!(
            "SELECT COUNT(*) AS count FROM {}",
            quoted(link.dialect(), table)
        );
        let row = query(count).fetch_one(link.again()).await.unwrap();
        assert_eq!(row.int_opt("count").unwrap(), Some(ROWS), "{table}");
    }
}

/// Cut behind some steps; `in_doubt`: the last one of them is not written down.
async fn cut(
    link: &mut Link<'_>,
    migrations: &Migrations,
    (from, to): (u32, u32),
    (steps, in_doubt): (usize, bool),
) {
    let step = between(migrations, from, to).unwrap()[0];
    let mut schema = step.before(migrations).unwrap().clone();
    let revision = step.migration.to_string();
    for op in step.ops().iter().take(steps) {
        let step = Step {
            revision: &revision,
            op,
            after: "",
            ran: 0,
        };
        step.run(link, &mut schema).await.unwrap();
    }
    let record = Cut {
        way: step.way,
        version: step.migration.version,
        name: step.migration.name.clone(),
        checksum: step.migration.checksum().to_owned(),
        done: (steps - usize::from(in_doubt && steps > 0)) as u32,
        total: step.ops().len() as u32,
        note: String::new(),
    };
    ledger::save_cut(link, &record, run(migrations).now)
        .await
        .unwrap();
}

/// Random pairs of schemas whose rows are not in each other's way, each on an empty database of its own.
async fn each(
    dialect: Dialect,
    test: &str,
    cases: u32,
    body: impl AsyncFn(&mut Link<'_>, &Migrations),
) {
    let mut runner = TestRunner::deterministic();
    let mut went = 0;
    for _ in 0..cases * 4 {
        let pair = (random::schema(), random::schema());
        let (one, other) = pair.new_tree(&mut runner).unwrap().current();
        let migrations = migrations(&one, &other);
        let Some(mut owned) = ground(dialect, test).await else {
            return;
        };
        let mut link = owned.link();
        let run = run(&migrations);
        run.go(&mut link, 1).await.unwrap();
        fill(&mut link, &one).await;
        let there = run.go(&mut link, 2).await;
        let fits = match there {
            Ok(_) => run.go(&mut link, 1).await,
            refused => refused,
        };
        match fits {
            Ok(_) => {
                body(&mut link, &migrations).await;
                went += 1;
            }
            Err(MigrateError::Step { why, .. }) if why.contains("Nothing was changed") => {}
            Err(error) => panic!("{error}"),
        }
        end(owned, test).await;
        if went == cases {
            return;
        }
    }
    panic!("only {went} of {cases} went");
}

async fn up_down_and_up(dialect: Dialect, cases: u32) {
    each(dialect, "up_down", cases, async |link, migrations| {
        for to in [2, 1, 2, 1] {
            run(migrations).go(link, to).await.unwrap();
            is(link, migrations, to).await;
        }
        let done = run(migrations).go(link, 1).await.unwrap();
        assert!(done.up.is_empty() && done.down.is_empty());
        run(migrations).go(link, 0).await.unwrap();
        let left = live(link, &Schema::EMPTY, migrations).await.unwrap();
        assert!(left.tables.is_empty(), "{left:?}");
    })
    .await;
}

/// In both directions, to both ends.
async fn cut_anywhere(dialect: Dialect, cases: u32) {
    each(dialect, "cut", cases, async |link, migrations| {
        for (from, to) in [(1, 2), (2, 1)] {
            stepwise::go(run(migrations), link, from).await.unwrap();
            let steps = between(migrations, from, to).unwrap()[0].ops().len();
            let middle = steps / 2;
            for (at, in_doubt, end) in [
                (middle, false, from),
                (middle, true, to),
                (steps, true, from),
                (steps, false, to),
            ] {
                cut(link, migrations, (from, to), (at, in_doubt)).await;
                stepwise::go(run(migrations), link, end).await.unwrap();
                is(link, migrations, end).await;
                let ledger = ledger::Ledger::read(link).await.unwrap();
                assert!(
                    ledger.cuts.is_empty() && ledger.version() == end,
                    "{ledger:?}"
                );
                stepwise::go(run(migrations), link, from).await.unwrap();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn any_migration_on_sqlite() {
    up_down_and_up(Dialect::Sqlite, 20).await;
}

#[tokio::test]
async fn any_migration_on_postgres() {
    up_down_and_up(Dialect::Postgres, 3).await;
}

#[tokio::test]
async fn any_migration_on_mariadb() {
    up_down_and_up(Dialect::MariaDb, 1).await;
}

#[tokio::test]
async fn cut_anywhere_on_mariadb() {
    cut_anywhere(Dialect::MariaDb, 1).await;
}

#[test]
fn the_words_of_ways_read_back() {
    for way in [Way::Up, Way::Down, Way::Adopt] {
        assert_eq!(Way::of(way.word()), way);
    }
}
