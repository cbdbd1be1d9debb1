//! `havre db upgrade` and `havre db downgrade`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::{Admin, Adoption, Revision};
use crate::migrate::ledger::Ledger;
use crate::migrate::losses::{Loss, losses};
use crate::migrate::moves::{Move, Rest, between};
use crate::migrate::run::{Run, rehearse};
use crate::migrate::{MigrateError, back_up_file, refuse, settled, whole};
use crate::schema::Migrations;
use crate::text::migrate as text;

/// Where to, and by what.
#[derive(Debug, Clone, Default)]
pub struct UpgradeOptions {
    /// The version; the newest when it is not given.
    pub to: Option<Revision>,
    /// A folder with migrations besides those in the binary.
    pub dir: Option<PathBuf>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What an upgrade or a downgrade did, or with `dry_run` would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpgradeReport {
    /// The version before; 0 is none.
    pub from: u32,
    /// The version now.
    pub to: u32,
    /// Migrations that were applied, in order: `0002_add_colour`.
    pub up: Vec<String>,
    /// Migrations that were undone, in order.
    pub down: Vec<String>,
    /// True when a migration or an adoption that was cut before was ended.
    pub ended_cut: bool,
    /// The copy of the SQLite file that was made before.
    pub backup: Option<PathBuf>,
    /// The original's table was taken over.
    pub adopted: Option<Adoption>,
    /// With `dry_run`: each migration with its statements for this database.
    pub sql: Vec<(String, Vec<String>)>,
}

/// What a downgrade would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DowngradePlan {
    /// The version that the database is at.
    pub from: u32,
    /// The version that it would go to.
    pub to: u32,
    /// Migrations that would be undone, in order.
    pub down: Vec<String>,
    /// What is there now and would be lost.
    pub losses: Vec<Loss>,
}

/// The migrations at hand.
pub(super) fn load(dir: Option<&PathBuf>) -> Result<Migrations, MigrateError> {
    Ok(match dir {
        Some(dir) => Migrations::with_dir(dir)?,
        None => Migrations::embedded()?,
    })
}

/// Brings the database up: makes it, takes over the original's, ends what was cut, applies what is pending. An SQLite file
/// that holds something is copied first. Nothing to do is success.
///
/// # Errors
/// The database is not Havre's or is newer, somebody else migrates, or a step failed; nothing is changed then, or on MySQL
/// it is written down how far it came.
pub async fn upgrade(
    admin: &mut Admin,
    options: &UpgradeOptions,
) -> Result<UpgradeReport, MigrateError> {
    let migrations = load(options.dir.as_ref())?;
    let to = options.to.as_ref().unwrap_or(&Revision::Head);
    let to = to.find(&migrations)?;
    if !options.dry_run {
        super::restore::settle(&mut admin.link(), &migrations).await?;
    }
    let ledger = match options.dry_run {
        true => Ledger::read(&mut admin.link()).await?,
        false => settled(&mut admin.link(), &migrations).await?,
    };
    whole::has_ledger(&mut admin.link(), &ledger, &migrations).await?;
    if ledger.has_foreign_deployments() || ledger.cut_adoption().is_some() {
        return super::adopt::take_over(admin, &migrations, options).await;
    }
    let cut = ledger.cut_migration();
    if cut.is_none() {
        refuse(&mut admin.link(), &ledger, &migrations).await?;
        whole::is_whole(&mut admin.link(), &ledger, &migrations).await?;
    } else {
        ledger.check(&migrations)?;
    }
    let from = ledger.version();
    let below = cut.map_or(from, |cut| cut.version.min(from));
    if to < below {
        return Err(wrong_way(to, from, "downgrade"));
    }
    go(admin, &migrations, (&ledger, to), options.dry_run).await
}

