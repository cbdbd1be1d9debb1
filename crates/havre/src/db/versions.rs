//! `havre db history` and `havre db current`.

use serde_json::json;
use store::admin::{Access, SchemaKind, SchemaState, history as all, state};

use super::subject::Subject;
use crate::cli::DirArgs;
use crate::exit::{Exit, Outcome};
use crate::screen::Screen;
use crate::table::Table;
use crate::text;

/// Lists the migrations.
pub async fn history(screen: Screen, args: DirArgs) -> Outcome {
    let mut admin = Subject::read()?.open(Access::Look).await?;
    let entries = all(&mut admin, args.dir.as_ref()).await?;
    admin.close().await?;
    if screen.json {
        let list: Vec<_> = entries
            .iter()
            .map(|entry| {
                json!({
                    "version": entry.version,
                    "name": entry.name,
                    "applied": entry.applied,
                    "applied_at": entry.applied_at,
                    "steps": entry.steps,
                    "loses": entry.loses,
                })
            })
            .collect();
        screen.out(&format!(
            "{:#}",
            json!({"success": true, "migrations": list})
        ))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&text::DB_HISTORY_HEAD);
    for entry in entries {
        let applied = match (entry.applied, entry.applied_at) {
            (true, Some(at)) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
            (true, None) => text::DB_APPLIED.to_owned(),
            (false, _) => text::DB_PENDING.to_owned(),
        };
        table.row(vec![entry.name, applied, entry.steps.len().to_string()]);
    }
    screen.out(&table.to_string())?;
    Ok(Exit::Done)
}

/// Shows the version. A schema that cannot be used as it is: exit code 4.
pub async fn current(screen: Screen, args: DirArgs) -> Outcome {
    let mut admin = Subject::read()?.open(Access::Look).await?;
    let found = state(&mut admin, args.dir.as_ref()).await?;
    admin.close().await?;
    let (words, exit) = words(&found);
    if screen.json {
        let body = json!({
            "success": exit == Exit::Done,
            "version": found.version,
            "name": found.name,
            "newest": found.newest,
            "pending": found.pending,
            "state": words,
        });
        screen.out(&format!("{body:#}"))?;
    } else {
        screen.out(&words)?;
    }
    Ok(exit)
}

fn words(state: &SchemaState) -> (String, Exit) {
    let name = state.name.clone().unwrap_or_else(|| text::DB_BASE.into());
    match &state.kind {
        SchemaKind::Empty => (text::DB_EMPTY_CURRENT.to_owned(), Exit::Done),
        SchemaKind::Current => (text::db_head(&name), Exit::Done),
        SchemaKind::Behind => (text::db_pending(&name, &state.pending), Exit::Done),
        SchemaKind::Original(model) => (text::db_init_original(model), Exit::Refused),
        SchemaKind::Cut(why) | SchemaKind::Refused(why) => (why.clone(), Exit::Refused),
    }
}
