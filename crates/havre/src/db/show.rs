//! What an upgrade or a downgrade did, for people and for programs.

use serde_json::{Value, json};
use store::admin::{Adoption, UpgradeReport};

use crate::screen::Screen;
use crate::text;

/// Step by step, to stderr.
pub fn report(screen: Screen, report: &UpgradeReport) {
    if let Some(backup) = &report.backup {
        screen.say(&text::db_backup_at(backup));
    }
    if report.ended_cut {
        screen.say(text::DB_ENDED_CUT);
    }
    for name in &report.up {
        screen.say(&text::db_applied(name));
    }
    for name in &report.down {
        screen.say(&text::db_undone(name));
    }
    if let Some(adoption) = &report.adopted {
        adopted(screen, adoption);
    }
}

fn adopted(screen: Screen, adoption: &Adoption) {
    screen.say(&text::db_adopted(adoption.rows, adoption.of));
    if let Some(old) = &adoption.kept_as {
        screen.say(&text::db_kept_as(old));
    }
    let odd = [
        (adoption.without_created_at, text::DB_NO_CREATED_AT),
        (adoption.without_status, text::DB_NO_STATUS),
        (adoption.broken_json, text::DB_BROKEN_JSON),
    ];
    for (rows, what) in odd.into_iter().filter(|(rows, _)| *rows > 0) {
        screen.warn(&text::db_odd_rows(rows, what));
    }
    for (name, rows) in &adoption.same_names {
        screen.warn(&text::db_same_name(name, *rows));
    }
}

/// The same as JSON.
pub fn report_json(report: &UpgradeReport) -> String {
    let sql: Vec<Value> = report
        .sql
        .iter()
        .map(|(name, statements)| json!({"migration": name, "statements": statements}))
        .collect();
    let adopted = report.adopted.as_ref().map(|adoption| {
        let same: Vec<Value> = adoption
            .same_names
            .iter()
            .map(|(name, rows)| json!({"name": name, "rows": rows}))
            .collect();
        json!({
            "of": adoption.of,
            "rows": adoption.rows,
            "without_created_at": adoption.without_created_at,
            "without_status": adoption.without_status,
            "broken_json": adoption.broken_json,
            "same_names": same,
            "kept_as": adoption.kept_as,
        })
    });
    let body = json!({
        "success": true,
        "from": report.from,
        "to": report.to,
        "applied": report.up,
        "undone": report.down,
        "ended_cut": report.ended_cut,
        "backup": report.backup,
        "adopted": adopted,
        "sql": sql,
    });
    format!("{body:#}")
}

/// The statements of a dry run, ready for the database's own shell.
pub fn sql(screen: Screen, report: &UpgradeReport) -> Result<(), crate::exit::Fault> {
    if report.sql.is_empty() {
        screen.say(text::DB_NOTHING_TO_DO);
    }
    for (name, statements) in &report.sql {
        screen.out(&format!("-- {name}"))?;
        for statement in statements {
            screen.out(&format!("{};", statement.trim_end().trim_end_matches(';')))?;
        }
    }
    Ok(())
}
