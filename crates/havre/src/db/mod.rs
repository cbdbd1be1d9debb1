//! `havre db`: what an administrator does to the database. These commands open it themselves; no server is asked.

mod alone;
mod ask;
mod backup;
mod check;
mod elsewhere;
mod fault;
mod init;
mod key;
mod migrate;
mod progress;
mod reset;
mod restore;
mod seed;
mod show;
mod spool;
mod stats;
mod subject;
mod upgrade;
mod versions;

use crate::cli::DbCommand;
use crate::exit::Outcome;
use crate::screen::Screen;

/// Runs one of them.
pub async fn run(screen: Screen, command: DbCommand) -> Outcome {
    match command {
        DbCommand::Init => init::init(screen).await,
        DbCommand::Reset(args) => reset::reset(screen, &args).await,
        DbCommand::Seed(args) => seed::seed(screen, &args).await,
        DbCommand::Stats => stats::stats(screen).await,
        DbCommand::Migrate(args) => migrate::migrate(screen, args).await,
        DbCommand::Upgrade(args) => upgrade::upgrade(screen, args).await,
        DbCommand::Downgrade(args) => upgrade::downgrade(screen, args).await,
        DbCommand::History(args) => versions::history(screen, args).await,
        DbCommand::Current(args) => versions::current(screen, args).await,
        DbCommand::Backup(args) => backup::backup(screen, args).await,
        DbCommand::Restore(args) => restore::restore(screen, &args).await,
        DbCommand::Verify(args) => restore::verify(screen, &args).await,
        DbCommand::Check => check::check(screen).await,
    }
}
