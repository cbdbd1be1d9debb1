//! What must be looked for before an operation: rows that would be in its way. Every database looks the same way, so what
//! stops a migration on one stops it on all, before anything is changed and with the rows named.

mod rows;
mod values;

use super::Dialect;
use crate::schema::{Column, Op, Schema};
use crate::text::schema as text;

/// A question to ask before an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A statement without parameters that gives one number, `count`: how many are in the way. 0 is good.
    pub count: String,
    /// A statement for people that shows what is in the way.
    pub find: String,
    about: About,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Values { table: String, to: Column },
    Unique { table: String, index: String },
    Orphans { table: String, to: String },
}

impl Check {
    /// What is said when so many are in the way.
    pub fn refusal(&self, count: i64) -> String {
        match &self.about {
            About::Values { table, to } => text::do_not_fit(count, table, &to.name, to, &self.find),
            About::Unique { table, index } => text::not_unique(count, table, index, &self.find),
            About::Orphans { table, to } => text::orphans(count, table, to, &self.find),
        }
    }
}

impl Dialect {
    /// What to look for before an operation, in the schema as it is. To be asked when its turn comes, right before its
    /// statements.
    pub fn checks(self, op: &Op, before: &Schema) -> Vec<Check> {
        match op {
            Op::AlterColumn { .. } => self.checks_of_values(op, before),
            Op::CreateIndex { table, index } if index.unique => {
                vec![rows::unique(self, table, index)]
            }
            Op::AddForeignKey { table, foreign_key } => {
                vec![rows::orphans(self, table, foreign_key)]
            }
            _ => Vec::new(),
        }
    }

    fn checks_of_values(self, op: &Op, before: &Schema) -> Vec<Check> {
        let Op::AlterColumn {
            table,
            from,
            to,
            fill,
        } = op
        else {
            return Vec::new();
        };
        let mut checks: Vec<Check> = values::values(self, table, from, to).into_iter().collect();
        let fill = fill.as_ref().or(to.default.as_ref());
        if let (Some(fill), Some(before), true) =
            (fill, before.table(table), from.nullable && !to.nullable)
        {
            let unique = before
                .indexes
                .iter()
                .filter(|index| index.unique && index.has(&to.name));
            checks.extend(unique.map(|index| rows::filled(self, (table, index), (from, to), fill)));
        }
        checks
    }
}
