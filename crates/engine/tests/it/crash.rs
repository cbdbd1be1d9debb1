//! Kill -9 at every boundary between the engine and the world, then another engine: every deploy ends as it would have.

use std::path::Path;

use domain::ports::{Change, Deployments, Releases, Scope};
use domain::{DriverKind, ReleaseStatus, Status};
use sim::{Asked, World};

use crate::lab::{APP, Life, URL, limits, world_of};

/// A first deploy, a second one of another commit, a rollback. What an earlier life had asked for is not asked again.
async fn drive(world: &World, life: &Life) {
    loop {
        let found = life.store.find(&Scope::Everyone, "hello").await.unwrap();
        let Some(id) = found.and_then(|deployment| deployment.parsed_id()) else {
            life.ask("hello", URL).await.unwrap();
            continue;
        };
        let newest = life.store.releases(&id, 1).await.unwrap().remove(0);
        let newest = life.engine.wait_for_release(&newest.id).await.unwrap();
        assert_eq!(
            newest.status,
            ReleaseStatus::Serving,
            "{} {:?}",
            newest.version,
            newest.failure
        );
        let next = match newest.version.0 {
            1 => {
                world
                    .repo(URL)
                    .commit(&[("Procfile", "web: run two\nrelease: migrate"), APP[1]]);
                Change::Redeploy {
                    git_ref: None,
                    discard_data: false,
                }
            }
            2 => Change::Rollback {
                to: None,
                discard_data: false,
            },
            _ => return,
        };
        life.engine.change(&id, next).await.unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Runs the story until it ends or the world kills it.
fn first_life(world: &World, folder: &Path) {
    let runtime = runtime();
    runtime.block_on(async {
        let life = Life::begin(world, folder, limits()).await;
        tokio::select! {
            died = world.crashed(1) => assert!(died, "the crash did not come"),
            () = drive(world, &life) => world.kill(),
        }
    });
    // Waits until every task is dropped, and with them the database: the next life opens it again.
    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
}

/// Goes on with the story and looks at how it ended.
fn second_life(world: &World, folder: &Path) {
    let runtime = runtime();
    runtime.block_on(async {
        let life = Life::begin(world, folder, limits()).await;
        drive(world, &life).await;
        assert_eq!(life.status("hello").await, Status::Running);
        assert_eq!(
            life.releases("hello").await,
            [
                ReleaseStatus::Kept,
                ReleaseStatus::Kept,
                ReleaseStatus::Serving
            ]
        );
        world
            .until(
                "one guest serves, one is warm, nothing else is there",
                |world| {
                    let served = matches!(world.ask("hello"), Asked::App { status: 200, .. });
                    served
                        && world
                            .expect()
                            .guest("hello", "running")
                            .guest("hello", "frozen")
                            .artifacts(2)
                            .serving("hello")
                            .holds()
                },
            )
            .await;
        life.clean_up(&["hello"]).await;
        life.store.close().await;
    });
}

fn crash_at(kind: DriverKind, boundary: u64) {
    let world = world_of(kind);
    world.repo(URL).commit(APP);
    world.crash_at(boundary);
    let folder = tempfile::tempdir().unwrap();
    first_life(&world, folder.path());
    second_life(&world, folder.path());
}

/// Every n-th boundary, so that the cases share the work.
#[rstest::rstest]
fn a_crash_at_any_boundary_changes_nothing(
    #[values(DriverKind::Local, DriverKind::Proxmox)] kind: DriverKind,
    #[values(0, 1, 2, 3)] part: u64,
) {
    let world = world_of(kind);
    world.repo(URL).commit(APP);
    let folder = tempfile::tempdir().unwrap();
    first_life(&world, folder.path());
    let boundaries = world.boundaries();
    world.leave_ok();
    assert!(boundaries > 100, "{boundaries}");
    for boundary in (part..boundaries).step_by(4) {
        eprintln!("crash at boundary {boundary} of {boundaries}");
        crash_at(kind, boundary);
    }
}
