use domain::Status;
use domain::job::Work;

use crate::world::*;

#[tokio::test]
async fn a_deploy_goes_all_the_way_and_is_destroyed() {
    let world = World::new().await;
    let first = world.deploy("my-app").await;
    assert!(first.created);
    world.serve_next(1).await;
    let shown = world.shown("MY-APP").await;
    assert_eq!(shown.status, Some(Status::Running));
    let job = world
        .store
        .accept_work(&first.deployment, &Work::Destroy)
        .await
        .unwrap();
    assert!(job.is_some());
    let (_, lease) = world.lease().await;
    world.store.destroyed(&lease).await.unwrap();
    world.store.finish(&lease).await.unwrap();
    assert_eq!(world.shown("my-app").await.status, Some(Status::Deleted));
    world.db.close().await;
}
