//! Taking over the original's database, as part of `havre db upgrade`.

use std::path::{Path, PathBuf};

use super::upgrade::back_up;
use super::{Admin, UpgradeOptions, UpgradeReport};
use crate::dialect::adoption;
use crate::migrate::MigrateError;
use crate::migrate::adopt::{Adopted, Original, adopt, old_name, original};
use crate::migrate::ledger::Ledger;
use crate::migrate::moves::between;
use crate::migrate::run::{Run, rehearse_from};
use crate::schema::{Migrations, Schema};
use crate::text::migrate as text;

/// What was taken over, and what people should know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Whose table it was, in words.
    pub of: &'static str,
    /// Rows that were taken over: all of them.
    pub rows: i64,
    /// Rows that had no `created_at`: they have their `deployed_at` now, or 1970-01-01.
    pub without_created_at: i64,
    /// Rows that had no status: it is empty now, which is shown as unreadable.
    pub without_status: i64,
    /// Rows whose resources are no JSON: the text was kept.
    pub broken_json: i64,
    /// Names that more than one live row has, with how many rows, at most 100 names. The rows keep them.
    pub same_names: Vec<(String, i64)>,
    /// What the old table is called now, where it was kept (PostgreSQL, MySQL).
    pub kept_as: Option<String>,
}

impl From<Adopted> for Adoption {
    fn from(adopted: Adopted) -> Self {
        Self {
            of: adopted.model.words(),
            rows: adopted.rows,
            without_created_at: adopted.without_created_at,
            without_status: adopted.without_status,
            broken_json: adopted.broken_json,
            same_names: adopted.same_names,
            kept_as: adopted.kept_as,
        }
    }
}

/// Where the original put its database when `DATABASE_URL` named a relative file: Flask moves it into `instance/`. Some only
/// when the file that is named is not there and that one is.
pub fn original_elsewhere(file: &Path) -> Option<PathBuf> {
    let moved = file.parent()?.join("instance").join(file.file_name()?);
    (!file.exists() && moved.is_file()).then_some(moved)
}

pub(super) async fn take_over(
    admin: &mut Admin,
    migrations: &Migrations,
    options: &UpgradeOptions,
) -> Result<UpgradeReport, MigrateError> {
    let ledger = Ledger::read(&mut admin.link()).await?;
    let ended_cut = ledger.cut_adoption().is_some();
    let mut report = UpgradeReport {
        to: migrations.newest(),
        ended_cut,
        ..UpgradeReport::default()
    };
    let now = admin.now().await?;
    if options.dry_run {
        if !ended_cut {
            report.sql = rehearsal(admin, migrations, &old_name(now)).await?;
        }
        return Ok(report);
    }
    if !ended_cut {
        // What cannot be taken over is told before anything is copied.
        original(&mut admin.link(), migrations).await?;
        report.backup = back_up(admin, now).await?;
    }
    let run = Run { migrations, now };
    let (adopted, done) = adopt(run, &mut admin.link()).await?;
    report.up = done.up;
    report.adopted = Some(adopted.into());
    Ok(report)
}

/// Every statement of an adoption, without running one.
async fn rehearsal(
    admin: &mut Admin,
    migrations: &Migrations,
    old: &str,
) -> Result<Vec<(String, Vec<String>)>, MigrateError> {
    let mut link = admin.link();
    let model = original(&mut link, migrations).await?;
    let aside = adoption::rename(&mut link, old).await?;
    let moves = between(migrations, 0, migrations.newest())?;
    let dialect = link.dialect();
    let mut sql = vec![(text::ASIDE.to_owned(), aside)];
    sql.extend(rehearse_from(dialect, Schema::default(), &moves)?);
    let mut copy = adoption::copy(dialect, old, model == Original::Live);
    copy.extend(adoption::put_away(dialect, old));
    sql.push((text::COPY.to_owned(), copy));
    Ok(sql)
}
