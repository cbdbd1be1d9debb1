//! The notebook of a cluster's driver on every database, and what only a database can break.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use domain::PlaceId;
use domain::ports::{Claim, Clock, ClusterRow, Dice, MachineKind, Machines};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sim::contract::machines::{self, Rig};
use sqlx::{AssertSqlSafe, Row, raw_sql};
use store::{Database, Home, Opening, SecretKey, TimeSource};

use crate::other::Other;
use crate::servers::Server;
use crate::world::*;

const SECRET: &str = "correct-horse-battery-staple";
const SSH_KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n";

/// Two servers on one database; on SQLite the second is the first.
struct Servers {
    world: World,
    second: Arc<Database>,
}

#[async_trait]
impl Rig for Servers {
    fn server(&self, number: usize) -> Arc<dyn Machines> {
        match number {
            0 => self.world.db.clone(),
            _ => self.second.clone(),
        }
    }

    async fn pass(&self, time: Duration) {
        self.world
            .clock
            .pass(i64::try_from(time.as_secs()).unwrap());
    }
}

impl Servers {
    async fn of(world: World) -> Self {
        let second = if world.url.starts_with("sqlite") {
            world.db.clone()
        } else {
            second(&world, world.clock.clone(), TimeSource::Process).await
        };
        Self { world, second }
    }
}

async fn second(world: &World, clock: Arc<dyn Clock>, time: TimeSource) -> Arc<Database> {
    let dice = dice(7);
    let opening = Opening {
        key: SecretKey::load_or_create(world.folder.path(), None, &dice).unwrap(),
        clock,
        time,
        home: Home {
            place: Dice::seeded([8; 32]).roll(|rng| PlaceId::random(rng)),
            name: "beta".into(),
            apps: "localhost:8081".into(),
        },
        dice,
    };
    let target = world.url.parse().unwrap();
    Database::open_with(&target, opening).await.unwrap()
}

fn claim(owner: &str) -> Claim {
    Claim {
        owner: owner.into(),
        cluster: "pve".into(),
        kind: MachineKind::Guest,
        range: 100..=999,
        avoid: Vec::new(),
        details: json!({}),
    }
}

fn settings() -> ClusterRow {
    ClusterRow {
        name: "pve".into(),
        settings: json!({ "url": "https://pve.example:8006" }),
        secret: Some(SecretString::from(SECRET)),
        ssh_key: Some(SecretString::from(SSH_KEY)),
    }
}

contract! {
    async fn the_notebook_keeps_its_contract(world) {
        let servers = Servers::of(world).await;
        machines::all(&servers).await;
    }

    /// Every process that writes past Havre, too.
    async fn the_database_refuses_a_number_twice(world) {
        let machine = world.db.machine_claimed(&claim("a")).await.unwrap().unwrap();
        if world.url == "sqlite://" {
            return;
        }
        let mut other = world.other().await;
        let insert = |owner: &str, vmid: u32| format!(
            "INSERT INTO machines (owner, cluster, vmid, kind, details, revision, created_at) \
             VALUES ('{owner}', 'pve', {vmid}, 'guest', '{{}}', 1, 0)"
        );
        let refused = try_run(&mut other, &insert("b", machine.vmid)).await;
        let told = refused.unwrap_err().to_lowercase();
        assert!(told.contains("unique") || told.contains("duplicate"), "{told}");
        try_run(&mut other, &insert("b", machine.vmid + 1)).await.unwrap();
        let next = world.db.machine_claimed(&claim("c")).await.unwrap().unwrap();
        assert_eq!(next.vmid, machine.vmid + 2, "what another one wrote is taken");
        other.close().await;
    }

    /// A server whose own clock is wrong neither breaks a hold nor keeps one for ever.
    async fn holds_end_by_the_clock_of_the_database(world) {
        if world.url.starts_with("sqlite") {
            return;
        }
        let late = HandClock::new();
        late.pass(TimeDelta::days(3650).num_seconds());
        let theirs = second(&world, late, TimeSource::Database).await;
        let ours = second(&world, HandClock::new(), TimeSource::Database).await;
        ours.machine_claimed(&claim("a")).await.unwrap();
        assert!(ours.machine_held("a", "x", Duration::from_secs(600)).await.unwrap());
        assert!(!theirs.machine_held("a", "y", Duration::from_secs(600)).await.unwrap());
        ours.machine_let_go("a", "x").await.unwrap();
        assert!(theirs.machine_held("a", "y", Duration::ZERO).await.unwrap());
        assert!(ours.machine_held("a", "x", Duration::from_secs(600)).await.unwrap(), "its time was over at once");
    }

    async fn secrets_of_a_cluster_are_sealed(world) {
        world.db.cluster_saved(&settings()).await.unwrap();
        if world.url == "sqlite://" {
            return;
        }
        let mut other = world.other().await;
        for column in ["secret", "ssh_key"] {
            let stored = other.text(&format!("SELECT {column} FROM clusters WHERE name = 'pve'")).await;
            assert!(!stored.contains(SECRET) && !stored.contains("BEGIN"), "{stored}");
        }
        // Moved to the other column, it does not open there.
        other.run("UPDATE clusters SET secret = ssh_key").await;
        other.close().await;
        assert!(world.db.cluster("pve").await.is_err());
    }
}

