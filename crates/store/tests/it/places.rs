//! Several servers on one database: what is whose, who leads, and what becomes of those that are gone.

use std::sync::Arc;
use std::time::Duration;

use domain::job::WorkerId;
use domain::ports::*;
use domain::{DriverKind, PlaceId};
use store::{Database, Home, Opening, SecretKey, TimeSource};

use crate::servers::Server;
use crate::world::*;

const SOON: Duration = Duration::from_secs(15);

/// Runs each test on the databases that take several servers.
macro_rules! shared {
    ($($(#[doc = $doc:literal])* async fn $name:ident($world:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        async fn $name($world: World) $body

        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                World::on(Server::Postgres, module_path!(), super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mariadb() {
                World::on(Server::MariaDb, module_path!(), super::$name).await;
            }
        }
    )*};
}

/// Another process on the same database, at this place.
async fn another(world: &World, place: PlaceId, name: &str) -> Arc<Database> {
    let dice = dice(7);
    let opening = Opening {
        key: SecretKey::load_or_create(world.folder.path(), None, &dice).unwrap(),
        clock: world.clock.clone(),
        time: TimeSource::Process,
        home: Home {
            place,
            name: name.into(),
            apps: "localhost:8081".into(),
        },
        dice,
    };
    let target = world.url.parse().unwrap();
    Database::open_with(&target, opening).await.unwrap()
}

async fn neighbour(world: &World) -> Arc<Database> {
    let place = dice(8).roll(|rng| PlaceId::random(rng));
    another(world, place, "beta").await
}

fn worker(name: &str) -> WorkerId {
    WorkerId(name.into())
}

fn anywhere(name: &str) -> NewDeploy {
    NewDeploy {
        driver: DriverKind::Proxmox,
        ..ask(name)
    }
}

shared! {
    async fn what_lives_on_a_machine_is_its_servers_to_look_after(world) {
        let beta = neighbour(&world).await;
        let first = world.deploy("my-app").await;
        assert!(beta.lease(&worker("b"), TTL).await.unwrap().is_none(), "its guests are elsewhere");
        let (job, lease) = world.lease().await;
        assert_eq!(job.deployment, first.deployment);
        let guest = world.guest(&lease, first.release);
        world.store.guest_planned(&lease, &guest).await.unwrap();
        assert!(beta.live(None, 9).await.unwrap().is_empty());
        assert!(beta.guests_at(DriverKind::Local, None, 9).await.unwrap().is_empty());
        assert_eq!(world.store.live(None, 9).await.unwrap().len(), 1);
        assert_eq!(world.store.guests_at(DriverKind::Local, None, 9).await.unwrap().len(), 1);
        world.store.release_began(&lease, &first.release).await.unwrap();
        world.build(&lease, &first.release, 1).await;
        world.store.release_failed(&lease, &first.release, &failure()).await.unwrap();
        world.store.finish(&lease).await.unwrap();
        assert!(beta.collectable(3, 9).await.unwrap().is_empty());
        assert_eq!(world.store.collectable(3, 9).await.unwrap().len(), 1);
        beta.close().await;
    }

    async fn any_server_shows_and_changes_what_lives_elsewhere(world) {
        let beta = neighbour(&world).await;
        let first = world.deploy("my-app").await;
        world.serve_next(1).await;
        assert!(beta.find(&Scope::Everyone, "my-app").await.unwrap().is_some());
        let second = beta.accept_deploy(&ask("my-app")).await.unwrap();
        assert_eq!((second.deployment, second.created), (first.deployment, false));
        assert!(beta.lease(&worker("b"), TTL).await.unwrap().is_none(), "it waits for its machine");
        let (job, _) = world.lease().await;
        assert_eq!(release_of(&job), second.release);
        let own = beta.accept_deploy(&ask("other")).await.unwrap();
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none());
        let (job, _) = beta.lease(&worker("b"), TTL).await.unwrap().unwrap();
        assert_eq!(job.deployment, own.deployment);
        beta.close().await;
    }

    async fn what_lives_at_no_machine_is_for_whoever_comes_first(world) {
        let beta = neighbour(&world).await;
        let one = world.store.accept_deploy(&anywhere("one")).await.unwrap();
        let two = world.store.accept_deploy(&anywhere("two")).await.unwrap();
        let (job, _) = beta.lease(&worker("b"), TTL).await.unwrap().unwrap();
        assert_eq!(job.deployment, one.deployment);
        let (job, _) = world.lease().await;
        assert_eq!(job.deployment, two.deployment);
        assert_eq!(beta.live(None, 9).await.unwrap().len(), 2);
        assert_eq!(beta.whereabouts(&one.deployment).await.unwrap(), Whereabouts::Here);
        beta.close().await;
    }

    async fn a_server_says_where_a_deployment_lives(world) {
        let beta = neighbour(&world).await;
        let mine = world.deploy("my-app").await.deployment;
        let own = beta.accept_deploy(&ask("other")).await.unwrap().deployment;
        assert_eq!(world.store.whereabouts(&mine).await.unwrap(), Whereabouts::Here);
        assert_eq!(world.store.whereabouts(&own).await.unwrap(), Whereabouts::Elsewhere(None));
        beta.server_began(&worker("b"), SOON).await.unwrap();
        let Whereabouts::Elsewhere(Some(server)) = world.store.whereabouts(&own).await.unwrap() else {
            panic!("it has a server");
        };
        assert_eq!((server.name.as_str(), server.apps.as_str(), server.alive), ("beta", "localhost:8081", true));
        assert_eq!(world.store.servers().await.unwrap(), std::slice::from_ref(&server));
        world.clock.pass(15);
        assert!(!world.store.servers().await.unwrap()[0].alive, "not heard of");
        assert!(beta.server_seen(&worker("b"), SOON).await.unwrap());
        assert!(world.store.servers().await.unwrap()[0].alive);
        beta.server_left(&worker("b")).await.unwrap();
        let left = world.store.servers().await.unwrap();
        assert!(left.len() == 1 && !left[0].alive, "remembered: {left:?}");
        beta.close().await;
    }

    /// A data folder was copied to another machine.
    async fn of_two_servers_at_one_place_the_older_one_rests(world) {
        let copy = another(&world, world.db.place(), "copy").await;
        world.store.server_began(&worker("a"), SOON).await.unwrap();
        assert!(world.store.server_seen(&worker("a"), SOON).await.unwrap());
        copy.server_began(&worker("c"), SOON).await.unwrap();
        assert!(!world.store.server_seen(&worker("a"), SOON).await.unwrap());
        assert!(copy.server_seen(&worker("c"), SOON).await.unwrap());
        world.clock.pass(15);
        assert!(world.store.server_seen(&worker("a"), SOON).await.unwrap(), "the copy is gone");
        assert!(!copy.server_seen(&worker("c"), SOON).await.unwrap());
        copy.close().await;
    }

    async fn a_start_ends_the_leases_of_its_own_place_only(world) {
        let beta = neighbour(&world).await;
        world.deploy("my-app").await;
        world.store.accept_deploy(&anywhere("shared")).await.unwrap();
        let (_, local) = world.lease().await;
        let (_, shared) = world.lease().await;
        assert_eq!(beta.take_over(&worker("b")).await.unwrap(), 0);
        world.store.renew(&local, TTL).await.unwrap();
        let next = another(&world, world.db.place(), "alpha").await;
        assert_eq!(next.take_over(&worker("a2")).await.unwrap(), 1, "its own, not what any server may do");
        assert!(matches!(world.store.renew(&local, TTL).await, Err(StoreError::LeaseLost)));
        world.store.renew(&shared, TTL).await.unwrap();
        beta.close().await;
        next.close().await;
    }

    async fn one_server_leads_until_it_is_not_heard_of(world) {
        let beta = neighbour(&world).await;
        let names = ["retire of proxmox".to_owned(), "events".to_owned()];
        let (a, b) = (worker("a"), worker("b"));
        let epochs = |led: Vec<Leadership>| -> Vec<i64> { led.iter().map(|lead| lead.epoch).collect() };
        assert_eq!(epochs(world.store.lead(&a, &names, SOON).await.unwrap()), [1, 1]);
        assert!(beta.lead(&b, &names, SOON).await.unwrap().is_empty());
        world.clock.pass(14);
        assert_eq!(epochs(world.store.lead(&a, &names[..1], SOON).await.unwrap()), [1], "renewed");
        world.clock.pass(1);
        let led = beta.lead(&b, &names, SOON).await.unwrap();
        assert_eq!((led.len(), led[0].name.as_str(), led[0].epoch), (1, "events", 2));
        assert_eq!(epochs(world.store.lead(&a, &names, SOON).await.unwrap()), [1], "not what was taken");
        world.store.resign(&a).await.unwrap();
        assert_eq!(epochs(beta.lead(&b, &names, SOON).await.unwrap()), [2, 2], "at once");
        world.clock.pass(15);
        assert_eq!(epochs(beta.lead(&b, &names, SOON).await.unwrap()), [3, 3], "another one may have led meanwhile");
        beta.close().await;
    }

    /// An administrator looks at a job in a transaction of his own and goes to lunch.
    async fn a_job_that_another_session_holds_blocks_no_other(world) {
        world.deploy("my-app").await;
        let second = world.deploy("other").await;
        let mut lunch = world.other().await;
        lunch.run("BEGIN").await;
        lunch.texts("SELECT id FROM jobs ORDER BY seq LIMIT 1 FOR UPDATE").await;
        let (job, _) = world.lease().await;
        assert_eq!(job.deployment, second.deployment);
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_none());
        lunch.run("ROLLBACK").await;
        assert!(world.store.lease(&world.worker(), TTL).await.unwrap().is_some());
    }

    async fn strays_belong_to_the_next_server_that_comes(world) {
        let stray = world.deploy("stray").await;
        world.deploy("mine").await;
        let mut other = world.other().await;
        let of = format!("UPDATE managed SET place = NULL WHERE deployment_id = '{}'", stray.deployment);
        other.run(&of).await;
        let beta = neighbour(&world).await;
        let live = beta.live(None, 9).await.unwrap();
        assert_eq!(live.iter().map(|facts| facts.id).collect::<Vec<_>>(), [stray.deployment]);
        assert_eq!(world.store.live(None, 9).await.unwrap().len(), 1);
        beta.close().await;
    }
}

/// One file takes one server: it looks after all that there is, whoever did before.
#[tokio::test]
async fn an_sqlite_file_belongs_to_whoever_opens_it() {
    let world = World::file().await;
    let first = world.deploy("my-app").await;
    let before = world.db.place();
    let world = world.reopen(2).await;
    assert_ne!(world.db.place(), before);
    let (job, _) = world.lease().await;
    assert_eq!(job.deployment, first.deployment);
    assert_eq!(world.store.live(None, 9).await.unwrap().len(), 1);
    assert_eq!(
        world.store.whereabouts(&first.deployment).await.unwrap(),
        Whereabouts::Here
    );
    let led = world
        .store
        .lead(&world.worker(), &["events".into()], SOON)
        .await
        .unwrap();
    assert_eq!(led.len(), 1);
    assert!(
        world
            .store
            .server_seen(&world.worker(), SOON)
            .await
            .unwrap()
    );
    assert!(
        world.store.servers().await.unwrap().is_empty(),
        "nothing is written for one server"
    );
}
