//! A managed row that another program broke.

use domain::DriverKind;

use crate::servers::Server;
use crate::world::*;

/// Its job is put off, and the jobs behind it go on; once the row is mended it is taken again.
async fn it_holds_up_only_its_own_job(world: World) {
    let broken = world.deploy("broken").await.deployment;
    let sound = world.deploy("sound").await.deployment;
    let mut other = world.other().await;
    let say =
        |status: &str| format!("UPDATE deployments SET status = '{status}' WHERE id = '{broken}'");
    other.run(&say("what?")).await;
    let nothing = world.store.lease(&world.worker(), TTL).await.unwrap();
    assert!(nothing.is_none(), "{nothing:?}");
    let (job, lease) = world.lease().await;
    assert_eq!(job.deployment, sound);
    world.store.finish(&lease).await.unwrap();
    assert!(
        world
            .store
            .lease(&world.worker(), TTL)
            .await
            .unwrap()
            .is_none()
    );
    other.run(&say("PENDING")).await;
    world.clock.pass(31);
    let (job, _) = world.lease().await;
    assert_eq!(job.deployment, broken);
    assert_eq!(
        world
            .store
            .guests_at(DriverKind::Local, None, 10)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn sqlite() {
    it_holds_up_only_its_own_job(World::file().await).await;
}

#[tokio::test]
async fn postgres() {
    World::on(
        Server::Postgres,
        module_path!(),
        it_holds_up_only_its_own_job,
    )
    .await;
}

#[tokio::test]
async fn mariadb() {
    World::on(
        Server::MariaDb,
        module_path!(),
        it_holds_up_only_its_own_job,
    )
    .await;
}
