//! A server writes while a backup is made: it holds one moment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use store::portable::Value;

use super::tools::*;
use crate::world::*;

/// The first column of a table.
fn column(tables: &Tables, table: &str, index: usize) -> BTreeSet<String> {
    let (_, rows) = tables.iter().find(|found| found.0 == table).unwrap();
    let text = |row: &Vec<Value>| row[index].to_string();
    rows.iter().map(text).collect()
}

async fn one_moment(world: World) {
    let (stop, taken) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let writing = tokio::spawn({
        let (store, stop, taken) = (world.store.clone(), stop.clone(), taken.clone());
        async move {
            for number in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // The row, its claims, its release, its job and its events: one transaction.
                store
                    .accept_deploy(&ask(&format!("app-{number}")))
                    .await
                    .unwrap();
                taken.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    for round in 0..6 {
        let before = taken.load(Ordering::Relaxed);
        let path = folder.path().join(round.to_string());
        save(&world.url, &path).await;
        let tables = rows_of(&path);
        let deployments = column(&tables, "deployments", 0);
        assert!(
            deployments.len() >= before as usize,
            "what was answered is in it"
        );
        assert_eq!(deployments, column(&tables, "managed", 0));
        assert_eq!(deployments, column(&tables, "releases", 1));
        assert_eq!(deployments, column(&tables, "jobs", 2));
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert!(taken.load(Ordering::Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    one_moment(World::file().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    World::on(
        crate::servers::Server::Postgres,
        "backup::while_writing",
        one_moment,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mariadb() {
    World::on(
        crate::servers::Server::MariaDb,
        "backup::while_writing",
        one_moment,
    )
    .await;
}
