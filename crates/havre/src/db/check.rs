//! `havre db check`.

use serde_json::json;
use store::admin::{Access, CheckKind, CheckOptions, CheckReport, Finding, check as look};

use super::key;
use super::subject::Subject;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::table::Table;
use crate::text;

/// Looks through everything; a server may run meanwhile. Errors that were found: exit code 6.
pub async fn check(screen: Screen) -> Outcome {
    let subject = Subject::read()?;
    let key = key::at_hand(&subject)?;
    let mut admin = subject.open(Access::Look).await?;
    let options = CheckOptions {
        key: key.as_ref(),
        ..CheckOptions::default()
    };
    let report = look(&mut admin, options).await?;
    admin.close().await?;
    match screen.json {
        true => screen.out(&as_json(&report)?)?,
        false => show(screen, &report)?,
    }
    Ok(match report.is_clean() {
        true => Exit::Done,
        false => Exit::Platform,
    })
}

fn as_json(report: &CheckReport) -> Result<String, Fault> {
    let broken = |error: serde_json::Error| Fault::new(Exit::Platform, error.to_string());
    let report_json = serde_json::to_value(report).map_err(broken)?;
    let body = json!({"success": report.is_clean(), "check": report_json});
    Ok(format!("{body:#}"))
}

fn show(screen: Screen, report: &CheckReport) -> Result<(), Fault> {
    let mut table = Table::new(&text::DB_CHECK_HEAD);
    for checked in &report.checks {
        let found = match (checked.looked, checked.findings) {
            (false, _) => text::DB_NOT_LOOKED.to_owned(),
            (true, 0) => text::DB_FINE.to_owned(),
            (true, found) => text::db_found(found),
        };
        table.row(vec![what(checked.what).to_owned(), found]);
    }
    screen.out(&table.to_string())?;
    for finding in &report.findings {
        screen.out(&text::db_finding(
            finding.is_error,
            &place(finding),
            &finding.problem,
        ))?;
    }
    let listed = report.findings.len() as u64;
    let all = report.errors.saturating_add(report.warnings);
    if all > listed {
        screen.out(&text::db_more_findings(all - listed))?;
    }
    screen.out(&text::db_checked(report.errors, report.warnings))
}

/// `deployments 4f0a… resources`.
fn place(finding: &Finding) -> String {
    let parts = [&finding.table, &finding.row, &finding.column];
    let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
    parts.join(" ")
}

fn what(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Integrity => text::DB_CHECK_INTEGRITY,
        CheckKind::Schema => text::DB_CHECK_SCHEMA,
        CheckKind::References => text::DB_CHECK_REFERENCES,
        CheckKind::Rows => text::DB_CHECK_ROWS,
        CheckKind::Labels => text::DB_CHECK_LABELS,
        CheckKind::Secrets => text::DB_CHECK_SECRETS,
    }
}
