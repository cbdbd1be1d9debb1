//! The verbs: each is a client of the API.

mod context;
mod deploy;
mod destroy;
mod env;
mod follow;
mod list;
mod logs;
mod open;
mod releases;
mod show;
mod tag;
mod work;

pub use context::Context;
pub use destroy::remove;

use crate::cli::Command;
use crate::exit::{Exit, Outcome};

/// Runs a verb that talks to the server.
pub async fn run(context: &Context, command: Command) -> Outcome {
    match command {
        Command::Deploy(args) => deploy::deploy(context, &args).await,
        Command::Redeploy(args) => deploy::redeploy(context, &args).await,
        Command::Rollback(args) => deploy::rollback(context, &args).await,
        Command::Cancel(args) => work::cancel(context, &args.name).await,
        Command::Start(args) => work::start(context, &args.name).await,
        Command::Stop(args) => work::stop(context, &args.name).await,
        Command::Restart(args) => work::restart(context, &args.name).await,
        Command::List(args) => list::list(context, &args).await,
        Command::Show(args) => show::show(context, &args.name).await,
        Command::Releases(args) => releases::releases(context, &args.name).await,
        Command::Tag(command) => tag::tag(context, command).await,
        Command::Env(command) => env::env(context, command).await,
        Command::Logs(args) => logs::logs(context, &args).await,
        Command::Open(args) => open::open(context, &args).await,
        Command::Destroy(args) => destroy::destroy(context, &args).await,
        // The roles and the local verbs never come here: `main` takes them first.
        _ => Ok(Exit::Platform),
    }
}
