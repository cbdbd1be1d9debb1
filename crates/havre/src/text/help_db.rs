//! The texts of `havre db --help`.

pub const DB: &str = "Looks after the database: schema, examples, statistics, backups";
pub const INIT: &str = "Makes the database, or brings it up to date; says which";
pub const RESET: &str = "Removes everything from the database and begins anew, after a backup";
pub const SEED: &str = "Adds example deployments: records only, nothing runs";
pub const STATS: &str = "Counts what is in the database";
pub const MIGRATE: &str =
    "Writes a migration: what leads from the live schema to this program's model";
pub const UPGRADE: &str =
    "Applies migrations; adopts a database that the original platform made, after a backup";
pub const DOWNGRADE: &str = "Takes migrations back, one unless told otherwise";
pub const HISTORY: &str = "Lists all migrations and which of them are applied";
pub const CURRENT: &str = "Shows the version of the schema";
pub const BACKUP: &str = "Writes everything into one portable file; the server may run meanwhile";
pub const RESTORE: &str =
    "Puts a backup in the place of what the database holds: all of it or nothing";
pub const VERIFY: &str = "Reads a backup to its end and checks it, without touching a database";
pub const CHECK: &str =
    "Looks for damage, unreadable rows, clashing names and a schema that drifted";

pub const YES: &str = "Does not ask";
pub const NO_BACKUP: &str = "Takes no backup first";
pub const FORCE: &str = "Even while guests exist that it knows of, or (not on SQLite, whose file it locks) a server uses it";
pub const COUNT: &str = "How many rows";
pub const RNG_SEED: &str = "The same number gives the same rows";
pub const DIR: &str = "A folder with more migrations, after those of this program";
pub const MESSAGE: &str = "What the migration is about";
pub const MIGRATE_DIR: &str =
    "Where it is written [default: crates/store/migrations in a checkout]";
pub const UPGRADE_TO: &str = "Up to this version; else all";
pub const DOWNGRADE_TO: &str = "Down to this version; else one step";
pub const DRY_RUN: &str = "Prints the SQL for this database and changes nothing";
pub const BACKUP_FILE: &str =
    "Where to; `-` is the standard output [default: havre-TIME.backup in the working folder]";
pub const RESTORE_FILE: &str = "The backup; `-` is the standard input";
pub const RESTORE_FORCE: &str =
    "Even while a server uses the database; not on SQLite, whose file a server locks";
pub const WITHOUT_KEY: &str =
    "Even if it holds values that the key at hand does not open; they stay unreadable";
