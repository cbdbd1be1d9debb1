//! A fault in every call: the deploy succeeds or fails cleanly, and what served still serves.

use domain::ports::Change;
use domain::{DriverKind, ReleaseStatus, Status};
use rstest::rstest;
use sim::{Asked, Fault, Op};

use crate::lab::{APP, URL, lab_on, over, world_of};

#[rstest]
#[tokio::test]
async fn a_fault_at_every_call_of_a_redeploy(
    #[values(
        Op::Fetch,
        Op::HasRoom,
        Op::PrepareBase,
        Op::Create,
        Op::Put,
        Op::Exec,
        Op::Seal,
        Op::Destroy,
        Op::Report,
        Op::Written,
        Op::Start,
        Op::Address,
        Op::Probe,
        Op::RouteSet
    )]
    op: Op,
    #[values(
        Fault::Transient, Fault::Ambiguous { happened: true }, Fault::Ambiguous { happened: false }, Fault::Other,
        Fault::Capacity, Fault::Refused
    )]
    fault: Fault,
    #[values(1, 50)] times: u32,
    #[values(DriverKind::Local, DriverKind::Proxmox)] kind: DriverKind,
) {
    let (world, _folder, life) = lab_on(world_of(kind)).await;
    assert_eq!(life.deploy("hello").await.status, ReleaseStatus::Serving);
    world
        .repo(URL)
        .commit(&[("Procfile", "web: run two\nrelease: migrate"), APP[1]]);

    world.fail(op, fault, times);
    let changed = life
        .engine
        .change(
            &life.id("hello").await,
            Change::Redeploy {
                git_ref: None,
                discard_data: false,
            },
        )
        .await;
    let Ok(accepted) = changed else {
        // A machine without room refuses at once.
        assert_eq!(op, Op::HasRoom);
        world.heal();
        return life.clean_up(&["hello"]).await;
    };
    // On a cluster what passes is waited for: it passes here once it was told.
    let release = over(&world, &life, &accepted.release, true).await;
    world.heal();
    assert_eq!(life.status("hello").await, Status::Running);
    if op == Op::Address && kind == DriverKind::Proxmox {
        // Nobody was sent to an address that could not be confirmed.
        world
            .until("its address is confirmed", |w| {
                matches!(w.ask("hello"), Asked::App { .. })
            })
            .await;
    }
    assert!(
        matches!(world.ask("hello"), Asked::App { status: 200, .. }),
        "{:?}",
        world.ask("hello")
    );
    if release.status == ReleaseStatus::Failed {
        assert!(release.failure.is_some());
        // Whatever could not be undone while the fault lasted is removed by the reconcilers.
        world
            .until("the first release serves alone", |w| {
                w.expect()
                    .guest("hello", "running")
                    .artifacts(w.artifacts().len())
                    .serving("hello")
                    .holds()
            })
            .await;
    } else {
        assert_eq!(release.status, ReleaseStatus::Serving);
    }
    life.clean_up(&["hello"]).await;
}
