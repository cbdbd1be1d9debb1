//! Rows of the seed's table. Other programs write them, so nothing in them is trusted, and nothing is fatal.

use crate::sql::Row;
use chrono::{DateTime, Utc};
use domain::deployment::ReleaseSummary;
use domain::release::{DeploymentFacts, Version};
use domain::{Deployment, DeploymentKind, Managed, Name, Status, Tag};

use super::Read;
use crate::error::{Fault, Ran};
use crate::text;

/// What [`deployment`] reads: `d` the row, `m` what Havre keeps, `n` the newest and `s` the serving release.
macro_rules! columns {
    () => {
        "SELECT d.id, d.name, d.deployment_type, d.framework, d.github_url, d.resources, d.status, d.created_at, \
         d.deployed_at, d.deleted_at, d.ip_address, d.vm_id, d.error_message, d.user_id, d.tags, \
         m.driver, m.slot, m.destroying, m.place, m.node, \
         n.id AS n_id, n.version AS n_version, n.commit_hash AS n_commit, n.status AS n_status, n.tier AS n_tier, \
         n.warnings AS n_warnings, \
         s.id AS s_id, s.version AS s_version, s.commit_hash AS s_commit, s.status AS s_status, s.tier AS s_tier, \
         s.warnings AS s_warnings "
    };
}
macro_rules! joins {
    () => {
        "LEFT JOIN managed m ON m.deployment_id = d.id \
         LEFT JOIN releases n ON n.id = m.newest_release_id \
         LEFT JOIN releases s ON s.id = m.serving_release_id "
    };
}
/// Rows that are still to be told apart: `WHERE d. …`.
pub(crate) const DEPLOYMENT_COLUMNS: &str = concat!(columns!(), "FROM deployments d ", joins!());
/// The rows whose ids stand between these two.
pub(crate) const DEPLOYMENTS_OF: (&str, &str) = (
    concat!(columns!(), "FROM ("),
    concat!(") k JOIN deployments d ON d.id = k.id ", joins!()),
);

/// Reads the columns of one row and remembers which it could not read.
struct Lenient<'a> {
    row: &'a Row,
    problems: Vec<String>,
}

impl Lenient<'_> {
    fn text(&mut self, column: &str) -> Option<String> {
        match self.row.text_opt(column) {
            Ok(text) => text,
            Err(_) => self.problem(column),
        }
    }

    fn time(&mut self, column: &str) -> Option<DateTime<Utc>> {
        match self.row.time_opt(column) {
            Ok(at) => at,
            Err(_) => self.problem(column),
        }
    }

    fn number(&mut self, column: &str) -> Option<i64> {
        match self.row.number_opt(column) {
            Ok(number) => number,
            Err(_) => self.problem(column),
        }
    }

    fn json(&mut self, column: &str) -> Option<serde_json::Value> {
        let text = self.text(column)?;
        match serde_json::from_str(&text) {
            Ok(serde_json::Value::Null) => None,
            Ok(value) => Some(value),
            Err(_) => self.problem(column),
        }
    }

    fn problem<T>(&mut self, column: &str) -> Option<T> {
        self.problems.push(text::unreadable_column(column));
        None
    }
}

/// A row with what Havre keeps of it.
pub(crate) fn deployment(row: &Row) -> Ran<Deployment> {
    let mut found = seed_columns(row);
    match managed(row) {
        Ok(managed) => found.managed = managed,
        Err(Fault::Unreadable(which)) => found.unreadable.push(which),
        Err(fault) => return Err(fault),
    }
    Ok(found)
}

/// The columns of the seed's table alone, as a record.
pub(crate) fn seed_columns(row: &Row) -> Deployment {
    let mut read = Lenient {
        row,
        problems: Vec::new(),
    };
    let status_text = read.text("status").unwrap_or_default();
    let status = status_text.parse().ok();
    if status.is_none() {
        read.problems.push(text::unreadable_status(&status_text));
    }
    let mut found = Deployment {
        id: read.text("id").unwrap_or_default(),
        name: read.text("name").unwrap_or_default(),
        deployment_type: read.text("deployment_type"),
        framework: read.text("framework"),
        github_url: read.text("github_url"),
        resources: read.json("resources"),
        status,
        status_text,
        created_at: read.time("created_at"),
        deployed_at: read.time("deployed_at"),
        deleted_at: read.time("deleted_at"),
        ip_address: read.text("ip_address"),
        vm_id: read.number("vm_id"),
        error_message: read.text("error_message"),
        user_id: read.text("user_id"),
        tags: read.text("tags"),
        managed: None,
        unreadable: Vec::new(),
    };
    found.unreadable = read.problems;
    found
}

fn managed(row: &Row) -> Ran<Option<Managed>> {
    let Some(driver) = row.parsed_opt("driver")? else {
        return Ok(None);
    };
    Ok(Some(Managed {
        driver,
        slot: row.number("slot")?,
        newest: newest(row)?,
        serving: serving(row)?,
        destroying: row.flag("destroying")?,
        place: row.parsed_opt("place")?,
        node: row.parsed_opt("node")?,
    }))
}

fn newest(row: &Row) -> Ran<Option<ReleaseSummary>> {
    let columns = [
        "n_id",
        "n_version",
        "n_commit",
        "n_status",
        "n_tier",
        "n_warnings",
    ];
    summary(row, columns)
}

fn serving(row: &Row) -> Ran<Option<ReleaseSummary>> {
    let columns = [
        "s_id",
        "s_version",
        "s_commit",
        "s_status",
        "s_tier",
        "s_warnings",
    ];
    summary(row, columns)
}

fn summary(row: &Row, columns: [&str; 6]) -> Ran<Option<ReleaseSummary>> {
    let [id, version, commit, status, tier, warnings] = columns;
    let Some(id) = row.parsed_opt(id)? else {
        return Ok(None);
    };
    Ok(Some(ReleaseSummary {
        id,
        version: Version(row.number(version)?),
        commit: row.parsed_opt(commit)?,
        status: row.parsed(status)?,
        tier: row.text_opt(tier)?,
        warnings: row.json(warnings)?,
    }))
}

/// What the pipeline needs: `d.id, d.name, d.deployment_type, d.status, d.tags` and `m.driver, m.node, m.slot, m.label,
/// m.serving_release_id`.
pub(crate) fn facts(row: &Row) -> Ran<DeploymentFacts> {
    let name: Name = row.parsed("name")?;
    let kind = row.text_opt("deployment_type")?;
    let status: Status = row.parsed("status")?;
    Ok(DeploymentFacts {
        id: row.parsed("id")?,
        label: row.parsed("label")?,
        name,
        kind: kind
            .and_then(|kind| kind.parse().ok())
            .unwrap_or(DeploymentKind::Lxc),
        tags: tags(row.text_opt("tags")?.as_deref().unwrap_or_default()),
        driver: row.parsed("driver")?,
        node: row.parsed_opt("node")?,
        slot: row.number("slot")?,
        status,
        serving: row.parsed_opt("serving_release_id")?,
    })
}

/// The words of a column that others may have written: what is no tag is left out.
fn tags(column: &str) -> Vec<String> {
    column
        .split(',')
        .filter_map(|tag| tag.parse::<Tag>().ok())
        .map(|tag| tag.as_str().to_owned())
        .collect()
}
