//! Migrators that are killed at any moment: the database is as it was, or as it should be, or on MySQL at a point that is
//! written down; and the next one ends it without a row lost.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::admin::{self, Revision, SchemaKind, UpgradeOptions};
use store::schema::Migrations;
use tokio::process::Command;

use crate::ground::Ground;
use crate::migrations::{a_bit_of_everything, insert, newest, write};
use crate::servers::Server;

const URL: &str = "HAVRE_TEST_KILLED_URL";
const DIR: &str = "HAVRE_TEST_KILLED_DIR";
const TO: &str = "HAVRE_TEST_KILLED_TO";
const AFTER: &str = "HAVRE_TEST_KILLED_AFTER";
/// Of one child, and of a server that has to notice that it is gone.
const PATIENCE: Duration = Duration::from_secs(60);
const ROWS: u32 = 20;
/// How many moments of each way are tried.
const MOMENTS: u32 = 4;

/// The other side of the tests below: goes to a version and is killed after some microseconds; says how long it took if it
/// was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the tests below, in a process of its own"]
async fn child() {
    let Ok(url) = std::env::var(URL) else {
        println!("SKIPPED: killed::child: it is started by other tests");
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    let to = UpgradeOptions {
        to: Some(variable(TO).parse::<Revision>().unwrap()),
        dir: Some(variable(DIR).into()),
        dry_run: false,
    };
    let mut admin = crate::ground::open(&url.parse().unwrap()).await;
    let state = admin::state(&mut admin, to.dir.as_ref()).await.unwrap();
    let down = to.to != Some(Revision::Head) && state.version > 1;
    let after = Duration::from_micros(variable(AFTER).parse().unwrap());
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        kill(Pid::this(), Signal::SIGKILL).unwrap();
    });
    let start = Instant::now();
    let done = match down {
        true => admin::downgrade(&mut admin, &to).await,
        false => admin::upgrade(&mut admin, &to).await,
    };
    done.unwrap();
    println!("TOOK {} us", start.elapsed().as_micros());
}

/// None when it was killed.
async fn run(ground: &Ground<'_>, to: &str, after: Duration) -> Option<Duration> {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "killed::child",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(URL, ground.url())
        .env(DIR, ground.dir())
        .env(TO, to)
        .env(AFTER, after.as_micros().to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, child)
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let took = said
        .split_once("TOOK ")
        .and_then(|(_, rest)| rest.split_once(" us"));
    let took = took.map(|(micros, _)| Duration::from_micros(micros.parse().unwrap()));
    assert!(took.is_some() || !output.status.success(), "{said}");
    took
}

