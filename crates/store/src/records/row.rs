//! One row of the seed's table.

use chrono::{DateTime, Utc};
use domain::{Deployment, Status};

use crate::rows;
use crate::sql::Row;

/// A row as it stands in the table, whoever wrote it. What could not be read is none, and named in `unreadable`.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// UUID as 36-character text; rows of other programs may hold any text.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `vm` or `lxc`, as written.
    pub deployment_type: Option<String>,
    /// Framework key, as written.
    pub framework: Option<String>,
    /// URL of the repository, as written.
    pub github_url: Option<String>,
    /// Any JSON; none for SQL NULL and for JSON `null`.
    pub resources: Option<serde_json::Value>,
    /// The status, when it is one of the seed's words in any case.
    pub status: Option<Status>,
    /// The status as written.
    pub status_text: String,
    /// When the row was made, UTC, microseconds.
    pub created_at: Option<DateTime<Utc>>,
    /// When it first ran.
    pub deployed_at: Option<DateTime<Utc>>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Address of its guest.
    pub ip_address: Option<String>,
    /// Proxmox id of its guest.
    pub vm_id: Option<i64>,
    /// Why it failed.
    pub error_message: Option<String>,
    /// Its owner.
    pub user_id: Option<String>,
    /// Comma-separated tags.
    pub tags: Option<String>,
    /// What could not be read, in words; empty for a good row.
    pub unreadable: Vec<String>,
}

impl Record {
    /// Live is what has no `deleted_at` and no status `deleted`.
    pub fn is_live(&self) -> bool {
        self.deleted_at.is_none() && self.status != Some(Status::Deleted)
    }

    /// A row with all of [`COLUMNS`].
    pub(crate) fn read(row: &Row) -> Self {
        rows::seed_columns(row).into()
    }
}

impl From<Deployment> for Record {
    fn from(row: Deployment) -> Self {
        Self {
            id: row.id,
            name: row.name,
            deployment_type: row.deployment_type,
            framework: row.framework,
            github_url: row.github_url,
            resources: row.resources,
            status: row.status,
            status_text: row.status_text,
            created_at: row.created_at,
            deployed_at: row.deployed_at,
            deleted_at: row.deleted_at,
            ip_address: row.ip_address,
            vm_id: row.vm_id,
            error_message: row.error_message,
            user_id: row.user_id,
            tags: row.tags,
            unreadable: row.unreadable,
        }
    }
}

/// The seed's columns, in the order of its document.
pub(crate) const COLUMNS: [&str; 15] = [
    "id",
    "name",
    "deployment_type",
    "framework",
    "github_url",
    "resources",
    "status",
    "created_at",
    "deployed_at",
    "deleted_at",
    "ip_address",
    "vm_id",
    "error_message",
    "user_id",
    "tags",
];

/// All of them, of the table `d`.
macro_rules! select {
    () => {
        "SELECT d.id, d.name, d.deployment_type, d.framework, d.github_url, d.resources, d.status, d.created_at, \
         d.deployed_at, d.deleted_at, d.ip_address, d.vm_id, d.error_message, d.user_id, d.tags FROM deployments d"
    };
}
pub(super) use select;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_names_every_column() {
        let listed = COLUMNS.map(|column| format!("d.{column}")).join(", ");
        assert_eq!(select!(), format!("SELECT {listed} FROM deployments d"));
    }
}
