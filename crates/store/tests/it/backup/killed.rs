//! Killed at any moment, a backup leaves a whole file or none, and a restore the old database or the new one.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use store::admin::{Access, BackupTo, UpgradeOptions, backup, restore, upgrade};

use super::tools::*;
use crate::servers::Server;
use crate::world::{World, ask};

const ASKED: &str = "HAVRE_TEST_BACKUP_KILLED";

/// The other side: does one thing, `save URL FILE` or `restore URL FILE KEY`, and says each time that it got further.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the tests below, in a process of its own"]
async fn child() {
    let Ok(asked) = std::env::var(ASKED) else {
        println!("SKIPPED: backup::killed::child: it is started by its neighbours");
        return;
    };
    let words: Vec<&str> = asked.split(' ').collect();
    let path = PathBuf::from(words[2]);
    let told = AtomicU32::new(0);
    let tell = |_| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "STEP {}", told.fetch_add(1, Ordering::Relaxed)).unwrap();
        out.flush().unwrap();
    };
    if words[0] == "save" {
        let mut db = admin(words[1], Access::Look).await;
        backup(&mut db, &migrations(), BackupTo::File(path), &tell)
            .await
            .unwrap();
    } else {
        let mut db = admin(words[1], Access::Alone).await;
        let key = with_key(words[3]);
        restore(&mut db, &migrations(), &path, &key, &tell)
            .await
            .unwrap();
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "DONE").unwrap();
    out.flush().unwrap();
}

/// Lets it go on for so many steps, then a little on, and kills it; gives its steps, and whether it was done before.
fn kill_after(asked: &str, steps: usize, spins: u32) -> (usize, bool) {
    let mut child: Child = Command::new(std::env::current_exe().unwrap())
        .args([
            "backup::killed::child",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(ASKED, asked)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut seen, mut done) = (0, false);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        seen += usize::from(line.contains("STEP "));
        done |= line.contains("DONE");
        if seen == steps {
            // Somewhere between this step and the next one.
            for _ in 0..spins {
                std::thread::yield_now();
            }
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    (seen, done)
}

async fn killed(asked: String, steps: usize, spins: u32) -> (usize, bool) {
    tokio::task::spawn_blocking(move || kill_after(&asked, steps, spins))
        .await
        .unwrap()
}

/// Enough for many parts, and what a restore is made of.
async fn fill(world: &World) -> (PathBuf, String) {
    for name in ["shop", "blog"] {
        world.store.accept_deploy(&ask(name)).await.unwrap();
    }
    let mut other = world.other().await;
    for thousand in 0..2 {
        let rows: Vec<String> = (0..1000)
            .map(|n| {
                format!(
                    "('id-{thousand}-{n:04}', 'app-{n}', 'running', '2026-11-22 08:30:38.672045')"
                )
            })
            .collect();
        let insert = format!(
            "INSERT INTO deployments (id, name, status, created_at) VALUES {}",
            rows.join(", ")
        );
        other.run(&insert).await;
    }
    let path = world.folder.path().join("new.backup");
    let key = save(&world.url, &path).await.header.keys[0].clone();
    (path, key)
}

async fn saving(world: World) {
    let (whole, _) = fill(&world).await;
    let wanted = rows_of(&whole);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.backup");
    let (mut cut, mut steps) = (0, 1);
    loop {
        let asked = format!("save {} {}", world.url, path.display());
        let (seen, done) = killed(asked, steps, (steps as u32 % 7) * 40).await;
        if path.exists() {
            assert_eq!(rows_of(&path), wanted, "a file of that name is whole");
            std::fs::remove_file(&path).unwrap();
        } else {
            assert!(!done, "what was done is there");
            cut += 1;
        }
        if done && seen < steps {
            break;
        }
        steps += 3;
    }
    assert!(cut > 0, "it was never killed in the middle");
}

/// On MySQL an upgrade may have to do what was left; nothing else uses the database before.
async fn settled_rows_in(url: &str) -> Tables {
    let folder = tempfile::tempdir().unwrap();
    let refused = try_save(url, &folder.path().join("look.backup"))
        .await
        .err();
    if let Some(refused) = refused {
        let words = refused.to_string();
        assert!(words.contains("havre db upgrade"), "{words}");
        assert!(
            url.starts_with("mysql") || url.starts_with("mariadb"),
            "{words}"
        );
        let mut db = admin(url, Access::Alone).await;
        upgrade(&mut db, &UpgradeOptions::default()).await.unwrap();
        db.close().await.unwrap();
    }
    rows_in(url).await
}

async fn restoring(world: World) {
    let (path, key) = fill(&world).await;
    let new = rows_of(&path);
    // Then it changes: that is the old state.
    world.store.accept_deploy(&ask("later")).await.unwrap();
    let old_path = world.folder.path().join("old.backup");
    save(&world.url, &old_path).await;
    let old = rows_of(&old_path);
    assert_ne!(old, new);
    let (_folder, url) = stop(world).await;
    let (mut olds, mut news, mut steps) = (0, 0, 1);
    loop {
        let asked = format!("restore {url} {} {key}", path.display());
        let (seen, done) = killed(asked, steps, (steps as u32 % 5) * 60).await;
        let now = settled_rows_in(&url).await;
        assert!(
            now == old || now == new,
            "neither the old rows nor the new ones, after {steps} steps"
        );
        assert!(!done || now == new, "what was done is there");
        if now == old {
            olds += 1;
        } else {
            news += 1;
            restore_again(&url, &old_path, &key).await;
            assert_eq!(rows_in(&url).await, old);
        }
        if done && seen < steps {
            break;
        }
        steps += 4;
    }
    assert!(
        olds > 0 && news > 0,
        "{olds} times the old state, {news} times the new one"
    );
    the_schema_is_whole(&url).await;
}

async fn restore_again(url: &str, path: &Path, key: &str) {
    try_restore(url, path, &with_key(key)).await.unwrap();
}

/// After all that: every index and foreign key is there, and nothing else.
async fn the_schema_is_whole(url: &str) {
    let mut db = admin(url, Access::Look).await;
    let live = store::admin::live_schema(&mut db).await.unwrap();
    let known = migrations();
    let dialect = db.dialect();
    for (name, wanted) in &known.newest_schema().tables {
        let found = live.table(name).unwrap();
        let keys = |table: &store::schema::Table| -> Vec<String> {
            table
                .foreign_keys
                .iter()
                .map(|key| key.name.clone())
                .collect()
        };
        assert_eq!(keys(found), keys(wanted), "{name}");
        for index in &wanted.indexes {
            let found = found
                .index(&index.name)
                .unwrap_or_else(|| panic!("{}", index.name));
            assert!(dialect.same_index(found, index), "{}", index.name);
        }
    }
    let strange: Vec<&String> = live
        .tables
        .keys()
        .filter(|name| name.starts_with("havre_new") || name.starts_with("havre_old"))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    db.close().await.unwrap();
}

macro_rules! on_each {
    ($($name:ident),*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::super::killed::$name(World::file().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                World::on(Server::Postgres, "backup::killed", super::super::killed::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mariadb() {
                World::on(Server::MariaDb, "backup::killed", super::super::killed::$name).await;
            }
        }
    )*};
}
on_each!(saving, restoring);
