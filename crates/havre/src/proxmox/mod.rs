//! `havre proxmox`: the set-up of a cluster. It talks to the cluster and to the database by itself; no server is asked.

mod addresses;
mod ask;
mod check;
mod choices;
mod login;
mod notebook;
mod setup;
mod show;
mod survey;
mod trust;

pub use check::checks;
pub use notebook::{CLUSTER, settings_of};

use crate::cli::ProxmoxCommand;
use crate::exit::Outcome;
use crate::screen::Screen;

/// Runs one of them.
pub async fn run(screen: Screen, command: ProxmoxCommand) -> Outcome {
    match command {
        ProxmoxCommand::Setup(args) if args.check => check::run(screen).await,
        ProxmoxCommand::Setup(args) => setup::run(screen, &args).await,
    }
}
