//! `havre db migrate`: writes down how the model of this program differs from the database, as a migration.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Admin;
use super::upgrade::load;
use crate::dialect::introspect;
use crate::migrate::ledger::Ledger;
use crate::migrate::run::live;
use crate::migrate::{MigrateError, refuse, whole};
use crate::schema::{self, Migration, Migrations, Op, Schema, diff, model, recognise, slug};
use crate::text::migrate as text;

/// Where the migrations are in a checkout.
const FOLDER: &str = "crates/store/migrations";
/// How many folders up a checkout is looked for.
const MOST_UP: usize = 16;

/// What to write, and where.
#[derive(Debug, Clone)]
pub struct MigrateOptions {
    /// What changes, in a few words: the file's name comes of it.
    pub message: String,
    /// The folder; the one of the checkout around the working folder when it is not given.
    pub dir: Option<PathBuf>,
    /// The working folder.
    pub working_folder: PathBuf,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrateReport {
    /// The database is what the model says.
    NoChanges,
    /// A migration was written.
    Written {
        /// The file.
        file: PathBuf,
        /// Its folder, which `upgrade` must be told of.
        dir: PathBuf,
        /// What it does, step by step, in sentences.
        steps: Vec<String>,
        /// What it loses on the way up, in sentences.
        loses: Vec<String>,
        /// What it loses on the way down, in sentences.
        loses_back: Vec<String>,
    },
}

/// Compares the model with the database and writes the difference as the next migration, up and down, for all databases.
/// Tables that are not Havre's are left out.
///
/// # Errors
/// The database is not at the newest version, or the difference cannot be written down for all databases, or there is no
/// folder for it.
pub async fn migrate(
    admin: &mut Admin,
    options: &MigrateOptions,
) -> Result<MigrateReport, MigrateError> {
    migrate_to(admin, options, &model()).await
}

/// The same with another model than that of this program.
///
/// # Errors
/// As for [`migrate`].
pub async fn migrate_to(
    admin: &mut Admin,
    options: &MigrateOptions,
    model: &Schema,
) -> Result<MigrateReport, MigrateError> {
    let name = slug(&options.message).map_err(MigrateError::Refused)?;
    let dir = folder(options)?;
    let migrations = load(Some(&dir))?;
    let ledger = Ledger::read(&mut admin.link()).await?;
    refuse(&mut admin.link(), &ledger, &migrations).await?;
    let (version, newest) = (ledger.version(), migrations.newest());
    if version != newest {
        return Err(MigrateError::Refused(text::not_at_newest(version, newest)));
    }
    let live = introspect::read_schema(&mut admin.link()).await?;
    let dialect = admin.dialect();
    // In the words of the migrations, so that the file fits behind them; this database may not tell all of them apart.
    let ours = migrations.tables();
    let live = recognise(&live, migrations.newest_schema(), &ours, dialect);
    let (up, down) = schema::migration(&live, model)
        .map_err(|error| MigrateError::Refused(error.to_string()))?;
    if up.is_empty() {
        return Ok(MigrateReport::NoChanges);
    }
    let migration = Migration::new(newest + 1, &name, up, down);
    fits(admin, &migrations, &migration).await?;
    let file = write(&dir, &migration)?;
    Ok(MigrateReport::Written {
        file,
        dir,
        steps: migration.up.iter().map(Op::sentence).collect(),
        loses: migration.up.iter().filter_map(Op::loses).collect(),
        loses_back: migration.down.iter().filter_map(Op::loses).collect(),
    })
}

/// What is written must be what `upgrade` reads, here and on every other database: it goes up from the schema that the
/// migrations before it make, not from what somebody made of this one by hand.
async fn fits(
    admin: &mut Admin,
    migrations: &Migrations,
    migration: &Migration,
) -> Result<(), MigrateError> {
    let newest = migrations.newest_schema();
    let read = Migration::parse(&migration.file_name(), &migration.to_toml(), newest);
    let Err(error) = read else { return Ok(()) };
    let mut link = admin.link();
    let live = live(&mut link, newest, migrations).await?;
    let ours = recognise(&live, newest, &migrations.tables(), link.dialect());
    let steps: Vec<String> = diff(&ours, newest)
        .unwrap_or_default()
        .iter()
        .map(Op::sentence)
        .collect();
    // A fault of ours, not drift: nothing differs, and yet it does not read.
    if steps.is_empty() {
        return Err(MigrateError::Refused(error.to_string()));
    }
    let cure = whole::statements(&link, &ours, newest, |_| true);
    Err(MigrateError::Refused(text::drifted(&steps, &cure)))
}

/// Where the file goes.
fn folder(options: &MigrateOptions) -> Result<PathBuf, MigrateError> {
    if let Some(dir) = &options.dir {
        return Ok(dir.clone());
    }
    let mut folders = options.working_folder.ancestors().take(MOST_UP);
    let found = folders.find_map(|folder| {
        let dir = folder.join(FOLDER);
        dir.is_dir().then_some(dir)
    });
    found.ok_or_else(|| MigrateError::Refused(text::NO_FOLDER.into()))
}

/// Never over another file.
fn write(dir: &Path, migration: &Migration) -> Result<PathBuf, MigrateError> {
    let path = dir.join(migration.file_name());
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| {
            file.write_all(migration.to_toml().as_bytes())?;
            file.sync_all()
        });
    match written {
        Ok(()) => Ok(path),
        Err(error) => Err(MigrateError::Refused(text::cannot_write(
            &path,
            &error.to_string(),
        ))),
    }
}