/// A server goes on with what it was asked until it notices that nobody listens.
async fn until_alone(ground: &Ground<'_>) {
    let busy = match ground.server() {
        None => return,
        Some(Server::Postgres) => {
            "SELECT CAST(pid AS TEXT) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        }
        Some(Server::MariaDb) => {
            "SELECT CAST(id AS CHAR) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        }
    };
    let mut other = ground.other().await;
    let start = Instant::now();
    while !other.texts(busy).await.is_empty() {
        assert!(start.elapsed() < PATIENCE, "the server never noticed");
        tokio::task::yield_now().await;
    }
    other.close().await;
}

/// What must be the same whenever it is looked at.
async fn names(ground: &Ground<'_>) -> Vec<Option<String>> {
    let mut other = ground.other().await;
    let names = other
        .texts("SELECT name FROM deployments ORDER BY id")
        .await;
    other.close().await;
    names
}

async fn kind(ground: &Ground<'_>) -> SchemaKind {
    let mut admin = ground.admin().await;
    let state = admin::state(&mut admin, Some(&ground.dir())).await.unwrap();
    admin.close().await.unwrap();
    state.kind
}

/// Goes there, killed at moments spread over the way, and ends it; `back` undoes it before the next moment.
async fn killed_on_the_way(ground: &Ground<'_>, to: &str, back: &str) {
    let old = schema(ground).await;
    let rows = names(ground).await;
    let took = run(ground, to, PATIENCE).await.expect("it was not killed");
    let new = schema(ground).await;
    assert_ne!(old, new);
    run(ground, back, PATIENCE)
        .await
        .expect("it was not killed");
    let (mut killed, mut cuts) = (0, 0);
    for moment in 1..=MOMENTS {
        let after = took * moment / (MOMENTS + 1);
        killed += u32::from(run(ground, to, after).await.is_none());
        until_alone(ground).await;
        let there = schema(ground).await;
        let kind = kind(ground).await;
        let cut = matches!(kind, SchemaKind::Cut(_));
        // Where steps are committed one by one, so are the migrations of a way over several versions.
        let step_by_step = ground.server() == Some(Server::MariaDb);
        let between = step_by_step && kind == SchemaKind::Behind;
        assert!(!cut || step_by_step);
        cuts += u32::from(cut || between);
        assert!(
            cut || between || there == old || there == new,
            "neither old nor new:\n{there}"
        );
        // A half of the times it goes on, the other half it turns back; both ways end where they should.
        if moment % 2 == 0 {
            run(ground, to, PATIENCE).await.expect("it was not killed");
            assert_eq!(schema(ground).await, new);
        }
        run(ground, back, PATIENCE)
            .await
            .expect("it was not killed");
        assert_eq!(schema(ground).await, old);
        assert_eq!(names(ground).await, rows);
    }
    assert!(killed > 0, "nothing was killed: it took {took:?}");
    let wanted = ground.server() == Some(Server::MariaDb);
    assert_eq!(
        cuts > 0,
        wanted,
        "between two versions only where steps are committed: {cuts}"
    );
}

/// But for the runner's own tables.
async fn schema(ground: &Ground<'_>) -> String {
    let mut admin = ground.admin().await;
    let mut schema = admin::live_schema(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let ours = Migrations::embedded().unwrap().tables();
    schema
        .tables
        .retain(|name, _| ours.contains(name) || name == "colours");
    format!("{:#?}", schema.sorted())
}

async fn at_version_one(ground: &Ground<'_>) {
    let migrations = Migrations::embedded().unwrap();
    write(
        &ground.dir(),
        migrations.newest_schema(),
        newest() + 1,
        a_bit_of_everything(),
    );
    let one = UpgradeOptions {
        to: Some(Revision::Version(1)),
        ..ground.options()
    };
    ground.upgrade_with(&one).await.unwrap();
    let mut other = ground.other().await;
    insert(&mut other, ROWS).await;
    other.close().await;
}

const APP_TABLE: [&str; 3] = [
    include_str!("fixtures/live_sqlite.sql"),
    include_str!("fixtures/live_postgres.sql"),
    include_str!("fixtures/live_mysql.sql"),
];

grounds! {
    async fn an_upgrade(ground) {
        at_version_one(&ground).await;
        killed_on_the_way(&ground, "head", "1").await;
    }

    async fn a_downgrade(ground) {
        at_version_one(&ground).await;
        ground.upgrade().await.unwrap();
        killed_on_the_way(&ground, "1", "head").await;
    }

    async fn an_adoption(ground) {
        let took = adoption(&ground, PATIENCE).await.expect("it was not killed");
        let new = schema(&ground).await;
        let mut killed = 0;
        for moment in 1..=MOMENTS {
            clear(&ground).await;
            killed += u32::from(adoption(&ground, took * moment / (MOMENTS + 1)).await.is_none());
            until_alone(&ground).await;
            let kind = kind(&ground).await;
            let known = match kind {
                SchemaKind::Original(_) | SchemaKind::Current => true,
                SchemaKind::Cut(_) => ground.server() == Some(Server::MariaDb),
                _ => false,
            };
            assert!(known, "{kind:?}");
            run(&ground, "head", PATIENCE).await.expect("it was not killed");
            assert_eq!(schema(&ground).await, new);
            assert_eq!(names(&ground).await.len(), ROWS as usize);
        }
        assert!(killed > 0, "nothing was killed: it took {took:?}");
    }
}

/// Makes the app's table and rows, and adopts them.
async fn adoption(ground: &Ground<'_>, after: Duration) -> Option<Duration> {
    let ddl = match ground.server() {
        None => APP_TABLE[0],
        Some(Server::Postgres) => APP_TABLE[1],
        Some(Server::MariaDb) => APP_TABLE[2],
    };
    let mut other = ground.other().await;
    other.run(ddl).await;
    for row in 0..ROWS {
        let values = format!(
            "'id-{row}', 'app-{row}', 'vm', 'flask', 'u', '{{}}', 'running', '2026-01-01 00:00:00'"
        );
        let into =
            "id, name, deployment_type, framework, github_url, resources_json, status, created_at";
        other
            .run(&format!(
                "INSERT INTO deployments ({into}) VALUES ({values})"
            ))
            .await;
    }
    other.close().await;
    run(ground, "head", after).await
}

/// An empty database again.
async fn clear(ground: &Ground<'_>) {
    if ground.is_sqlite() {
        for file in crate::ground::files(ground.folder.path(), "deployments.db") {
            std::fs::remove_file(file).unwrap();
        }
        return;
    }
    let mut other = ground.other().await;
    match ground.server() {
        Some(Server::Postgres) => {
            other
                .run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                .await;
        }
        _ => {
            let all = "SELECT CONCAT('DROP TABLE `', table_name, '`') FROM information_schema.tables WHERE table_schema = DATABASE()";
            let drops: Vec<String> = other.texts(all).await.into_iter().flatten().collect();
            other
                .run(&format!("SET foreign_key_checks = 0; {}", drops.join("; ")))
                .await;
        }
    }
    other.close().await;
}
