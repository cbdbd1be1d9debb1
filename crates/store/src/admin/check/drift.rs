//! The schema that is there against the model of this program.

use super::findings::Findings;
use crate::admin::AdminError;
use crate::dialect::introspect::read_schema;
use crate::migrate::ledger::Ledger;
use crate::schema::{Migrations, Op, diff, model, recognise};
use crate::sql::Link;
use crate::text::admin as text;

/// Names what differs. True when all tables and columns of the model are there, so that they can be asked.
pub(super) async fn look(
    link: &mut Link<'_>,
    ledger: &Ledger,
    migrations: &Migrations,
    findings: &mut Findings,
) -> Result<bool, AdminError> {
    let live = read_schema(link).await?;
    let is_behind = ledger.version() < migrations.newest();
    if is_behind {
        let words = text::behind(ledger.version(), migrations.newest());
        findings.error(None, None, None, words);
    }
    let wanted = model();
    let ours = migrations.tables();
    let live = recognise(&live, migrations.newest_schema(), &ours, link.dialect());
    match diff(&live, &wanted) {
        // A pending migration explains the difference.
        Ok(_) if is_behind => {}
        Ok(ops) => {
            for op in &ops {
                say(op, findings);
            }
        }
        Err(error) => findings.error(None, None, None, error.to_string()),
    }
    Ok(wanted.tables.values().all(|table| {
        let there = live.table(&table.name);
        let has = |column: &str| there.is_some_and(|there| there.column(column).is_some());
        table.columns.iter().all(|column| has(&column.name))
    }))
}

fn say(op: &Op, findings: &mut Findings) {
    let table = Some(op.table());
    let column = match op {
        Op::AddColumn { column, .. } => Some(column.name.as_str()),
        Op::AlterColumn { to, .. } => Some(to.name.as_str()),
        Op::DropColumn { column, .. } => Some(column.as_str()),
        _ => None,
    };
    match op {
        Op::CreateIndex { index, .. } => {
            findings.error(table, None, None, text::index_missing(&index.name));
        }
        // What somebody added is in nobody's way.
        Op::DropIndex { index, .. } => {
            findings.warning(table, None, None, text::index_foreign(index));
        }
        Op::DropColumn { .. } => {
            findings.warning(table, None, column, text::COLUMN_FOREIGN.to_owned());
        }
        op => findings.error(table, None, column, text::drifted(&op.sentence())),
    }
}
