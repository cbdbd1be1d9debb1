//! What an administrator does to a database, outside of any server: one file for each command of `havre db`.

mod adopt;
mod alone;
mod backup;
mod before;
mod check;
mod clusters;
mod error;
mod history;
mod keys;
mod migrate;
mod open;
mod ready;
mod reset;
mod restore;
mod revision;
mod seed;
mod stats;
mod upgrade;
mod verify;

pub use crate::dialect::introspect::{Size, TableSize};
pub use crate::migrate::losses::Loss;
pub use adopt::{Adoption, original_elsewhere};
pub use alone::{copy_file, servers_now};
pub use backup::{
    BackupError, BackupReport, BackupTo, OnProgress, Phase, Progress, backup, default_name,
};
pub use before::back_up_pending;
pub use check::{CheckKind, CheckOptions, CheckReport, Checked, Finding, check};
pub use clusters::stored_cluster;
pub use error::AdminError;
pub use history::{
    HistoryEntry, SchemaKind, SchemaState, has_deployments, history, live_schema, size, state,
};
pub use migrate::{MigrateOptions, MigrateReport, migrate, migrate_to};
pub use open::{Access, Admin};
pub use reset::{LostRows, ResetOptions, ResetPreview, ResetReport, reset, reset_preview};
pub use restore::{RestoreError, RestoreOptions, RestoreReport, holds, restore};
pub use revision::Revision;
pub use seed::{SeedOptions, SeedReport, seed};
pub use stats::{Day, SizeStats, Stats, StatusCount, Success, TableStats, Top, ValueCount, stats};
pub use upgrade::{
    DowngradePlan, UpgradeOptions, UpgradeReport, downgrade, plan_downgrade, upgrade,
};
pub use verify::{VerifyError, VerifyReport, verify};
