//! Figures of a database of 10,000 deployments. Run by hand:
//! `cargo test -p store --test it figures -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use domain::ports::{ListQuery, Scope};

use crate::world::*;

const ROWS: u32 = 10_000;

/// Rows of every table, as fast as another program can write them.
async fn fill(world: &World) {
    let mut other = world.foreign().await;
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}), \
         x AS (SELECT i, printf('00000000-0000-4000-8000-%012d', i) AS id FROM n) "
    );
    let statements = [
        "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, status, created_at) \
         SELECT id, 'old-' || i, 'lxc', 'flask', 'https://github.com/acme/shop', '{\"cores\":1}', 'running', \
         printf('2026-01-01 00:%02d:%02d.000000', i / 60 % 60, i % 60) FROM x",
        "INSERT INTO managed (deployment_id, driver, slot, label, newest_release_id, serving_release_id) \
         SELECT id, 'local', i, 'old-' || i, id, id FROM x",
        "INSERT INTO names (label, deployment_id) SELECT 'old-' || i, id FROM x",
        "INSERT INTO slots (driver, slot, deployment_id) SELECT 'local', i, id FROM x",
        "INSERT INTO releases (id, deployment_id, version, cause, status, url, options, resources, artifact, base, \
         warnings, created_at) SELECT id, id, 1, 'deploy', 'serving', 'https://github.com/acme/shop', '{}', \
         '{\"cores\":1,\"memory\":1024,\"disk\":10}', printf('%064d', i), 'python-3.11', '[]', i FROM x",
        "INSERT INTO guests (id, deployment_id, release_id, driver, role, wanted, base, created_at, wanted_since) \
         SELECT printf('g%012d', i), id, id, 'local', 'serve', 'serving', 'python-3.11', i, i FROM x",
        "INSERT INTO events (at, deployment_id, what) SELECT i, id, '{\"event\":\"status\",\"status\":\"running\"}' FROM x",
    ];
    for statement in statements {
        let (with, rest) = (numbers.clone(), statement);
        let (insert, select) = rest.split_once("SELECT").unwrap();
        let sql = format!("{insert}{with}SELECT{select}");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&mut other)
            .await
            .unwrap();
    }
}

#[expect(
    clippy::print_stdout,
    reason = "figures are printed for whoever runs it by hand"
)]
async fn timed<T>(what: &str, times: u32, mut run: impl AsyncFnMut() -> T) {
    let began = Instant::now();
    for _ in 0..times {
        run().await;
    }
    let each = began.elapsed() / times;
    println!("{what:<40} {:>10.3} ms", each.as_secs_f64() * 1000.0);
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.unwrap_or_default().to_owned()
}

#[tokio::test]
#[ignore = "prints figures; run by hand"]
async fn ten_thousand_deployments() {
    let world = World::file().await;
    fill(&world).await;
    world.db.close().await;
    let World {
        folder, store, db, ..
    } = world;
    drop((store, db));
    let before = resident();
    let began = Instant::now();
    let world = World::reopened(folder, 3).await;
    println!("open: {:?}", began.elapsed());
    let all = Scope::Everyone;
    let page = ListQuery {
        limit: 20,
        ..ListQuery::default()
    };
    let began = Instant::now();
    world.store.list(&all, &page).await.unwrap();
    println!("first list: {:?}", began.elapsed());
    timed("list of 20 with total", 100, async || {
        world.store.list(&all, &page).await.unwrap()
    })
    .await;
    timed("find by name", 1000, async || {
        world.store.find(&all, "OLD-5000").await.unwrap().unwrap()
    })
    .await;
    timed("counts", 100, async || {
        world.store.counts(&all).await.unwrap()
    })
    .await;
    timed("lease of nothing", 1000, async || {
        world.store.lease(&world.worker(), TTL).await.unwrap()
    })
    .await;
    timed("live, a page of 500", 20, async || {
        world.store.live(None, 500).await.unwrap()
    })
    .await;
    timed("collectable", 20, async || {
        world.store.collectable(3, 50).await.unwrap()
    })
    .await;
    let mut number = 0;
    timed("accept a new deploy", 100, async || {
        number += 1;
        world.deploy(&format!("new-{number}")).await
    })
    .await;
    timed("lease a job", 100, async || {
        world
            .store
            .lease(&world.worker(), Duration::from_secs(300))
            .await
            .unwrap()
    })
    .await;
    println!("before open {before}, now {}", resident());
}
