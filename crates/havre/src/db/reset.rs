//! `havre db reset`.

use serde_json::json;
use store::admin::{
    Access, Admin, BackupTo, ResetOptions, ResetPreview, reset as drop_all, reset_preview,
};

use super::subject::Subject;
use super::{ask, backup};
use crate::cli::ResetArgs;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// Removes everything and begins anew: after showing what is lost, a question, and a backup.
pub async fn reset(screen: Screen, args: &ResetArgs) -> Outcome {
    let subject = Subject::to_change(screen)?;
    let mut admin = subject.open(Access::Alone).await?;
    let preview = reset_preview(&mut admin).await?;
    for line in lines(&preview) {
        screen.say(&line);
    }
    refuse(&preview, args.force)?;
    if !args.yes {
        ask::name(screen, &subject.target.name(), "reset")?;
    }
    let saved = save(screen, &subject, &mut admin, &preview, args.no_backup).await?;
    let options = ResetOptions { force: args.force };
    let report = drop_all(&mut admin, options).await?;
    admin.close().await?;
    if screen.json {
        let body = json!({"success": true, "lost": report.lost, "backup": saved,
            "schema_version": report.schema_version});
        screen.out(&format!("{body:#}"))?;
    } else {
        screen.out(&text::db_reset(report.schema_version))?;
    }
    Ok(Exit::Done)
}

fn lines(preview: &ResetPreview) -> Vec<String> {
    let mut lines = vec![text::db_will_lose(
        preview.deployments,
        preview.managed,
        preview.guests,
    )];
    let full = preview.tables.iter().filter(|table| table.rows > 0);
    lines.extend(full.map(|table| format!("  {:<14} {}", table.table, table.rows)));
    if !preview.kept.is_empty() {
        lines.push(text::db_stays(&preview.kept));
    }
    lines
}

/// Told before the question, since the answer would be for nothing.
fn refuse(preview: &ResetPreview, force: bool) -> Result<(), Fault> {
    if force {
        return Ok(());
    }
    if !preview.servers.is_empty() {
        let what = text::db_servers(&preview.servers);
        return Err(Fault::new(Exit::Refused, what).cure(text::DB_SERVERS_CURE));
    }
    if preview.guests > 0 {
        let what = text::db_guests(preview.guests);
        return Err(Fault::new(Exit::Refused, what).cure(text::DB_GUESTS_CURE));
    }
    Ok(())
}

async fn save(
    screen: Screen,
    subject: &Subject,
    admin: &mut Admin,
    preview: &ResetPreview,
    no_backup: bool,
) -> Result<Option<std::path::PathBuf>, Fault> {
    let empty = preview.tables.iter().all(|table| table.rows == 0);
    if no_backup || empty || preview.schema_version == 0 {
        return Ok(None);
    }
    let report = backup::write(admin, BackupTo::Folder(subject.folder.clone())).await?;
    if let Some(path) = &report.path {
        screen.say(&text::db_backup_at(path));
    }
    Ok(report.path)
}
