//! Rows that are saved together, on each database. What a caller sees of it is in the contract suite.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::DeploymentId;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::queue::{MOST, Queue, Waiting};
use super::save;
use crate::dialect::{self, Adding};
use crate::error::{Fault, Ran};
use crate::plans::{file_database, open};
use crate::records::{NewRecord, ready_row};
use crate::test_servers::{self, Server};
use crate::{Database, Record};

type Answer = oneshot::Receiver<Ran<Option<DateTime<Utc>>>>;

fn id(number: usize) -> DeploymentId {
    format!("00000000-0000-4000-8000-{number:012}")
        .parse()
        .unwrap()
}

fn waiting(number: usize, adding: Adding) -> (Waiting, Answer) {
    let new = NewRecord::named(format!("n{number}"));
    let row = ready_row(new, id(number), DateTime::UNIX_EPOCH).ok();
    let (answer, answered) = oneshot::channel();
    let row = row.unwrap();
    (
        Waiting {
            row,
            adding,
            answer,
        },
        answered,
    )
}

async fn rows(db: &Database) -> BTreeMap<String, Record> {
    let page = db.records().get_all().of(1000).next().await.unwrap();
    let rows = page.into_iter().flatten();
    rows.map(|row| (row.id.clone(), row)).collect()
}

/// The same test on every database.
macro_rules! on_each {
    ($($name:ident)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let (db, _folder) = file_database().await;
                super::$name(&db).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                on(Server::Postgres, module_path!(), super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mariadb() {
                on(Server::MariaDb, module_path!(), super::$name).await;
            }
        }
    )*};
}

async fn on(server: Server, test: &str, body: impl AsyncFnOnce(&Database)) {
    test_servers::on(server, test, async |database| {
        let folder = tempfile::tempdir().unwrap();
        let target = database.url().parse().unwrap();
        let db = open(&target, folder.path()).await;
        body(&db).await;
        db.close().await;
    })
    .await;
}

