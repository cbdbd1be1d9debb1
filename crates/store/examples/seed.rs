//! The seed document's example, in Rust: the same calls on the same table. It runs against `DATABASE_URL`, or in memory.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, Dice, SystemClock};
use domain::{DeploymentKind, Status};
use serde_json::json;
use store::records::{NewRecord, RecordChange};
use store::{Database, DatabaseTarget, SecretKey};

type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://".into());
    let keys = std::env::temp_dir().join(format!("havre-example-{}", std::process::id()));
    std::fs::create_dir_all(&keys)?;
    let db = open(&url.parse()?, &keys).await?;
    let told = calls(&db).await;
    db.close().await;
    std::fs::remove_dir_all(&keys)?;
    #[expect(clippy::print_stdout, reason = "an example shows what it did")]
    {
        println!("{}", told?);
    }
    Ok(())
}

/// Opens the database. Havre's own programs read clock and randomness here and nowhere else.
async fn open(target: &DatabaseTarget, keys: &std::path::Path) -> Result<Arc<Database>, Failed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(tokio::time::sleep as fn(Duration) -> _));
    let mut seed = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut seed)?;
    let dice = Arc::new(Dice::seeded(seed));
    // The key of the secrets, which is never in the database.
    let key = SecretKey::load_or_create(keys, None, &dice)?;
    Ok(Database::open(target, key, clock, dice).await?)
}

/// The calls of the seed document, in its order.
pub async fn calls(db: &Database) -> Result<String, Failed> {
    let records = db.records();

    // Create a deployment and save it.
    let new_deployment = NewRecord::named("my-app")
        .deployment_type(DeploymentKind::Vm)
        .framework("django")
        .github_url("https://github.com/user/repo")
        .resources(json!({"cores": 2, "memory": 2048, "disk": 20}))
        .status(Status::Running);
    let created = records.create(new_deployment).await?;

    // All deployments: page by page, since there may be a million.
    let mut seen = 0;
    let mut all = records.get_all();
    while let Some(page) = all.next().await? {
        seen += page.len();
    }

    // By id, by name, by status in any case.
    let by_id = records.get_by_id(&created.id).await?;
    assert_eq!(by_id.as_ref(), Some(&created));
    let by_name = records.get_by_name("my-app").await?;
    assert!(by_name.is_some());
    let running = records.get_by_status(Status::Running).next().await?;
    assert!(running.is_some_and(|page| !page.is_empty()));

    // The statistics.
    let total = records.count_all().await?;
    let failed = records.count_by_status(Status::Failed).await?;

    // A change, a deletion that keeps the row, and one that does not.
    let change = RecordChange::new()
        .status(Status::Stopped)
        .tags(Some("example,seed"));
    let changed = records.update(&created.id, &change).await?;
    let deleted = records.delete(&created.id).await?;
    assert!(!deleted.is_live());
    records.purge(&created.id).await?;
    assert_eq!(records.get_by_id(&created.id).await?, None);

    Ok(format!(
        "{seen} deployments seen, {total} counted, {failed} failed; {} went from {} to {} to {}",
        created.name, created.status_text, changed.status_text, deleted.status_text
    ))
}
