//! What hangs on a table besides what a schema of ours can say. Where a table is rebuilt (SQLite), it goes with the old one.

use super::Dialect;
use crate::schema::Op;
use crate::sql::{Link, query};

/// Triggers, and indexes of any kind, of the table that a step works on; by the statement that made each.
pub(crate) struct Extras {
    made_by: Vec<(String, String)>,
}

impl Extras {
    /// Before the step.
    pub(crate) async fn of(link: &mut Link<'_>, op: &Op) -> Result<Self, sqlx::Error> {
        let mut made_by = Vec::new();
        if link.dialect() == Dialect::Sqlite && changes_a_table(op) {
            made_by = listed(link, op.table()).await?;
        }
        Ok(Self { made_by })
    }

    /// Behind it: makes again what is gone.
    pub(crate) async fn put_back(self, link: &mut Link<'_>) -> Result<(), sqlx::Error> {
        for (name, statement) in self.made_by {
            let there = query("SELECT 1 AS there FROM sqlite_master WHERE name = ?")
                .bind(name)
                .fetch_optional(link.again())
                .await?;
            if there.is_none() {
                link.again().run_script(&statement).await?;
            }
        }
        Ok(())
    }
}

fn changes_a_table(op: &Op) -> bool {
    matches!(
        op,
        Op::AddColumn { .. }
            | Op::DropColumn { .. }
            | Op::AlterColumn { .. }
            | Op::AddForeignKey { .. }
            | Op::DropForeignKey { .. }
    )
}

/// Indexes that belong to a constraint have no statement.
async fn listed(link: &mut Link<'_>, table: &str) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = query(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL",
    )
    .bind(table)
    .fetch_all(link.again())
    .await?;
    rows.iter()
        .map(|row| {
            let text = |column| Ok::<_, sqlx::Error>(row.text_opt(column)?.unwrap_or_default());
            Ok((text("name")?, text("sql")?))
        })
        .collect()
}
