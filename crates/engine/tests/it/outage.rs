//! The database is away for longer than a lease in the middle of a deploy, frozen or gone: the engine stops acting before
//! its lease is over, does not wear itself out meanwhile, and the deploy ends as it would have.

use std::path::Path;
use std::time::Duration;

use domain::ReleaseStatus;
use domain::ports::StoreError;
use engine::{Engine, Refusal};

use crate::servers::shared_request;
use crate::shared::database::{Eye, Kind, TestDatabase};
use crate::shared::log::acts;
use crate::shared::process::{Orders, until_there};
use crate::shared::wire::{Flow, Wire};
use crate::shared::world::HELD;

const LEASE: u64 = 2000;
const BOUND: Duration = Duration::from_secs(60);

#[rstest::rstest]
#[case::postgres_frozen(Kind::Postgres, Flow::Held)]
#[case::postgres_gone(Kind::Postgres, Flow::Cut)]
#[case::mariadb_frozen(Kind::MariaDb, Flow::Held)]
#[case::mariadb_gone(Kind::MariaDb, Flow::Cut)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_changes_no_ending(#[case] kind: Kind, #[case] flow: Flow) {
    let test = format!("a_database_that_is_away_changes_no_ending {kind:?} {flow:?}");
    let Some(database) = TestDatabase::create(kind, &test).await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (wire, near) = Wire::to(&database.url).await;
    let orders = Orders {
        folder: folder.path().to_owned(),
        url: near,
        eye: database.url.clone(),
        number: 1,
        lease: LEASE,
    };
    let store = orders.open().await;
    let engine = orders.engine(&store).await;
    let accepted = engine.deploy(shared_request(HELD)).await.unwrap();
    let hangs = tokio::time::timeout(BOUND, until_there(folder.path().join("held-by")));
    hangs.await.expect("the driver hangs");

    let (done, dialled) = (acts(folder.path()).len(), wire.dialled());
    wire.set(flow);
    let eye = Eye::open(&database.url).await;
    let ended = async {
        while eye
            .job(&accepted.deployment)
            .await
            .is_some_and(|job| job.live)
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(BOUND, ended)
        .await
        .expect("the lease ends");
    // The call of the driver would end now, if anybody still waited for it.
    std::fs::File::create(folder.path().join("go")).unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), engine.store().last_event());
    let told = told.await.expect("an answer within its bound");
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    assert_eq!(
        acts(folder.path()).len(),
        done,
        "{:#?}",
        acts(folder.path())
    );
    let dials = wire.dialled() - dialled;
    assert!(dials < 40, "{dials} dials while the database was away");

    wire.set(Flow::Open);
    let release = tokio::time::timeout(BOUND, ending(&engine, &accepted.release))
        .await
        .expect("the deploy ends");
    assert_eq!(
        release.status,
        ReleaseStatus::Serving,
        "{:?}",
        release.failure
    );
    all_rightful(folder.path());
    engine.shut_down().await;
    store.close().await;
    drop((engine, store, eye));
    database.erase().await;
}

async fn ending(engine: &Engine, release: &domain::ReleaseId) -> domain::Release {
    loop {
        match engine.wait_for_release(release).await {
            Ok(release) => return release,
            Err(Refusal::Store(StoreError::Unavailable(_))) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

fn all_rightful(folder: &Path) {
    let all = acts(folder);
    let wrong: Vec<_> = all.iter().filter(|act| !act.is_rightful()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