/// Bad ones in every place, some alone, some side by side, and all of them.
async fn bad_rows_fail_alone(db: &Database) {
    let taken = [0, 1, 5, 14, 15, 16, 29];
    let adding = match db.is_dated_by_server() {
        true => Adding::Dated,
        false => Adding::All,
    };
    for number in taken {
        let new = NewRecord::named("taken").id(id(number));
        db.records().create(new).await.unwrap();
    }
    let (waiting, answers): (Vec<_>, Vec<_>) =
        (0..30).map(|number| waiting(number, adding)).unzip();
    let mut connection = db.autocommit().await.ok().unwrap();
    save::all(&mut connection, waiting).await;
    drop(connection);
    let found = rows(db).await;
    assert_eq!(found.len(), 30);
    for (number, answer) in answers.into_iter().enumerate() {
        let row = &found[&id(number).to_string()];
        match answer.await.unwrap() {
            Ok(dated) => {
                assert_eq!(row.name, format!("n{number}"));
                let is_dated = adding == Adding::Dated;
                assert_eq!(dated, row.created_at.filter(|_| is_dated));
            }
            Err(Fault::Sql(error)) => {
                assert!(taken.contains(&number) && dialect::is_duplicate(&error));
                assert_eq!(row.name, "taken");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// What is not of the rows fails all of them, once, and saves none.
async fn what_is_of_no_row_fails_all(db: &Database) {
    let mut connection = db.autocommit().await.ok().unwrap();
    let away = "ALTER TABLE deployments RENAME TO elsewhere";
    connection.link().run_script(away).await.unwrap();
    let (waiting, answers): (Vec<_>, Vec<_>) =
        (0..9).map(|number| waiting(number, Adding::All)).unzip();
    save::all(&mut connection, waiting).await;
    for answer in answers {
        assert!(answer.await.unwrap().is_err());
    }
    let back = "ALTER TABLE elsewhere RENAME TO deployments";
    connection.link().run_script(back).await.unwrap();
    drop(connection);
    assert_eq!(rows(db).await.len(), 0);
    db.records().create(NewRecord::named("x")).await.unwrap();
}

/// Sixteen tasks: each row has the time that its caller was told, and the server's clock says it.
async fn many_are_dated_by_the_database(db: &Database) {
    let tasks = (0..16).map(|task| async move {
        let mut saved = Vec::new();
        for number in 0..10 {
            let new = NewRecord::named(format!("t{task}-{number}"));
            saved.push(db.records().create(new).await.unwrap());
        }
        saved
    });
    let saved: Vec<Record> = join_all(tasks).await.into_iter().flatten().collect();
    let found = rows(db).await;
    assert_eq!(found.len(), saved.len());
    let now = db.now().await.ok().unwrap();
    for row in saved {
        assert_eq!(found[&row.id], row);
        let age = now - row.created_at.unwrap();
        assert!((0..60).contains(&age.num_seconds()), "{age}");
    }
}

/// Closed in the middle: who was answered has its row, the others have an error, and nobody waits for ever.
async fn a_database_that_closes_answers_everybody(db: &Database) {
    let saves = (0..200).map(|number| {
        let new = NewRecord::named(format!("n{number}")).id(id(number));
        async move { (number, db.records().create(new).await) }
    });
    let closing = async {
        tokio::task::yield_now().await;
        db.close().await;
    };
    let (answers, ()) = tokio::join!(join_all(saves), closing);
    let saved: Vec<_> = answers
        .into_iter()
        .filter(|(_, saved)| saved.is_ok())
        .collect();
    let after = db.records().create(NewRecord::named("late")).await;
    assert!(after.is_err(), "{} were saved", saved.len());
}

on_each! {
    bad_rows_fail_alone what_is_of_no_row_fails_all many_are_dated_by_the_database
    a_database_that_closes_answers_everybody
}

/// Connections are cut while tasks save: an answer is either a row that is there, or an error that says to try again; and
/// saving goes on by itself.
mod cut {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use std::sync::Arc;

    use domain::ports::{Dice, StoreError, SystemClock};

    use super::*;
    use crate::SecretKey;

    async fn cut_while_saving(server: Server) {
        on_database(server, async |db, other| {
            let is_over = AtomicBool::new(false);
            let tasks = (0..16).map(|task| {
                let is_over = &is_over;
                async move {
                    let (mut told, mut failed) = (Vec::new(), 0);
                    while !is_over.load(Ordering::Relaxed) {
                        let new = NewRecord::named(format!("t{task}-{}", told.len()));
                        match db.records().create(new).await {
                            Ok(row) => told.push(row.id),
                            Err(StoreError::Unavailable(_)) => {
                                failed += 1;
                                tokio::task::yield_now().await;
                            }
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    (told, failed)
                }
            });
            let cutting = async {
                for _ in 0..20 {
                    cut(server, other).await;
                }
                is_over.store(true, Ordering::Relaxed);
            };
            let (told, ()) = tokio::join!(join_all(tasks), cutting);
            let until = Instant::now() + Duration::from_secs(30);
            while let Err(error) = db.records().create(NewRecord::named("after")).await {
                assert!(Instant::now() < until, "{error:?}");
                tokio::task::yield_now().await;
            }
            let found: Vec<_> = other.texts("SELECT id FROM deployments").await;
            let found: std::collections::BTreeSet<String> = found.into_iter().flatten().collect();
            for id in told.iter().flat_map(|(told, _)| told) {
                assert!(found.contains(id), "{id} was answered and is gone");
            }
        })
        .await;
    }

    async fn on_database(
        server: Server,
        body: impl AsyncFnOnce(&Database, &mut crate::other::Other),
    ) {
        test_servers::on(server, module_path!(), async |database| {
            let folder = tempfile::tempdir().unwrap();
            let target = database.url().parse().unwrap();
            let dice = Arc::new(Dice::seeded([1; 32]));
            let key = SecretKey::load_or_create(folder.path(), None, &dice).unwrap();
            // Whoever finds a server down asks it again after a pause: time goes on here.
            let clock = Arc::new(SystemClock::new(tokio::time::sleep));
            let db = Database::open(&target, key, clock, dice).await.unwrap();
            let mut other = database.connect().await;
            body(&db, &mut other).await;
            other.close().await;
            db.close().await;
        })
        .await;
    }

    /// Ends every other connection to this database.
    async fn cut(server: Server, other: &mut crate::other::Other) {
        match server {
            Server::Postgres => {
                let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
                other.texts(end).await;
            }
            Server::MariaDb => {
                let busy = "SELECT CAST(id AS CHAR) FROM information_schema.processlist \
                    WHERE db = DATABASE() AND id <> CONNECTION_ID()";
                for id in other.texts(busy).await.into_iter().flatten() {
                    // It may have ended by itself; a procedure swallows that.
                    other.run(&format!("BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; KILL {id}; END")).await;
                }
            }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn postgres() {
        cut_while_saving(Server::Postgres).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn mariadb() {
        cut_while_saving(Server::MariaDb).await;
    }
}

/// Rows go in the order in which they came, as many as fit, one kind at a time, and without those whose callers went away.
#[test]
fn rows_are_taken_as_they_came() {
    let queue = Queue::new(1);
    let mut answers = Vec::new();
    let mut wanted = Vec::new();
    for number in 0..MOST + 5 {
        let adding = match number {
            2..=3 => Adding::Dated,
            _ => Adding::All,
        };
        let (waiting, answer) = waiting(number, adding);
        assert_eq!(
            queue.push(waiting),
            number == 0,
            "one works, the others wait"
        );
        if number != 7 {
            answers.push(answer);
            wanted.push(id(number).to_string());
        }
    }
    let taken = [2, 2, MOST - 1, 1].map(|many| {
        let taken = queue.take();
        assert_eq!(taken.len(), many);
        taken
    });
    assert!(queue.take().is_empty());
    let ids = taken.iter().flatten().map(|waiting| match &waiting.row[0] {
        crate::sql::Value::Text(Some(id)) => id.clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!(ids.collect::<Vec<_>>(), wanted);
}
