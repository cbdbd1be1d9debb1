//! `reset`: what it says it loses, what it refuses, what it leaves, and what is left of it when it is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::admin::{
    self, Access, Admin, AdminError, ResetOptions, ResetPreview, SchemaKind, SeedOptions,
};
use store::{DatabaseTarget, MigrateError};

use crate::ground::{self, Ground};
use crate::servers::Server;
use crate::world::{HandClock, dice};

const FORCE: ResetOptions = ResetOptions { force: true };
const URL: &str = "HAVRE_TEST_RESET_URL";
const ROWS: u32 = 150;

/// Schema and examples.
async fn fill(ground: &Ground<'_>) {
    let mut admin = ground.admin().await;
    let options = admin::UpgradeOptions::default();
    admin::upgrade(&mut admin, &options).await.unwrap();
    let options = SeedOptions {
        count: ROWS,
        rng_seed: 1,
    };
    admin::seed(&mut admin, options, &mut |_, _| ())
        .await
        .unwrap();
    admin.close().await.unwrap();
}

async fn preview(ground: &Ground<'_>) -> ResetPreview {
    let mut admin = ground.admin().await;
    let preview = admin::reset_preview(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    preview
}

async fn reset(
    ground: &Ground<'_>,
    options: ResetOptions,
) -> Result<admin::ResetReport, AdminError> {
    let mut admin = ground.admin().await;
    let done = admin::reset(&mut admin, options).await;
    admin.close().await.unwrap();
    done
}

async fn kind(ground: &Ground<'_>) -> SchemaKind {
    let mut admin = ground.admin().await;
    let state = admin::state(&mut admin, None).await.unwrap();
    admin.close().await.unwrap();
    state.kind
}

fn words<T: std::fmt::Debug>(refused: Result<T, AdminError>) -> String {
    match refused {
        Err(AdminError::Schema(MigrateError::Refused(words)) | AdminError::Refused(words)) => words,
        other => panic!("not refused with words: {other:?}"),
    }
}

const GUEST: &str = "INSERT INTO guests (id, deployment_id, release_id, driver, role, wanted, base, created_at, \
    wanted_since) VALUES ('g000000000001', 'd', 'r', 'local', 'serve', 'serving', 'x', 1, 1)";
const SERVER: &str = "INSERT INTO servers (place, worker, name, apps, version, started_at, seen_until) \
    VALUES ('p', 'w', 'alpha', '', '1', 1, 9000000000000000)";

grounds! {
    /// Everything of Havre's is gone, the schema is that of a new database, and what others have stays.
    async fn everything_goes_and_the_schema_is_new(ground) {
        fill(&ground).await;
        let fresh = ground.schema().await;
        let mut other = ground.other().await;
        other.run("CREATE TABLE bookmarks (url VARCHAR(200))").await;
        other.run("INSERT INTO bookmarks VALUES ('https://example.org')").await;
        // Somebody changed what is not his.
        other.run(drop_index(&ground)).await;
        let lost = preview(&ground).await;
        assert_eq!((lost.deployments, lost.managed, lost.guests), (u64::from(ROWS), 0, 0));
        assert_eq!(lost.kept, ["bookmarks"]);
        assert!(lost.tables.iter().any(|table| table.table == "deployments" && table.rows == u64::from(ROWS)));
        let report = reset(&ground, ResetOptions::default()).await.unwrap();
        assert_eq!(report.lost.deployments, u64::from(ROWS));
        assert_eq!(report.schema_version, lost.schema_version);
        assert_eq!(kind(&ground).await, SchemaKind::Current);
        assert_eq!(preview(&ground).await.deployments, 0);
        assert_eq!(other.texts("SELECT url FROM bookmarks").await.len(), 1);
        other.run("DROP TABLE bookmarks").await;
        other.close().await;
        assert_eq!(ground.schema().await, fresh);
        // It can be used at once, and once more.
        fill(&ground).await;
        reset(&ground, ResetOptions::default()).await.unwrap();
        serves(&ground).await;
    }

    async fn an_empty_database_gets_its_schema(ground) {
        let lost = preview(&ground).await;
        assert_eq!((lost.schema_version, lost.tables.len()), (0, 0));
        reset(&ground, ResetOptions::default()).await.unwrap();
        assert_eq!(kind(&ground).await, SchemaKind::Current);
    }

    async fn guests_and_servers_forbid_it_unless_forced(ground) {
        fill(&ground).await;
        let mut other = ground.other().await;
        other.run(GUEST).await;
        let refused = words(reset(&ground, ResetOptions::default()).await);
        assert!(refused.contains("1 guests"), "{refused}");
        assert_eq!(preview(&ground).await.guests, 1);
        other.run("DELETE FROM guests").await;
        other.run(SERVER).await;
        if !ground.is_sqlite() {
            assert_eq!(preview(&ground).await.servers, ["alpha"]);
            let refused = words(reset(&ground, ResetOptions::default()).await);
            assert!(refused.contains("alpha"), "{refused}");
        }
        other.run("UPDATE servers SET seen_until = 1").await;
        other.run(GUEST).await;
        assert_eq!(preview(&ground).await.deployments, u64::from(ROWS), "nothing was changed");
        reset(&ground, FORCE).await.unwrap();
        let after = preview(&ground).await;
        assert_eq!((after.deployments, after.guests), (0, 0));
        other.close().await;
    }

    async fn what_is_not_havres_is_not_touched(ground) {
        let mut other = ground.other().await;
        other.run("CREATE TABLE deployments (id INTEGER PRIMARY KEY)").await;
        other.run("INSERT INTO deployments VALUES (7)").await;
        let refused = reset(&ground, FORCE).await;
        assert!(matches!(refused, Err(AdminError::Schema(_))), "{refused:?}");
        assert_eq!(other.texts("SELECT CAST(id AS CHAR) FROM deployments").await.len(), 1);
        other.close().await;
    }

    /// Another program's foreign key to a table of ours would be broken.
    async fn a_table_that_points_at_ours_forbids_it(ground) {
        fill(&ground).await;
        let mut other = ground.other().await;
        let id = match ground.server() {
            Some(Server::MariaDb) => "VARCHAR(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
            Some(Server::Postgres) => "VARCHAR(36) COLLATE \"C\"",
            None => "VARCHAR(36)",
        };
        let table = format!(
            "CREATE TABLE likes (deployment {id}, CONSTRAINT fk_likes FOREIGN KEY (deployment) REFERENCES deployments (id))"
        );
        other.run(&table).await;
        let refused = words(reset(&ground, FORCE).await);
        assert!(refused.contains("likes"), "{refused}");
        assert_eq!(preview(&ground).await.deployments, u64::from(ROWS));
        other.run("DROP TABLE likes").await;
        reset(&ground, FORCE).await.unwrap();
        other.close().await;
    }

    /// At growing distances from its beginning.
    async fn killed_it_leaves_the_old_or_the_new(ground) {
        fill(&ground).await;
        let whole = took(&ground.url());
        assert_eq!(preview(&ground).await.deployments, 0);
        let mut seen = (0, 0, 0);
        const ROUNDS: u32 = 9;
        for round in 0..ROUNDS {
            fill(&ground).await;
            // The last one may end, however slow the machine is by then.
            let time = match ROUNDS - 1 - round {
                0 => Duration::from_secs(60),
                _ => whole * round / (ROUNDS - 1),
            };
            killed_after(&ground.url(), time);
            let other = quiet(&ground).await;
            match kind(&ground).await {
                SchemaKind::Current => match preview(&ground).await.deployments {
                    0 => seen.1 += 1,
                    rows => {
                        assert_eq!(rows, u64::from(ROWS), "round {round}");
                        seen.0 += 1;
                    }
                },
                SchemaKind::Cut(words) => {
                    assert_eq!(ground.server(), Some(Server::MariaDb), "{words}");
                    seen.2 += 1;
                    ends(&ground, round).await;
                }
                // MySQL, between two migrations of the new schema.
                SchemaKind::Behind => {
                    assert_eq!(ground.server(), Some(Server::MariaDb));
                    assert_eq!(preview(&ground).await.deployments, 0);
                    seen.2 += 1;
                }
                other => panic!("round {round}: {other:?}"),
            }
            other.close().await;
        }
        assert_eq!(seen.0 + seen.1 + seen.2, ROUNDS);
        assert!(seen.1 > 0, "one came to its end");
        fill(&ground).await;
        serves(&ground).await;
    }
}

fn drop_index<'w>(ground: &Ground<'_>) -> &'w str {
    match ground.server() {
        Some(Server::MariaDb) => "DROP INDEX ix_deployments_name ON deployments",
        _ => "DROP INDEX ix_deployments_name",
    }
}