/// What a downgrade would undo and lose: to ask before [`downgrade`]. Without a version: one step.
///
/// # Errors
/// As for [`upgrade`]; or the version is above.
pub async fn plan_downgrade(
    admin: &mut Admin,
    options: &UpgradeOptions,
) -> Result<DowngradePlan, MigrateError> {
    let migrations = load(options.dir.as_ref())?;
    let ledger = ours(admin, &migrations).await?;
    let (from, to) = target(&ledger, &migrations, options)?;
    let mut moves = moves_below(&ledger, &migrations, to)?;
    let down = moves
        .iter()
        .map(|step| step.migration.to_string())
        .collect();
    // What a cut way up made is undone as well.
    moves.retain(|step| step.way == crate::migrate::ledger::Way::Down);
    let losses = losses(&mut admin.link(), &moves).await?;
    Ok(DowngradePlan {
        from,
        to,
        down,
        losses,
    })
}

/// Undoes migrations. Loses what [`plan_downgrade`] says; an SQLite file is copied first.
///
/// # Errors
/// As for [`upgrade`]; or the version is above.
pub async fn downgrade(
    admin: &mut Admin,
    options: &UpgradeOptions,
) -> Result<UpgradeReport, MigrateError> {
    let migrations = load(options.dir.as_ref())?;
    let ledger = ours(admin, &migrations).await?;
    let (_, to) = target(&ledger, &migrations, options)?;
    go(admin, &migrations, (&ledger, to), options.dry_run).await
}

async fn ours(admin: &mut Admin, migrations: &Migrations) -> Result<Ledger, MigrateError> {
    let ledger = Ledger::read(&mut admin.link()).await?;
    if ledger.cut_migration().is_none() {
        refuse(&mut admin.link(), &ledger, migrations).await?;
    }
    ledger.check(migrations)?;
    Ok(ledger)
}

/// From where to where a downgrade goes.
fn target(
    ledger: &Ledger,
    migrations: &Migrations,
    options: &UpgradeOptions,
) -> Result<(u32, u32), MigrateError> {
    let cut = ledger.cut_migration().map_or(0, |cut| cut.version);
    let from = ledger.version().max(cut);
    let to = match &options.to {
        Some(to) => to.find(migrations)?,
        None => from
            .checked_sub(1)
            .ok_or_else(|| MigrateError::Refused(text::NOTHING_BELOW.into()))?,
    };
    if to > from {
        return Err(wrong_way(to, from, "upgrade"));
    }
    Ok((from, to))
}

fn wrong_way(to: u32, from: u32, command: &str) -> MigrateError {
    MigrateError::Refused(text::wrong_way(to, from, command))
}

/// Everything down to a version, what is left of a cut migration too.
fn moves_below<'m>(
    ledger: &Ledger,
    migrations: &'m Migrations,
    to: u32,
) -> Result<Vec<Move<'m>>, MigrateError> {
    let mut moves = Vec::new();
    let mut from = ledger.version();
    if let Some(cut) = ledger.cut_migration() {
        let rest = Rest::of(migrations, cut, to)?;
        from = rest.leads_to();
        match rest {
            Rest::On(step, _) | Rest::Back(step, _) => moves.push(step),
        }
    }
    moves.extend(between(migrations, from, to)?);
    Ok(moves)
}

async fn go(
    admin: &mut Admin,
    migrations: &Migrations,
    (ledger, to): (&Ledger, u32),
    dry_run: bool,
) -> Result<UpgradeReport, MigrateError> {
    let from = ledger.version();
    let mut report = UpgradeReport {
        from,
        to,
        ended_cut: !ledger.cuts.is_empty(),
        ..UpgradeReport::default()
    };
    if from == to && ledger.cuts.is_empty() {
        return Ok(report);
    }
    if dry_run {
        let moves = moves_below(ledger, migrations, to)?;
        report.sql = rehearse(&mut admin.link(), migrations, &moves).await?;
        return Ok(report);
    }
    let now = admin.now().await?;
    if from > 0 {
        report.backup = back_up(admin, now).await?;
    }
    let run = Run { migrations, now };
    let done = run.go(&mut admin.link(), to).await?;
    report.up = done.up;
    report.down = done.down;
    Ok(report)
}

/// Copies the file, if it is one.
pub(super) async fn back_up(
    admin: &mut Admin,
    now: DateTime<Utc>,
) -> Result<Option<PathBuf>, MigrateError> {
    let Some(file) = admin.target().file().map(PathBuf::from) else {
        return Ok(None);
    };
    back_up_file(&mut admin.link(), &file, now).await.map(Some)
}
