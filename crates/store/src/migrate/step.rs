//! One step of a migration on a live database.

use super::MigrateError;
use crate::dialect::{self, Extras};
use crate::schema::{Op, Schema};
use crate::sql::{Link, query};
use crate::text::migrate as text;

/// A step, and where it belongs.
pub(super) struct Step<'s> {
    /// The migration's name.
    pub(super) revision: &'s str,
    pub(super) op: &'s Op,
    /// What it means for the database when this step fails.
    pub(super) after: &'static str,
    /// How many of its statements ran before it was cut.
    pub(super) ran: usize,
}

impl Step<'_> {
    /// Does it: first nothing may be in the way, then its statements run. `schema` is what the database looks like, before
    /// and then behind it.
    pub(super) async fn run(
        &self,
        link: &mut Link<'_>,
        schema: &mut Schema,
    ) -> Result<(), MigrateError> {
        let mut next = schema.clone();
        self.op.apply(&mut next).map_err(|error| {
            MigrateError::Refused(text::drift(self.revision, &error.to_string()))
        })?;
        self.look_for_hindrances(link, schema).await?;
        let statements = link.dialect().render(self.op, schema);
        let extras = Extras::of(link, self.op).await?;
        for statement in statements.iter().skip(self.ran) {
            let ran = link.again().run_script(statement).await;
            ran.map_err(|error| self.failed(error))?;
        }
        let put_back = extras.put_back(link).await;
        put_back.map_err(|error| self.failed(error))?;
        *schema = next;
        Ok(())
    }

    async fn look_for_hindrances(
        &self,
        link: &mut Link<'_>,
        before: &Schema,
    ) -> Result<(), MigrateError> {
        for check in link.dialect().checks(self.op, before) {
            let row = query(check.count.clone()).fetch_one(link.again()).await?;
            let count = row.int_opt("count")?.unwrap_or_default();
            if count > 0 {
                return Err(MigrateError::Step {
                    revision: self.revision.to_owned(),
                    step: self.op.sentence(),
                    why: check.refusal(count),
                    after: self.after,
                });
            }
        }
        Ok(())
    }

    fn failed(&self, error: sqlx::Error) -> MigrateError {
        if dialect::is_locked(&error) {
            return MigrateError::Locked;
        }
        MigrateError::Step {
            revision: self.revision.to_owned(),
            step: self.op.sentence(),
            why: crate::text::said(&error),
            after: self.after,
        }
    }
}
