//! Which of its two models the original made the table by, strictly: nothing may be there that is not known.

use crate::dialect::{self, introspect};
use crate::migrate::MigrateError;
use crate::migrate::ledger::DEPLOYMENTS;
use crate::schema::{Migrations, Table};
use crate::sql::Link;
use crate::text::migrate as text;

/// A model of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Original {
    /// The one that its app used: `resources_json`, no owner, no tags.
    Live,
    /// The documented one, which nothing imported.
    Seed,
}

const COMMON: [&str; 12] = [
    "id",
    "name",
    "deployment_type",
    "framework",
    "github_url",
    "status",
    "created_at",
    "deployed_at",
    "deleted_at",
    "ip_address",
    "vm_id",
    "error_message",
];

impl Original {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Live => text::LIVE_MODEL,
            Self::Seed => text::SEED_MODEL,
        }
    }

    fn columns(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::Live => &["resources_json"],
            Self::Seed => &["resources", "user_id", "tags"],
        };
        COMMON.iter().chain(own).copied().collect()
    }

    /// By the columns of a table.
    pub(crate) fn recognise(table: &Table) -> Result<Self, MigrateError> {
        let model = match table.column("resources_json") {
            Some(_) => Self::Live,
            None => Self::Seed,
        };
        let known = model.columns();
        let there: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let beyond = |left: &[&str], right: &[&str]| -> Vec<String> {
            let missing = left.iter().filter(|name| !right.contains(name));
            missing.map(|name| (*name).to_owned()).collect()
        };
        let (unknown, missing) = (beyond(&there, &known), beyond(&known, &there));
        if unknown.is_empty() && missing.is_empty() && table.primary_key == ["id"] {
            return Ok(model);
        }
        Err(MigrateError::Refused(text::unknown_columns(
            &unknown, &missing,
        )))
    }
}

/// The model of the table that is there, and that nothing is in the way of taking it over.
pub(crate) async fn original(
    link: &mut Link<'_>,
    migrations: &Migrations,
) -> Result<Original, MigrateError> {
    let live = introspect::read_schema(link).await?;
    let names = introspect::table_names(link).await?;
    let ours = migrations.tables();
    let mut taken = names
        .iter()
        .filter(|name| *name != DEPLOYMENTS && ours.contains(*name));
    if let Some(name) = taken.next() {
        return Err(MigrateError::Refused(text::table_in_the_way(name)));
    }
    let Some(table) = live.table(DEPLOYMENTS) else {
        // A view of that name.
        return Err(MigrateError::ForeignTables(DEPLOYMENTS.into()));
    };
    let model = Original::recognise(table)?;
    let hindrances = dialect::adoption::hindrances(link).await?;
    if !hindrances.is_empty() {
        return Err(MigrateError::Refused(text::hindered(&hindrances)));
    }
    Ok(model)
}
