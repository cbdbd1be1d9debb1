//! `havre db`: what an administrator does to the database.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::text::help_db as help;

/// `havre db`.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    #[command(about = help::INIT)]
    Init,
    #[command(about = help::RESET)]
    Reset(ResetArgs),
    #[command(about = help::SEED)]
    Seed(SeedArgs),
    #[command(about = help::STATS)]
    Stats,
    #[command(about = help::MIGRATE)]
    Migrate(MigrateArgs),
    #[command(about = help::UPGRADE)]
    Upgrade(UpgradeArgs),
    #[command(about = help::DOWNGRADE)]
    Downgrade(DowngradeArgs),
    #[command(about = help::HISTORY)]
    History(DirArgs),
    #[command(about = help::CURRENT)]
    Current(DirArgs),
    #[command(about = help::BACKUP)]
    Backup(BackupArgs),
    #[command(about = help::RESTORE)]
    Restore(RestoreArgs),
    #[command(about = help::VERIFY)]
    Verify(VerifyArgs),
    #[command(about = help::CHECK)]
    Check,
}

/// `havre db reset`.
#[derive(Debug, Args)]
pub struct ResetArgs {
    #[arg(long, help = help::YES)]
    pub yes: bool,
    #[arg(long, help = help::NO_BACKUP)]
    pub no_backup: bool,
    #[arg(long, help = help::FORCE)]
    pub force: bool,
}

/// `havre db seed`.
#[derive(Debug, Args)]
pub struct SeedArgs {
    #[arg(long, value_name = "N", default_value_t = 25, help = help::COUNT)]
    pub count: u32,
    #[arg(long, value_name = "S", default_value_t = 1, help = help::RNG_SEED)]
    pub rng_seed: u64,
}

/// Where more migrations are.
#[derive(Debug, Clone, Args)]
pub struct DirArgs {
    #[arg(long, value_name = "D", help = help::DIR)]
    pub dir: Option<PathBuf>,
}

/// `havre db migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[arg(short = 'm', long, value_name = "TEXT", help = help::MESSAGE)]
    pub message: String,
    #[arg(long, value_name = "D", help = help::MIGRATE_DIR)]
    pub dir: Option<PathBuf>,
}

/// `havre db upgrade`.
#[derive(Debug, Args)]
pub struct UpgradeArgs {
    #[arg(value_name = "REV", help = help::UPGRADE_TO)]
    pub to: Option<String>,
    #[command(flatten)]
    pub dir: DirArgs,
    #[arg(long, help = help::DRY_RUN)]
    pub dry_run: bool,
}

/// `havre db downgrade`.
#[derive(Debug, Args)]
pub struct DowngradeArgs {
    #[arg(value_name = "REV", help = help::DOWNGRADE_TO)]
    pub to: Option<String>,
    #[command(flatten)]
    pub dir: DirArgs,
    #[arg(long, help = help::YES)]
    pub yes: bool,
    #[arg(long, help = help::DRY_RUN)]
    pub dry_run: bool,
}

/// `havre db backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    #[arg(value_name = "FILE", help = help::BACKUP_FILE)]
    pub file: Option<PathBuf>,
}

/// `havre db restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    #[arg(value_name = "FILE", help = help::RESTORE_FILE)]
    pub file: PathBuf,
    #[arg(long, help = help::YES)]
    pub yes: bool,
    #[arg(long, help = help::RESTORE_FORCE)]
    pub force: bool,
    #[arg(long, help = help::WITHOUT_KEY)]
    pub without_key: bool,
}

/// `havre db verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[arg(value_name = "FILE", help = help::RESTORE_FILE)]
    pub file: PathBuf,
}
