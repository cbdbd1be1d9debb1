//! Measures the store on a database that is there already: `scripts/bench/database` calls it and compares.
//!
//! `bench URL FOLDER get|insert|page|find SECONDS TASKS` prints one JSON object: operations per second, p50 and p99 in ms.
//! `bench URL FOLDER deep PAGES 1` walks by cursor and prints the times of the first and of the last pages.
//! FOLDER holds the key of the secrets.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool: what fails ends it, what it measures is printed"
)]

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::{Deployments, Dice, ListQuery, Page, Scope, SystemClock};
use serde_json::{Value, json};
use store::{Database, DatabaseTarget, NewRecord, SecretKey};

const PAGE: u32 = 20;
/// How many pages at each end of a walk are compared.
const END: usize = 100;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, folder, what, amount, tasks] = args.as_slice() else {
        panic!("usage: bench URL FOLDER get|insert|page|find|deep SECONDS|PAGES TASKS")
    };
    let db = open(&url.parse().unwrap(), Path::new(folder)).await;
    let measured = match what.as_str() {
        "deep" => deep(&db, amount.parse().unwrap()).await,
        what => {
            let time = Duration::from_secs_f64(amount.parse().unwrap());
            repeat(&db, what, time, tasks.parse().unwrap()).await
        }
    };
    db.close().await;
    println!("{measured}");
}

async fn open(target: &DatabaseTarget, folder: &Path) -> Arc<Database> {
    let mut seed = [0; 32];
    std::fs::File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut seed)
        .unwrap();
    let clock = Arc::new(SystemClock::new(tokio::time::sleep));
    let dice = Arc::new(Dice::seeded(seed));
    let key = SecretKey::load_or_create(folder, None, &dice).unwrap();
    Database::open(target, key, clock, dice).await.unwrap()
}

/// Every task does one operation after the other until the time is over.
async fn repeat(db: &Arc<Database>, what: &str, time: Duration, tasks: usize) -> Value {
    let rows = db.records().get_all().of(1000).next().await.unwrap();
    let rows = rows.expect("rows to look for");
    let keys: Arc<Vec<(String, String)>> =
        Arc::new(rows.into_iter().map(|row| (row.id, row.name)).collect());
    let begin = Instant::now();
    let all: Vec<_> = (0..tasks)
        .map(|task| {
            let (db, keys, what) = (db.clone(), keys.clone(), what.to_owned());
            tokio::spawn(async move {
                let mut took = Vec::new();
                let mut at = task * 61;
                while begin.elapsed() < time {
                    let one = Instant::now();
                    at = (at + 7919) % keys.len();
                    operation(&db, &what, &keys[at]).await;
                    took.push(one.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in all {
        took.extend(task.await.unwrap());
    }
    summary(took, begin.elapsed())
}

async fn operation(db: &Database, what: &str, (id, name): &(String, String)) {
    match what {
        "get" => assert!(db.records().get_by_id(id).await.unwrap().is_some()),
        "find" => assert!(db.find(&Scope::Everyone, name).await.unwrap().is_some()),
        "insert" => {
            let new = NewRecord::named(format!("bench-{}", &id[..8]))
                .framework("flask")
                .github_url("https://github.com/acme/shop")
                .resources(json!({"cores": 1, "memory": 512, "disk": 5}))
                .user_id("bench")
                .tags("bench");
            db.records().create(new).await.unwrap();
        }
        "page" => {
            let listing = db.list(&Scope::Everyone, &first_page()).await.unwrap();
            assert_eq!(listing.rows.len(), PAGE as usize);
        }
        other => panic!("`{other}` is not an operation"),
    }
}

fn first_page() -> ListQuery {
    ListQuery {
        limit: PAGE,
        want_total: true,
        ..ListQuery::default()
    }
}

/// From page to page by cursor.
async fn deep(db: &Database, pages: usize) -> Value {
    let mut query = first_page();
    let mut took = Vec::with_capacity(pages);
    for _ in 0..pages {
        let one = Instant::now();
        let listing = db.list(&Scope::Everyone, &query).await.unwrap();
        took.push(one.elapsed());
        let Some(next) = listing.next else {
            panic!("the table ends at page {}", took.len())
        };
        query.page = Page::After(next);
    }
    let (first, last) = (took[..END].to_vec(), took[pages - END..].to_vec());
    json!({ "first_ms": millis(median(first)), "last_ms": millis(median(last)) })
}

fn summary(mut took: Vec<Duration>, spent: Duration) -> Value {
    took.sort_unstable();
    let place =
        |share: f64| millis(took[((took.len() as f64 * share) as usize).min(took.len() - 1)]);
    json!({
        "per_second": (took.len() as f64 / spent.as_secs_f64() * 10.0).round() / 10.0,
        "p50_ms": place(0.5),
        "p99_ms": place(0.99),
    })
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() / 2]
}

fn millis(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}
