//! `havre db backup`.

use std::path::Path;

use serde_json::json;
use store::admin::{Access, Admin, BackupReport, BackupTo, backup as save};
use store::schema::Migrations;

use super::progress::Progress;
use super::subject::Subject;
use crate::cli::BackupArgs;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// Writes everything into one file; a server may run meanwhile.
pub async fn backup(screen: Screen, args: BackupArgs) -> Outcome {
    let subject = Subject::read()?;
    let to = match args.file {
        None => BackupTo::Folder(subject.folder.clone()),
        Some(file) if file == Path::new("-") => BackupTo::Stdout,
        Some(file) => BackupTo::File(file),
    };
    let to_stdout = to == BackupTo::Stdout;
    let mut admin = subject.open(Access::Look).await?;
    let report = write(&mut admin, to).await?;
    admin.close().await?;
    for left_out in &report.left_out {
        screen.warn(&text::db_left_out(left_out));
    }
    if let Some(words) = report.about_keys() {
        screen.say(&words);
    }
    if to_stdout {
        screen.say(&text::db_backed_up(None, report.header.rows()));
    } else if screen.json {
        screen.out(&as_json(&report))?;
    } else {
        screen.out(&text::db_backed_up(
            report.path.as_deref(),
            report.header.rows(),
        ))?;
    }
    Ok(Exit::Done)
}

/// With a progress bar where somebody looks.
pub async fn write(admin: &mut Admin, to: BackupTo) -> Result<BackupReport, Fault> {
    let bar = Progress::new(text::DB_SAVING, None);
    let migrations = Migrations::embedded()?;
    let told = |now: store::admin::Progress| bar.phase(now);
    Ok(save(admin, &migrations, to, &told).await?)
}

fn as_json(report: &BackupReport) -> String {
    let tables: Vec<_> = report
        .header
        .tables
        .iter()
        .map(|table| json!({"name": table.name, "rows": table.rows}))
        .collect();
    let body = json!({
        "success": true,
        "file": report.path,
        "made_at": report.header.made_at,
        "source": report.header.source,
        "rows": report.header.rows(),
        "tables": tables,
        "keys": report.header.keys,
        "sha256": report.sha256,
        "left_out": report.left_out,
    });
    format!("{body:#}")
}