/// A reset that was cut is refused by a server, and ended by an upgrade or by a reset.
async fn ends(ground: &Ground<'_>, round: u32) {
    let key = key(ground);
    let refused = store::Database::open(&ground.target(), key, HandClock::new(), dice(3)).await;
    assert!(refused.is_err(), "a server opened it");
    if round.is_multiple_of(2) {
        let mut admin = ground.admin().await;
        let options = admin::UpgradeOptions::default();
        admin::upgrade(&mut admin, &options).await.unwrap();
        admin.close().await.unwrap();
    } else {
        reset(ground, ResetOptions::default()).await.unwrap();
    }
    assert_eq!(kind(ground).await, SchemaKind::Current);
    assert_eq!(preview(ground).await.deployments, 0);
}

fn key(ground: &Ground<'_>) -> store::SecretKey {
    store::SecretKey::load_or_create(ground.folder.path(), None, &dice(2)).unwrap()
}

/// A server can use it: with any key, since none is the database's own yet.
async fn serves(ground: &Ground<'_>) {
    let db = store::Database::open(&ground.target(), key(ground), HandClock::new(), dice(4))
        .await
        .unwrap();
    let record = store::NewRecord::named("after");
    let saved = db.records().create(record).await.unwrap();
    assert!(db.records().get_by_id(&saved.id).await.unwrap().is_some());
    db.close().await;
}