#[tokio::test]
async fn no_file_of_the_database_holds_a_secret_of_a_cluster() {
    let world = World::file().await;
    world.db.cluster_saved(&settings()).await.unwrap();
    let found = world.db.cluster("pve").await.unwrap().unwrap();
    assert_eq!(found.secret.unwrap().expose_secret(), SECRET);
    let holds = |needle: &str| {
        let files = std::fs::read_dir(world.folder.path()).unwrap();
        let held = files.filter(|file| {
            let bytes = std::fs::read(file.as_ref().unwrap().path()).unwrap();
            bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        });
        held.count()
    };
    assert!(holds("pve.example") > 0, "the search finds what is there");
    assert_eq!((holds(SECRET), holds("b3BlbnNzaC1rZXktdjEAAAAA")), (0, 0));
    world.db.close().await;
    assert_eq!((holds(SECRET), holds("b3BlbnNzaC1rZXktdjEAAAAA")), (0, 0));
}

async fn try_run(other: &mut Other, sql: &str) -> Result<(), String> {
    let text = raw_sql(AssertSqlSafe(sql.to_owned()));
    let done = match other {
        Other::Sqlite(link) => text.execute(&mut **link).await.map(drop),
        Other::Postgres(link) => text.execute(&mut **link).await.map(drop),
        Other::MySql(link) => text.execute(&mut **link).await.map(drop),
    };
    done.map_err(|error| error.to_string())
}

/// How the database would do it, in its own words.
async fn plan(other: &mut Other, statement: &str) -> String {
    match other {
        Other::Sqlite(link) => {
            let text = raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
            let rows = text.fetch_all(&mut **link).await.unwrap();
            let steps = rows.iter().map(|row| row.get::<String, _>("detail"));
            steps.collect::<Vec<_>>().join("\n")
        }
        Other::Postgres(_) => {
            let steps = other.texts(&format!("EXPLAIN {statement}")).await;
            steps.into_iter().flatten().collect::<Vec<_>>().join("\n")
        }
        Other::MySql(_) => {
            other
                .text(&format!("EXPLAIN FORMAT=JSON {statement}"))
                .await
        }
    }
}

/// No statement of the notebook walks the table: a row each for 20,000 machines.
async fn plans(world: World) {
    let mut other = world.other().await;
    for block in 0..40 {
        let rows: Vec<String> = (0..500)
            .map(|n| block * 500 + n)
            .map(|n| format!("('m-{n:05}', 'pve', {}, 'guest', '{{}}', 1, 0)", 100 + n))
            .collect();
        let all = rows.join(", ");
        let insert = "INSERT INTO machines (owner, cluster, vmid, kind, details, revision, created_at) VALUES";
        other.run(&format!("{insert} {all}")).await;
    }
    match &other {
        Other::Sqlite(_) => 0,
        Other::Postgres(_) => other.run("ANALYZE machines").await,
        Other::MySql(_) => other.run("ANALYZE TABLE machines").await,
    };
    for statement in [
        "SELECT owner FROM machines WHERE owner = 'm-00500'",
        "SELECT vmid FROM machines WHERE cluster = 'pve' AND vmid >= 100 AND vmid <= 110 ORDER BY vmid",
        "SELECT owner FROM machines WHERE cluster = 'pve' AND vmid IN (100, 200, 300)",
        "SELECT owner FROM machines WHERE cluster = 'pve' AND owner > 'm-10000' AND kind <> 'foreign' \
         ORDER BY owner LIMIT 50",
        "UPDATE machines SET details = '{}', revision = 2 WHERE owner = 'm-1' AND vmid = 1 AND revision = 1",
    ] {
        let plan = plan(&mut other, statement).await;
        let walks = ["Seq Scan", "\"ALL\"", "SCAN machines"];
        assert!(
            !walks.iter().any(|walk| plan.contains(walk)),
            "{statement}\n{plan}"
        );
        let indexes = ["ix_machines", "PRIMARY", "pkey", "autoindex"];
        assert!(
            indexes.iter().any(|index| plan.contains(index)),
            "{statement}\n{plan}"
        );
    }
    other.close().await;
}

#[tokio::test]
async fn the_notebook_is_read_by_its_indexes_sqlite() {
    plans(World::file().await).await;
}

#[tokio::test]
async fn the_notebook_is_read_by_its_indexes_postgres() {
    World::on(Server::Postgres, module_path!(), plans).await;
}

#[tokio::test]
async fn the_notebook_is_read_by_its_indexes_mariadb() {
    World::on(Server::MariaDb, module_path!(), plans).await;
}
