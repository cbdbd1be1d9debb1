//! Where the database commits each change of the schema by itself: every step is written down when it is done, so that a
//! migration that was cut is seen, refused by `serve`, and ended by the next one. Only the step behind the last one that
//! was written down is in doubt, and whether it happened is read from the schema.

use super::effect::is_done;
use super::ledger::{self, Cut, Ledger, Way};
use super::moves::{Move, Rest, between};
use super::run::{Done, Run};
use super::step::Step;
use super::{MigrateError, reset};
use crate::dialect::introspect;
use crate::schema::{Op, OpError, Schema, recognise};
use crate::sql::Link;
use crate::text::migrate as text;

/// Alone already.
pub(super) async fn go(run: Run<'_>, link: &mut Link<'_>, to: u32) -> Result<Done, MigrateError> {
    ledger::make_tables(link).await?;
    let ledger = Ledger::read(link).await?;
    ledger.check(run.migrations)?;
    let mut done = Done::default();
    let mut from = ledger.version();
    if let Some(cut) = ledger.cut_migration() {
        if cut.is_reset() {
            reset::drop_own(link, &run.migrations.tables()).await?;
        }
        let rest = Rest::of(run.migrations, cut, to)?;
        match &rest {
            Rest::On(step, first) => {
                tracing::info!(migration = %step.migration, "going on with a migration that was cut");
                whole(run, link, step, Some(*first)).await?;
                done.add(step);
            }
            Rest::Back(step, first) => {
                tracing::info!(migration = %step.migration, "undoing a migration that was cut");
                back(run, link, step, *first).await?;
            }
        }
        from = rest.leads_to();
    }
    for step in between(run.migrations, from, to)? {
        tracing::info!(migration = %step.migration, way = step.way.word(), "migrating the database");
        whole(run, link, &step, None).await?;
        done.add(&step);
    }
    Ok(done)
}

/// One migration; from `start` on when it was cut there.
async fn whole(
    run: Run<'_>,
    link: &mut Link<'_>,
    step_of: &Move<'_>,
    start: Option<usize>,
) -> Result<(), MigrateError> {
    let step = step_of;
    let first = start.unwrap_or_default();
    let cut = Cut {
        way: step.way,
        version: step.migration.version,
        name: step.migration.name.clone(),
        checksum: step.migration.checksum().to_owned(),
        done: first as u32,
        total: step.ops().len() as u32,
        note: String::new(),
    };
    save(run, link, &cut).await?;
    let mut schema = step.before(run.migrations)?.clone();
    let revision = step.migration.to_string();
    for (at, op) in step.ops().iter().enumerate() {
        let there = match start == Some(at) {
            true => happened(link, op).await?,
            false => Happened::None,
        };
        if at < first || there == Happened::All {
            op.apply(&mut schema).map_err(|error| {
                MigrateError::Refused(text::drift(&revision, &error.to_string()))
            })?;
        } else {
            let step = Step {
                revision: &revision,
                op,
                after: text::STOPPED_BETWEEN,
                ran: usize::from(there == Happened::First),
            };
            let ran = step.run(link, &mut schema).await;
            if let (0, Err(error)) = (at, &ran) {
                tracing::debug!(%error, "the first step failed");
                forget_if_untouched(run, link, step_of, &schema).await?;
            }
            ran?;
        }
        if at >= first {
            ledger::advance(link, step.way, at as u32 + 1).await?;
        }
    }
    finish(run, link, step).await
}

/// A migration whose first step failed and left nothing did not begin: nobody needs to end it.
async fn forget_if_untouched(
    run: Run<'_>,
    link: &mut Link<'_>,
    step: &Move<'_>,
    before: &Schema,
) -> Result<(), MigrateError> {
    let live = introspect::read_schema(link).await?;
    let ours = run.migrations.tables();
    let live = recognise(&live, before, &ours, link.dialect());
    if live.sorted() == before.sorted() {
        ledger::end_cut(link, step.way).await?;
    }
    Ok(())
}

/// Undoes what a migration did before it was cut, the last step first. A step is in doubt before it is undone, so that a
/// second cut is no worse than the first one.
async fn back(
    run: Run<'_>,
    link: &mut Link<'_>,
    step: &Move<'_>,
    first: usize,
) -> Result<(), MigrateError> {
    let revision = step.migration.to_string();
    let drift = |error: OpError| MigrateError::Refused(text::drift(&revision, &error.to_string()));
    let mut schema = step.before(run.migrations)?.clone();
    let mut undo = Vec::new();
    for op in step.ops().iter().take(first + 1) {
        let inverse = op.inverse(&schema).map_err(drift)?;
        op.apply(&mut schema).map_err(drift)?;
        undo.push(inverse);
    }
    for (at, op) in undo.iter().enumerate().rev() {
        ledger::advance(link, step.way, at as u32).await?;
        let live = introspect::read_schema(link).await?;
        if is_done(op, &live, link.dialect()) {
            op.apply(&mut schema).map_err(drift)?;
        } else {
            let step = Step {
                revision: &revision,
                op,
                after: text::STOPPED_BETWEEN,
                ran: 0,
            };
            step.run(link, &mut schema).await?;
        }
    }
    ledger::end_cut(link, step.way).await?;
    Ok(())
}

/// How much of a step is there.
#[derive(PartialEq, Eq)]
enum Happened {
    None,
    /// Its first statement. Of the steps with several ones only that which adds a column cannot begin again.
    First,
    All,
}

async fn happened(link: &mut Link<'_>, op: &Op) -> Result<Happened, MigrateError> {
    let live = introspect::read_schema(link).await?;
    if is_done(op, &live, link.dialect()) {
        return Ok(Happened::All);
    }
    Ok(match op {
        Op::AddColumn { table, column, .. }
            if live
                .table(table)
                .and_then(|table| table.column(&column.name))
                .is_some() =>
        {
            Happened::First
        }
        _ => Happened::None,
    })
}

async fn save(run: Run<'_>, link: &mut Link<'_>, cut: &Cut) -> Result<(), MigrateError> {
    link.again().run_script("START TRANSACTION").await?;
    let saved = ledger::save_cut(link, cut, run.now).await;
    commit(link, saved).await
}

/// The version and the end of what was under way are one change.
async fn finish(run: Run<'_>, link: &mut Link<'_>, step: &Move<'_>) -> Result<(), MigrateError> {
    link.again().run_script("START TRANSACTION").await?;
    let written = async {
        match step.way {
            Way::Down => ledger::erase(link, step.migration.version).await?,
            Way::Up | Way::Adopt => ledger::record(link, step.migration, run.now).await?,
        }
        ledger::end_cut(link, step.way).await
    }
    .await;
    commit(link, written).await
}

/// Ends a transaction that changes rows only.
pub(super) async fn commit(
    link: &mut Link<'_>,
    done: Result<(), sqlx::Error>,
) -> Result<(), MigrateError> {
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = link.again().run_script(end).await;
    done?;
    Ok(ended?)
}
