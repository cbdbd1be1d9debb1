//! The rows of the seed's table, which anybody writes.

use domain::Status;
use futures_util::TryStreamExt;

use super::findings::{Findings, shown};
use crate::admin::AdminError;
use crate::records::{self, COLUMNS};
use crate::sql::{Link, Row, query};
use crate::text::admin as text;

/// Reads every row once, as they come.
pub(super) async fn look(link: &mut Link<'_>, findings: &mut Findings) -> Result<(), AdminError> {
    let mut rows = query(records::ALL).fetch(link.again());
    while let Some(row) = rows.try_next().await? {
        one(&row, findings);
    }
    Ok(())
}

fn one(row: &Row, findings: &mut Findings) {
    // What cannot even be named is named by nothing.
    let id = row.text_opt("id").ok().flatten();
    for column in COLUMNS {
        if let Some(problem) = problem(row, column) {
            findings.error(Some("deployments"), id.clone(), Some(column), problem);
        }
    }
}

/// What is wrong with the value of a column.
fn problem(row: &Row, column: &str) -> Option<String> {
    match column {
        "created_at" | "deployed_at" | "deleted_at" => time(row, column),
        "vm_id" => number(row, column),
        "resources" => json(row, column),
        _ => words(row, column),
    }
}

fn time(row: &Row, column: &str) -> Option<String> {
    match row.time_opt(column) {
        Ok(None) if column == "created_at" => Some(text::VALUE_MISSING.to_owned()),
        Ok(_) => None,
        Err(_) => Some(text::no_time(&spelled(row, column))),
    }
}

fn number(row: &Row, column: &str) -> Option<String> {
    match row.number_opt(column) {
        Ok(None) => None,
        Ok(Some(number)) if i32::try_from(number).is_ok() => None,
        Ok(Some(number)) => Some(text::no_number(&number.to_string())),
        Err(_) => Some(text::no_number(&spelled(row, column))),
    }
}

fn json(row: &Row, column: &str) -> Option<String> {
    match row.text_opt(column) {
        Ok(None) => None,
        Ok(Some(json)) => {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&json);
            parsed.err().map(|error| text::no_json(&error.to_string()))
        }
        Err(_) => Some(text::NO_TEXT.to_owned()),
    }
}

fn words(row: &Row, column: &str) -> Option<String> {
    let value = match row.text_opt(column) {
        Ok(Some(value)) => value,
        Ok(None) if matches!(column, "id" | "name" | "status") => {
            return Some(text::VALUE_MISSING.to_owned());
        }
        Ok(None) => return None,
        Err(_) => return Some(text::NO_TEXT.to_owned()),
    };
    if column == "id" && value.is_empty() {
        return Some(text::VALUE_MISSING.to_owned());
    }
    if column == "status" && value.parse::<Status>().is_err() {
        return Some(text::no_status(&shown(&value)));
    }
    let most = records::length(column)?;
    let characters = value.chars().count();
    (characters > most).then(|| text::value_too_long(characters, most))
}

/// A value as it stands there, where that can be told.
fn spelled(row: &Row, column: &str) -> String {
    match row
        .place(column)
        .or_else(|_| row.text_opt(column).map(Option::unwrap_or_default))
    {
        Ok(text) => shown(&text),
        Err(_) => String::new(),
    }
}
