//! The takeover itself. The old table steps aside, the migrations make ours, every value is copied and compared. In one
//! transaction where the database has them; else each part is written down, and the next `upgrade` goes on from there.

use chrono::{DateTime, Utc};

use super::report::{count, report};
use super::{Adopted, Original, original};
use crate::dialect;
use crate::migrate::ledger::{self, Cut, DEPLOYMENTS, Ledger, Way};
use crate::migrate::run::{Done, Run, begin, end};
use crate::migrate::{MigrateError, stepwise};
use crate::sql::{Link, query};
use crate::text::migrate as text;

/// The parts of an adoption, as they are written down: the old table is aside, ours are made, rows are copied.
const PARTS: u32 = 3;

/// Takes the table over, or ends an adoption that was cut. The caller made a backup of an SQLite file.
pub(crate) async fn adopt(
    run: Run<'_>,
    link: &mut Link<'_>,
) -> Result<(Adopted, Done), MigrateError> {
    if !dialect::lock_out(link).await? {
        return Err(MigrateError::Locked);
    }
    let done = if dialect::rolls_back_schema(link.dialect()) {
        begin(link).await?;
        let done = at_once(run, link).await;
        end(link, done).await
    } else {
        stepwise(run, link).await
    };
    let done = match done {
        Ok(done) => make_lock_row(link).await.map(|()| done),
        Err(error) => Err(error),
    };
    let unlocked = dialect::let_in(link).await;
    let done = done?;
    unlocked?;
    // So many new rows at once: the first lists would be planned blindly.
    if let Err(error) = dialect::bulk::analyze(link, &[DEPLOYMENTS]).await {
        tracing::warn!(%error, "the database did not look at its new rows; it will by itself");
    }
    Ok(done)
}

/// The row that writers lock, for whoever writes before a server starts.
async fn make_lock_row(link: &mut Link<'_>) -> Result<(), MigrateError> {
    query(dialect::make_write_lock(link.dialect()))
        .execute(link.again())
        .await?;
    Ok(())
}

/// What the old table is called from now on.
pub(crate) fn old_name(now: DateTime<Utc>) -> String {
    format!("deployments_backup_{}", now.format("%Y%m%dT%H%M%SZ"))
}

async fn at_once(run: Run<'_>, link: &mut Link<'_>) -> Result<(Adopted, Done), MigrateError> {
    let ledger = Ledger::read(link).await?;
    if !ledger.has_foreign_deployments() {
        // Somebody else was faster.
        return Err(MigrateError::Locked);
    }
    if let Some(hold) = dialect::adoption::hold(link.dialect()) {
        link.again().run_script(hold).await?;
    }
    let model = original(link, run.migrations).await?;
    needed(link, DEPLOYMENTS).await?;
    let old = old_name(run.now);
    step_aside(link, &old).await?;
    let done = run.inside(link, run.migrations.newest()).await?;
    let adopted = copy(link, model, &old).await?;
    if let Some(statement) = dialect::adoption::put_away(link.dialect(), &old) {
        link.again().run_script(&statement).await?;
    }
    Ok((adopted, done))
}

async fn stepwise(run: Run<'_>, link: &mut Link<'_>) -> Result<(Adopted, Done), MigrateError> {
    let before = Ledger::read(link).await?;
    if before.has_foreign_deployments() {
        // What cannot be taken over is told before anything is made.
        look(run, link).await?;
    }
    ledger::make_tables(link).await?;
    let ledger = Ledger::read(link).await?;
    ledger.check(run.migrations)?;
    let cut = match ledger.cut_adoption() {
        Some(cut) => cut.clone(),
        None if ledger.has_foreign_deployments() => set_out(run, link).await?,
        None => return Err(MigrateError::Locked),
    };
    let (model, old) = read_note(&cut)?;
    // The old table is aside when it is there under its new name: one statement did that, whole.
    if !ledger.tables.contains(&old)
        && let Err(error) = step_aside(link, &old).await
    {
        forget(link, &old, &before).await?;
        return Err(error);
    }
    ledger::advance(link, Way::Adopt, 1).await?;
    let done = stepwise::go(run, link, run.migrations.newest()).await?;
    ledger::advance(link, Way::Adopt, 2).await?;
    link.again().run_script("START TRANSACTION").await?;
    let copied = async {
        let adopted = copy(link, model, &old).await?;
        ledger::end_cut(link, Way::Adopt).await?;
        Ok::<_, MigrateError>(adopted)
    }
    .await;
    let end = if copied.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = link.again().run_script(end).await;
    let adopted = copied?;
    ended?;
    Ok((adopted, done))
}