/// The other side of the test above: says when it begins and when it is done.
#[tokio::test]
#[ignore = "started by the test above, in a process of its own"]
async fn child() {
    let Ok(url) = std::env::var(URL) else {
        println!("SKIPPED: reset::child: it is started by its neighbours");
        return;
    };
    let target: DatabaseTarget = url.parse().unwrap();
    let mut admin = Admin::open(&target, Access::Alone, HandClock::new())
        .await
        .unwrap();
    say("BEGINS");
    admin::reset(&mut admin, ResetOptions::default())
        .await
        .unwrap();
    say("ENDED");
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word}").unwrap();
    out.flush().unwrap();
}

/// A child that has begun, and its words from then on.
fn begun(url: &str) -> (Child, std::sync::mpsc::Receiver<String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "reset::child",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(URL, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    wait(&told, "BEGINS", Duration::from_secs(60)).expect("it begins");
    (child, told)
}

/// How long it took until a word; none when it did not come in time.
fn wait(told: &std::sync::mpsc::Receiver<String>, word: &str, bound: Duration) -> Option<Duration> {
    let began = Instant::now();
    loop {
        let left = bound.checked_sub(began.elapsed())?;
        // The harness may have begun the line.
        if told.recv_timeout(left).ok()?.contains(word) {
            return Some(began.elapsed());
        }
    }
}

/// A whole reset.
fn took(url: &str) -> Duration {
    let (mut child, told) = begun(url);
    let took = wait(&told, "ENDED", Duration::from_secs(60)).expect("it ends");
    child.wait().unwrap();
    took
}

fn killed_after(url: &str, time: Duration) {
    let (mut child, told) = begun(url);
    wait(&told, "ENDED", time);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until the server has seen that the killed one is gone.
async fn quiet(ground: &Ground<'_>) -> crate::other::Other {
    let mut other = ground.other().await;
    let others = match ground.server() {
        None => return other,
        Some(Server::Postgres) => {
            "SELECT CAST(COUNT(*) AS TEXT) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid()"
        }
        Some(Server::MariaDb) => {
            "SELECT CAST(COUNT(*) AS CHAR) FROM information_schema.processlist WHERE db = DATABASE() \
             AND id <> CONNECTION_ID()"
        }
    };
    let began = Instant::now();
    while other.text(others).await != "0" {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the server holds on to it"
        );
    }
    other
}

/// A server that runs holds the file, forced or not.
#[tokio::test]
async fn a_file_that_a_server_holds_is_not_reset() {
    let world = crate::world::World::file().await;
    let target: DatabaseTarget = world.url.parse().unwrap();
    let refused = Admin::open(&target, Access::Alone, ground::clock()).await;
    assert!(refused.is_err());
}
