//! The figures of issue 3: a backup and a restore of 1,000,000 rows take at most 60 s each and 100 MB of memory. Each runs in
//! a process of its own, so that its memory is its own. In a release build:
//!
//! `HAVRE_FIGURE_ROWS=1000000 scripts/test/databases cargo nextest run --release -p store --run-ignored all backup::figures`
#![expect(
    clippy::print_stdout,
    reason = "figures are printed for whoever runs it by hand"
)]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use store::admin::{Access, BackupTo, RestoreOptions, backup, restore};

use super::tools::*;
use crate::servers::Server;
use crate::world::World;

const ASKED: &str = "HAVRE_TEST_BACKUP_FIGURE";

/// The other side: `save URL FILE` or `restore URL FILE`; says seconds and the most memory it had, in kB.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the tests below, in a process of its own"]
async fn child() {
    let Ok(asked) = std::env::var(ASKED) else {
        println!("SKIPPED: backup::figures::child: it is started by its neighbours");
        return;
    };
    let mut words = asked.split(' ');
    let (what, url, path) = (
        words.next().unwrap(),
        words.next().unwrap(),
        words.next().unwrap(),
    );
    let (path, begin) = (Path::new(path), Instant::now());
    if what == "save" {
        let mut db = admin(url, Access::Look).await;
        let to = BackupTo::File(path.to_owned());
        backup(&mut db, &migrations(), to, &quiet).await.unwrap();
        db.close().await.unwrap();
    } else {
        let mut db = admin(url, Access::Alone).await;
        let options = RestoreOptions::default();
        restore(&mut db, &migrations(), path, &options, &quiet)
            .await
            .unwrap();
        db.close().await.unwrap();
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let most = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let most = most.split_whitespace().nth(1).unwrap();
    println!("FIGURE {:.1} {most}", begin.elapsed().as_secs_f64());
}

/// Seconds and megabytes.
fn run(what: &str, url: &str, path: &Path) -> (f64, f64) {
    let out = Command::new(std::env::current_exe().unwrap())
        .args([
            "backup::figures::child",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(ASKED, format!("{what} {url} {}", path.display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let found = text.split("FIGURE ").nth(1);
    let found = found.unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&out.stderr)));
    let mut numbers = found
        .split_whitespace()
        .map(|word| word.parse::<f64>().unwrap());
    let (seconds, memory) = (numbers.next().unwrap(), numbers.next().unwrap() / 1000.0);
    println!("{what}: {seconds:.1} s, {memory:.0} MB");
    (seconds, memory)
}

/// Rows as the seed's model writes them, in an order of their own.
fn rows(of: Option<Server>, count: u32) -> String {
    let (id, number, from) = match of {
        None => (
            "substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 13, 3) || '-8' || substr(h, 16, 3) || '-' || substr(h, 19, 12)",
            "n",
            format!(
                "(WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < {count}) \
                 SELECT n, lower(hex(randomblob(16))) AS h FROM k) AS s"
            ),
        ),
        Some(Server::Postgres) => (
            "gen_random_uuid()::text",
            "n",
            format!("generate_series(1, {count}) AS s(n)"),
        ),
        Some(Server::MariaDb) => (
            "INSERT(INSERT(INSERT(INSERT(MD5(CONCAT(seq, 'x')), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')",
            "seq",
            format!("seq_1_to_{count}"),
        ),
    };
    let name = match of {
        Some(Server::MariaDb) => format!("CONCAT('app-', {number})"),
        _ => format!("'app-' || {number}"),
    };
    format!(
        "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, status, created_at, \
         deployed_at, deleted_at, ip_address, vm_id, error_message, user_id, tags) SELECT {id}, {name}, 'lxc', 'django', \
         'https://github.com/example-organisation/some-repository', '{{\"cores\": 2, \"memory\": 2048, \"disk\": 20}}', \
         'running', '2026-11-22 08:30:38.672045', '2026-11-22 08:31:00.000001', NULL, '10.20.30.40', {number}, NULL, \
         'ana', 'production,web' FROM {from}"
    )
}

fn count() -> u32 {
    let asked = std::env::var("HAVRE_FIGURE_ROWS").ok();
    asked.map_or(10_000, |count| count.parse().unwrap())
}

async fn figures(world: World, of: Option<Server>) {
    let count = count();
    world.other().await.run(&rows(of, count)).await;
    let path = world.folder.path().join("all.backup");
    let (folder, url) = stop(world).await;
    let saved = run("save", &url, &path);
    println!("{} bytes", std::fs::metadata(&path).unwrap().len());
    let restored = run("restore", &url, &path);
    let again = folder.path().join("again.backup");
    run("save", &url, &again);
    // Not printed when they differ: there are a million of them.
    assert!(
        rows_of(&again)[0] == rows_of(&path)[0],
        "other rows than before"
    );
    if count == 1_000_000 && of != Some(Server::MariaDb) {
        for (seconds, memory) in [saved, restored] {
            assert!(
                seconds <= 60.0 && memory <= 100.0,
                "{seconds} s, {memory} MB"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "figures of a release build"]
async fn sqlite() {
    figures(World::file().await, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "figures of a release build"]
async fn postgres() {
    let body = async |world| figures(world, Some(Server::Postgres)).await;
    World::on(Server::Postgres, "backup::figures", body).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "figures of a release build"]
async fn mariadb() {
    let body = async |world| figures(world, Some(Server::MariaDb)).await;
    World::on(Server::MariaDb, "backup::figures", body).await;
}
