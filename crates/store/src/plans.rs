//! Tests that no query in the path of a request or of a worker walks a table: SQLite is asked how it would run them.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::Status;
use domain::ports::{Clock, Dice, Scope};

use crate::accept::{holder, queue};
use crate::deployments;
use crate::records;
use crate::releases::collect;
use crate::sql::query;
use crate::{Database, DatabaseTarget, SecretKey, events, jobs};

struct Still;

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

async fn database() -> Arc<Database> {
    let folder = tempfile::tempdir().unwrap();
    open(&DatabaseTarget::Memory, folder.path()).await
}

/// A database on disk, and the folder that goes with it.
pub(crate) async fn file_database() -> (Arc<Database>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let target = DatabaseTarget::Sqlite(folder.path().join("deployments.db"));
    (open(&target, folder.path()).await, folder)
}

pub(crate) async fn open(target: &DatabaseTarget, folder: &Path) -> Arc<Database> {
    let dice = Arc::new(Dice::seeded([1; 32]));
    let key = SecretKey::load_or_create(folder, None, &dice).unwrap();
    Database::open(target, key, Arc::new(Still), dice)
        .await
        .unwrap()
}

/// What SQLite says of a statement, one step per line.
async fn plan(db: &Database, sql: &str) -> String {
    let rows = query(format!("EXPLAIN QUERY PLAN {sql}"))
        .fetch_all(db.read().await.unwrap().link())
        .await
        .unwrap();
    let steps: Vec<String> = rows
        .iter()
        .map(|row| row.text_opt("detail").unwrap().unwrap())
        .collect();
    steps.join("\n")
}

fn walks_a_table(plan: &str) -> bool {
    plan.lines()
        .any(|step| step.contains("SCAN") && !step.contains("INDEX"))
}

#[tokio::test]
async fn finding_and_counting_use_an_index() {
    let db = database().await;
    for scope in [Scope::Everyone, Scope::Owner("ana".into())] {
        for query in [
            deployments::by_id(&scope, "x"),
            deployments::by_name(&scope, "x"),
        ] {
            let plan = plan(&db, query.text()).await;
            assert!(!walks_a_table(&plan), "{}\n{plan}", query.text());
        }
    }
}

/// Also without a sort: a page of one status ends where it is full.
#[tokio::test]
async fn the_seeds_calls_use_an_index() {
    let db = database().await;
    let (dialect, running) = (db.dialect(), Some(Status::Running));
    for statement in [records::BY_ID, records::BY_NAME, records::COUNT] {
        let plan = plan(&db, statement).await;
        assert!(!walks_a_table(&plan), "{statement}\n{plan}");
    }
    let count = records::by_status(dialect, records::COUNT_D, Status::Running);
    let plan_of_count = plan(&db, count.text()).await;
    assert!(
        plan_of_count.contains("COVERING INDEX ix_deployments_status"),
        "{plan_of_count}"
    );
    for after in [None, Some(records::Place::of_test())] {
        for status in [None, running] {
            let page = records::select_page(dialect, status, after.as_ref(), 20);
            let plan = plan(&db, page.text()).await;
            let sorts = plan.contains("TEMP B-TREE");
            assert!(!walks_a_table(&plan) && !sorts, "{}\n{plan}", page.text());
        }
    }
}

#[tokio::test]
async fn what_workers_and_reconcilers_ask_uses_an_index() {
    let db = database().await;
    let all = [
        deployments::FACTS,
        deployments::LIVE,
        events::OF_ONE_AFTER,
        collect::COLLECTABLE,
        collect::IN_USE,
        queue::WAITING,
        holder::FREE_SLOT,
        holder::NEXT_SLOT,
    ];
    for sql in all {
        let plan = plan(&db, sql).await;
        assert!(!walks_a_table(&plan), "{sql}\n{plan}");
    }
    let by_seq = plan(&db, events::AFTER).await;
    assert!(
        by_seq.contains("SEARCH e USING INTEGER PRIMARY KEY"),
        "{by_seq}"
    );
}

/// The table of jobs holds only what waits or runs. It is walked in the order of its key, without sorting, and the walk
/// ends at the first job that is due.
#[tokio::test]
async fn leasing_walks_the_queue_in_order() {
    let db = database().await;
    let plan = plan(&db, jobs::NEXT).await;
    assert!(
        plan.contains("SCAN j") && !plan.contains("TEMP B-TREE"),
        "{plan}"
    );
    assert!(
        plan.contains("SEARCH o USING COVERING INDEX ix_jobs_deployment"),
        "{plan}"
    );
}