/// An adoption whose first step somebody else's lock kept from being done did not begin: nothing of it stays.
async fn forget(link: &mut Link<'_>, old: &str, before: &Ledger) -> Result<(), MigrateError> {
    let now = Ledger::read(link).await?;
    if now.tables.contains(old) {
        return Ok(());
    }
    ledger::end_cut(link, Way::Adopt).await?;
    for table in ledger::TABLES {
        if !before.tables.contains(table) {
            dialect::bulk::drop_tables(link, &[table.to_owned()]).await?;
        }
    }
    Ok(())
}

/// Everything that could be in the way.
async fn look(run: Run<'_>, link: &mut Link<'_>) -> Result<Original, MigrateError> {
    let model = original(link, run.migrations).await?;
    needed(link, DEPLOYMENTS).await?;
    Ok(model)
}

/// Writes down what is going to happen.
async fn set_out(run: Run<'_>, link: &mut Link<'_>) -> Result<Cut, MigrateError> {
    let model = look(run, link).await?;
    let cut = Cut {
        way: Way::Adopt,
        version: 0,
        name: String::new(),
        checksum: String::new(),
        done: 0,
        total: PARTS,
        note: write_note(model, &old_name(run.now)),
    };
    link.again().run_script("START TRANSACTION").await?;
    let saved = ledger::save_cut(link, &cut, run.now).await;
    stepwise::commit(link, saved).await?;
    Ok(cut)
}

fn write_note(model: Original, old: &str) -> String {
    let word = match model {
        Original::Live => "live",
        Original::Seed => "seed",
    };
    format!("{word} {old}")
}

fn read_note(cut: &Cut) -> Result<(Original, String), MigrateError> {
    match cut.note.split_once(' ') {
        Some(("live", old)) => Ok((Original::Live, old.to_owned())),
        Some(("seed", old)) => Ok((Original::Seed, old.to_owned())),
        _ => Err(cut.error()),
    }
}

async fn step_aside(link: &mut Link<'_>, old: &str) -> Result<(), MigrateError> {
    for statement in dialect::adoption::rename(link, old).await? {
        link.again().run_script(&statement).await?;
    }
    Ok(())
}

/// Our table takes no row without these.
async fn needed(link: &mut Link<'_>, table: &str) -> Result<(), MigrateError> {
    for column in ["id", "name"] {
        let statement = format!("SELECT COUNT(*) AS count FROM {table} WHERE {column} IS NULL");
        let missing = count(link, statement).await?;
        if missing > 0 {
            return Err(MigrateError::Refused(text::rows_without(column, missing)));
        }
    }
    Ok(())
}

/// Every row, and then the proof.
async fn copy(link: &mut Link<'_>, model: Original, old: &str) -> Result<Adopted, MigrateError> {
    let is_live = model == Original::Live;
    for statement in dialect::adoption::copy(link.dialect(), old, is_live) {
        link.again().run_script(&statement).await?;
    }
    let differing = dialect::adoption::differing(link.dialect(), old, is_live);
    let lost = count(link, differing).await?;
    if lost > 0 {
        return Err(MigrateError::Refused(text::not_all_copied(lost)));
    }
    report(link, model, old).await
}
