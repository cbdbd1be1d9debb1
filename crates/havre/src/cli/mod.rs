//! The command line: names and flags are part of the interface.

mod app;
mod db;
mod deploy;
mod proxmox;
mod roles;

pub use app::{
    DestroyArgs, EnvCommand, ListArgs, LogsArgs, NameArgs, OpenArgs, RedeployArgs, RollbackArgs,
    TagCommand,
};
pub use db::{
    BackupArgs, DbCommand, DirArgs, DowngradeArgs, MigrateArgs, ResetArgs, RestoreArgs, SeedArgs,
    UpgradeArgs, VerifyArgs,
};
pub use deploy::{DeployArgs, ResourceArgs};
pub use proxmox::{ProxmoxCommand, SetupArgs};
pub use roles::{DemoArgs, GatewayArgs, ServeArgs};

use clap::{Parser, Subcommand};

use crate::text::{help, help_db, help_proxmox};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "havre", version, about = help::ABOUT, after_help = help::AFTER, max_term_width = 100)]
#[command(propagate_version = false, disable_help_subcommand = true)]
pub struct Cli {
    #[arg(long, global = true, help = help::JSON)]
    pub json: bool,
    #[arg(long, global = true, value_name = "URL", help = help::URL)]
    pub url: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(about = help::DEPLOY)]
    Deploy(Box<DeployArgs>),
    #[command(about = help::REDEPLOY)]
    Redeploy(RedeployArgs),
    #[command(about = help::ROLLBACK)]
    Rollback(RollbackArgs),
    #[command(about = help::CANCEL)]
    Cancel(NameArgs),
    #[command(about = help::START)]
    Start(NameArgs),
    #[command(about = help::STOP)]
    Stop(NameArgs),
    #[command(about = help::RESTART)]
    Restart(NameArgs),
    #[command(about = help::LIST, visible_alias = "ls")]
    List(Box<ListArgs>),
    #[command(about = help::SHOW)]
    Show(NameArgs),
    #[command(about = help::RELEASES)]
    Releases(NameArgs),
    #[command(subcommand, about = help::TAGS)]
    Tag(TagCommand),
    #[command(subcommand, about = help::ENV)]
    Env(EnvCommand),
    #[command(about = help::LOGS)]
    Logs(LogsArgs),
    #[command(about = help::OPEN)]
    Open(OpenArgs),
    #[command(about = help::DESTROY)]
    Destroy(DestroyArgs),
    #[command(subcommand, about = help_db::DB)]
    Db(DbCommand),
    #[command(subcommand, about = help_proxmox::PROXMOX)]
    Proxmox(ProxmoxCommand),
    #[command(about = help::DOCTOR)]
    Doctor,
    #[command(about = help::CONFIG)]
    Config,
    #[command(about = help::COMPLETIONS)]
    Completions {
        #[arg(help = help::SHELL)]
        shell: clap_complete::Shell,
    },
    #[command(about = help::DEMO)]
    Demo(DemoArgs),
    #[command(about = help::SERVE)]
    Serve(ServeArgs),
    #[command(about = help::GATEWAY)]
    Gateway(GatewayArgs),
}
