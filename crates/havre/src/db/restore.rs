//! `havre db restore` and `havre db verify`.

use serde_json::json;
use store::admin::{
    Access, RestoreOptions, RestoreReport, holds, restore as load, verify as read_through,
};
use store::portable::Header;
use store::schema::Migrations;

use super::progress::Progress;
use super::spool::Source;
use super::subject::Subject;
use super::{ask, key};
use crate::cli::{RestoreArgs, VerifyArgs};
use crate::exit::{Exit, Outcome};
use crate::screen::Screen;
use crate::text;

/// Puts a backup in the place of what the database holds.
pub async fn restore(screen: Screen, args: &RestoreArgs) -> Outcome {
    let subject = Subject::to_change(screen)?;
    let key = key::at_hand(&subject)?;
    // Before the database is held: whoever pipes it in may be slow.
    let source = Source::of(&args.file, &subject.data_dir).await?;
    let mut admin = subject.open(Access::Alone).await?;
    super::alone::check(&mut admin, args.force).await?;
    let migrations = Migrations::embedded()?;
    if let Some(rows) = holds(&mut admin, &migrations)
        .await?
        .filter(|rows| *rows > 0)
    {
        screen.warn(&text::db_replaces(rows));
        if !args.yes {
            ask::name(screen, &subject.target.name(), "restore")?;
        }
    }
    let options = RestoreOptions {
        key: key.map(|key| key.id()),
        without_key: args.without_key,
    };
    let bar = Progress::new(text::DB_LOADING, None);
    let told = |now: store::admin::Progress| bar.phase(now);
    let restored = load(&mut admin, &migrations, source.path(), &options, &told).await;
    drop(bar);
    let report = restored.map_err(|error| source.named(error.into()))?;
    admin.close().await?;
    told_restored(screen, &report)?;
    Ok(Exit::Done)
}

fn told_restored(screen: Screen, report: &RestoreReport) -> Result<(), crate::exit::Fault> {
    if report.unreadable_values > 0 {
        screen.warn(&text::db_unreadable(
            report.unreadable_values,
            &report.unreadable,
        ));
    }
    for dangling in &report.dangling {
        screen.warn(&text::db_dangling(dangling));
    }
    if screen.json {
        let body = json!({
            "success": true,
            "rows": report.header.rows(),
            "made_at": report.header.made_at,
            "source": report.header.source,
            "migrated": report.migrated,
            "unreadable_values": report.unreadable_values,
            "unreadable_of": report.unreadable,
            "dangling": report.dangling,
        });
        return screen.out(&format!("{body:#}"));
    }
    for name in &report.migrated {
        screen.say(&text::db_applied(name));
    }
    screen.out(&text::db_restored(
        report.header.rows(),
        &report.header.made_at,
    ))
}

/// Reads a backup to its end, and says what is in it. No database is touched.
pub async fn verify(screen: Screen, args: &VerifyArgs) -> Outcome {
    let source = Source::of(&args.file, &std::env::temp_dir()).await?;
    let bar = Progress::new(text::DB_CHECKING, None);
    let verified = read_through(source.path(), &|now| bar.phase(now));
    drop(bar);
    let report = verified.map_err(|error| source.named(error.into()))?;
    if screen.json {
        let body = json!({
            "success": true,
            "made_at": report.header.made_at,
            "made_by": report.header.made_by,
            "source": report.header.source,
            "rows": report.header.rows(),
            "keys": report.header.keys,
        });
        screen.out(&format!("{body:#}"))?;
        return Ok(Exit::Done);
    }
    for line in lines(&report.header) {
        screen.out(&line)?;
    }
    Ok(Exit::Done)
}

fn lines(header: &Header) -> Vec<String> {
    let mut lines = vec![text::db_verified(
        header.rows(),
        &header.made_at,
        &header.source,
    )];
    lines.extend(
        header
            .tables
            .iter()
            .map(|table| format!("  {:<14} {}", table.name, table.rows)),
    );
    lines
}
