//! A server that is killed in the middle of writing: what it had answered is there, and the database is whole.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use domain::ports::Scope;
use store::{Database, DatabaseTarget, SecretKey};

use crate::world::*;

const FOLDER: &str = "HAVRE_TEST_KILL_FOLDER";

/// The other side of the test below: deploys names for ever, saying each once it is taken.
#[tokio::test]
#[ignore = "started by the test below, in a process of its own"]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(std::path::PathBuf::from) else {
        println!("SKIPPED: kill::child: it is started by killed_while_writing");
        return;
    };
    let round = std::process::id();
    let dice = std::sync::Arc::new(domain::ports::Dice::seeded(seed(round)));
    let key = SecretKey::load_or_create(&folder, None, &dice).unwrap();
    let target = DatabaseTarget::Sqlite(folder.join("deployments.db"));
    let db = Database::open(&target, key, HandClock::new(), dice)
        .await
        .unwrap();
    let store: &dyn domain::ports::Store = db.as_ref();
    for number in 0.. {
        let name = format!("app-{round}-{number}");
        store.accept_deploy(&ask(&name)).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "TOOK {name}").unwrap();
        out.flush().unwrap();
    }
}

fn seed(round: u32) -> [u8; 32] {
    let mut seed = [7; 32];
    seed[..4].copy_from_slice(&round.to_le_bytes());
    seed
}

fn start(folder: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "kill::child",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets it write until it took `enough` names, kills it, and gives all it said.
fn kill_after(child: &mut Child, enough: usize) -> Vec<String> {
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut took = Vec::new();
    for line in out.lines() {
        let line = line.unwrap();
        // The harness may have begun the line.
        if let Some((_, name)) = line.split_once("TOOK ") {
            took.push(name.to_owned());
        }
        if took.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(
        took.len() >= enough,
        "it ended by itself after {} names",
        took.len()
    );
    took
}

#[tokio::test]
async fn killed_while_writing() {
    let mut world = World::file().await;
    let mut all = Vec::new();
    for round in 0..5 {
        world.db.close().await;
        let World {
            folder, store, db, ..
        } = world;
        drop((store, db));
        let path = folder.path().to_owned();
        let took =
            tokio::task::spawn_blocking(move || kill_after(&mut start(&path), 5 + 7 * round))
                .await
                .unwrap();
        all.extend(took);
        world = World::reopened(folder, 50 + round as u8).await;
        let check: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut world.foreign().await)
            .await
            .unwrap();
        assert_eq!(check, "ok");
        for name in &all {
            let found = world.store.find(&Scope::Everyone, name).await.unwrap();
            assert!(
                found.is_some_and(|row| row.managed.is_some()),
                "{name} was taken and is lost"
            );
        }
        let total = world.store.counts(&Scope::Everyone).await.unwrap().total;
        assert_eq!(
            world.store.queued().await.unwrap(),
            total,
            "a row without its job, or a job without its row"
        );
    }
}
