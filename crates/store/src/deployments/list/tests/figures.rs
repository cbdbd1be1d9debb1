//! Figures of lists over many rows (with 1,000,000 it takes minutes to write them). Run by hand, beside servers that `scripts/test/databases` started:
//! `cargo test --release -p store --lib list::tests::figures -- --ignored --nocapture --test-threads 1`.

use std::time::{Duration, Instant};

use domain::ports::{Deployments, ListQuery, Page, Scope};

use super::data::{Chance, Line, usual, write};
use crate::Database;
use crate::dialect::Dialect;

const ALL: Scope = Scope::Everyone;
const SIZES: [usize; 2] = [10_000, 100_000];

/// The median, and the user and system time of this process, of one call.
async fn timed(times: u32, mut run: impl AsyncFnMut()) -> (f64, f64) {
    for _ in 0..20 {
        run().await;
    }
    let cpu = cpu();
    let mut all: Vec<Duration> = Vec::new();
    for _ in 0..times {
        let began = Instant::now();
        run().await;
        all.push(began.elapsed());
    }
    let cpu = (self::cpu() - cpu) / f64::from(times);
    all.sort();
    (all[all.len() / 2].as_secs_f64() * 1000.0, cpu)
}

/// Milliseconds of processor that this process used.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit(')').next().unwrap();
    let ticks: Vec<f64> = after
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|n| n.parse().unwrap())
        .collect();
    (ticks[0] + ticks[1]) * 10.0
}

fn twenty() -> ListQuery {
    ListQuery {
        limit: 20,
        want_total: true,
        ..ListQuery::default()
    }
}

/// The cursor of a page far away, by asking for the one before it by number.
async fn far(db: &Database, query: &ListQuery, pages: u32) -> ListQuery {
    let before = ListQuery {
        page: Page::Offset((pages - 2) * 20),
        ..query.clone()
    };
    let next = db.list(&ALL, &before).await.unwrap().next;
    ListQuery {
        page: next.map_or(Page::First, Page::After),
        ..query.clone()
    }
}

async fn figures(db: &Database) {
    let mut chance = Chance(3);
    let mut written = 0;
    for size in SIZES {
        let lines: Vec<Line> = (written..size)
            .map(|number| usual(number, &mut chance))
            .collect();
        written = size;
        let began = Instant::now();
        write(db, &lines).await;
        let look = match db.dialect() {
            Dialect::Sqlite => "SELECT 1",
            Dialect::Postgres => "VACUUM ANALYZE deployments",
            _ => "ANALYZE TABLE deployments",
        };
        db.autocommit()
            .await
            .ok()
            .unwrap()
            .link()
            .run_script(look)
            .await
            .unwrap();
        println!(
            "{:?} {size} rows, written in {:?}",
            db.dialect(),
            began.elapsed()
        );
        of_lists(db, &lines[lines.len() / 2], size).await;
    }
}

async fn of_lists(db: &Database, line: &Line, size: usize) {
    let pages = u32::try_from(size / 3 * 2 / 20).unwrap().min(4_000);
    let named = |query: ListQuery, sort: &str| ListQuery {
        sort: sort.parse().unwrap(),
        ..query
    };
    let owner = ListQuery {
        owner: line.owner.clone(),
        ..twenty()
    };
    let lists = [
        ("page 1", twenty()),
        ("a far page by cursor", far(db, &twenty(), pages).await),
        ("page 1 by name", named(twenty(), "name")),
        (
            "a far page by name, by cursor",
            far(db, &named(twenty(), "name"), pages).await,
        ),
        ("page 1 by status", named(twenty(), "-status")),
        (
            "page 1 of failed",
            ListQuery {
                status: Some(domain::Status::Failed),
                ..twenty()
            },
        ),
        ("page 1 of one owner", owner.clone()),
        ("page 1 of one owner by name", named(owner, "name")),
        (
            "page 1 of a prefix",
            ListQuery {
                q: Some("app-0001".into()),
                ..twenty()
            },
        ),
        (
            "page 1 with deleted ones",
            ListQuery {
                deleted: true,
                ..twenty()
            },
        ),
        (
            "page 1 of a tag",
            ListQuery {
                tag: "web".parse().ok(),
                want_total: false,
                ..twenty()
            },
        ),
    ];
    for (what, query) in lists {
        let (median, cpu) = timed(300, async || {
            db.list(&ALL, &query).await.unwrap();
        })
        .await;
        println!("  {what:<32} {median:>8.3} ms, {cpu:>6.3} ms CPU");
    }
    for (what, key) in [("by id", &line.id), ("by name", &line.name)] {
        let (median, cpu) = timed(1000, async || {
            db.find(&ALL, key).await.unwrap().unwrap();
        })
        .await;
        println!("  {what:<32} {median:>8.3} ms, {cpu:>6.3} ms CPU");
    }
}

mod by_hand {
    use crate::test_servers::Server;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "prints figures; run by hand"]
    async fn sqlite() {
        super::super::on(None, module_path!(), super::figures).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "prints figures; run by hand"]
    async fn postgres() {
        super::super::on(Some(Server::Postgres), module_path!(), super::figures).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "prints figures; run by hand"]
    async fn mariadb() {
        super::super::on(Some(Server::MariaDb), module_path!(), super::figures).await;
    }
}
