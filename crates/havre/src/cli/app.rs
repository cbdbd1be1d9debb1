//! Arguments of the verbs that work on one deployment.

use clap::{Args, Subcommand};

use super::ResourceArgs;
use crate::text::help;

/// A verb that takes only a name.
#[derive(Debug, Args)]
pub struct NameArgs {
    #[arg(help = help::NAME)]
    pub name: String,
}

/// `havre redeploy`.
#[derive(Debug, Args)]
pub struct RedeployArgs {
    #[arg(help = help::NAME)]
    pub name: String,
    #[arg(long = "ref", value_name = "R", help = help::REF)]
    pub git_ref: Option<String>,
    #[command(flatten)]
    pub resources: ResourceArgs,
    #[arg(long, help = help::NO_WAIT)]
    pub no_wait: bool,
    #[arg(long, help = help::DISCARD_DATA)]
    pub discard_data: bool,
}

/// `havre rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    #[arg(help = help::NAME)]
    pub name: String,
    #[arg(value_name = "vK", help = help::ROLLBACK_TO)]
    pub to: Option<domain::Version>,
    #[arg(long, help = help::NO_WAIT)]
    pub no_wait: bool,
    #[arg(long, help = help::DISCARD_DATA)]
    pub discard_data: bool,
}

/// `havre list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(value_name = "PREFIX", help = help::LIST_Q)]
    pub q: Option<String>,
    #[arg(long, value_name = "S", help = help::LIST_STATUS)]
    pub status: Option<String>,
    #[arg(long = "type", value_name = "lxc|vm", help = help::LIST_TYPE)]
    pub kind: Option<String>,
    #[arg(long, value_name = "F", help = help::LIST_FRAMEWORK)]
    pub framework: Option<String>,
    #[arg(long, value_name = "T", help = help::LIST_TAG)]
    pub tag: Option<String>,
    #[arg(long, value_name = "U", help = help::LIST_USER)]
    pub user: Option<String>,
    #[arg(long, help = help::DELETED)]
    pub deleted: bool,
    #[arg(long, value_name = "[-]created_at|name|status", allow_hyphen_values = true, help = help::LIST_SORT)]
    pub sort: Option<String>,
    #[arg(long, value_name = "N", conflicts_with = "all", help = help::LIST_PAGE)]
    pub page: Option<u32>,
    #[arg(long, value_name = "N", help = help::LIST_PER_PAGE)]
    pub per_page: Option<u32>,
    #[arg(long, help = help::LIST_ALL)]
    pub all: bool,
}

/// `havre tag`.
#[derive(Debug, Subcommand)]
pub enum TagCommand {
    #[command(about = help::TAG_LIST)]
    List(NameArgs),
    #[command(about = help::TAG_ADD)]
    Add(TagArgs),
    #[command(about = help::TAG_REMOVE)]
    Remove(TagArgs),
    #[command(about = help::TAG_SET)]
    Set {
        #[arg(help = help::NAME)]
        name: String,
        #[arg(value_name = "T", help = help::TAG_NONE)]
        tags: Vec<String>,
    },
}

/// `havre tag add` and `remove`.
#[derive(Debug, Args)]
pub struct TagArgs {
    #[arg(help = help::NAME)]
    pub name: String,
    #[arg(value_name = "T", required = true, help = help::TAG)]
    pub tags: Vec<String>,
}

/// `havre env`.
#[derive(Debug, Subcommand)]
pub enum EnvCommand {
    #[command(about = help::ENV_LIST)]
    List {
        #[arg(help = help::NAME)]
        name: String,
        #[arg(long, help = help::REVEAL)]
        show: bool,
    },
    #[command(about = help::ENV_GET)]
    Get {
        #[arg(help = help::NAME)]
        name: String,
        #[arg(value_name = "K", help = help::ENV_KEY)]
        key: String,
        #[arg(long, help = help::REVEAL)]
        show: bool,
    },
    #[command(about = help::ENV_SET)]
    Set {
        #[arg(help = help::NAME)]
        name: String,
        #[arg(value_name = "K=V", required = true, help = help::ENV_PAIR)]
        pairs: Vec<String>,
        #[arg(long, help = help::NO_WAIT)]
        no_wait: bool,
    },
    #[command(about = help::ENV_UNSET)]
    Unset {
        #[arg(help = help::NAME)]
        name: String,
        #[arg(value_name = "K", required = true, help = help::ENV_KEY)]
        keys: Vec<String>,
        #[arg(long, help = help::NO_WAIT)]
        no_wait: bool,
    },
}

/// `havre logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    #[arg(help = help::NAME)]
    pub name: String,
    #[arg(short = 'f', long, help = help::FOLLOW)]
    pub follow: bool,
    #[arg(long, help = help::BUILD)]
    pub build: bool,
    #[arg(long, value_name = "K", help = help::RELEASE)]
    pub release: Option<domain::Version>,
    #[arg(long, value_name = "T", help = help::SINCE)]
    pub since: Option<String>,
    #[arg(short = 'n', long = "lines", value_name = "K", help = help::LINES)]
    pub lines: Option<u32>,
}

/// `havre open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    #[arg(help = help::NAME)]
    pub name: String,
    #[arg(long, help = help::PRINT)]
    pub print: bool,
}

/// `havre destroy`.
#[derive(Debug, Args)]
pub struct DestroyArgs {
    #[arg(help = help::NAME)]
    pub name: String,
    #[arg(long, help = help::YES)]
    pub yes: bool,
}
