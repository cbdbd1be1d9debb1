//! `havre db seed`.

use serde_json::json;
use store::admin::{Access, SeedOptions, seed as add};

use super::progress::Progress;
use super::subject::Subject;
use crate::cli::SeedArgs;
use crate::exit::{Exit, Outcome};
use crate::screen::Screen;
use crate::text;

/// Adds examples; a server may run meanwhile.
pub async fn seed(screen: Screen, args: &SeedArgs) -> Outcome {
    let subject = Subject::to_change(screen)?;
    let mut admin = subject.open(Access::Add).await?;
    let options = SeedOptions {
        count: args.count,
        rng_seed: args.rng_seed,
    };
    let bar = Progress::new(text::DB_SEEDING, Some(u64::from(args.count)));
    let added = add(&mut admin, options, &mut |done, of| bar.at(done, Some(of))).await;
    drop(bar);
    let report = added?;
    admin.close().await?;
    if screen.json {
        let body =
            json!({"success": true, "added": report.added, "there_before": report.there_before});
        screen.out(&format!("{body:#}"))?;
    } else {
        screen.out(&text::db_seeded(report.added, report.there_before))?;
    }
    Ok(Exit::Done)
}
