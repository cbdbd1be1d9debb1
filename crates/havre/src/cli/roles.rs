//! Arguments of the roles that run: the server, the gateway, the demo.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::text::help;

/// `havre serve`. Text, not parsed values: the same parser judges flags, environment and files, and names which it was.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    #[arg(long, value_name = "ADDR", help = help::LISTEN)]
    pub listen: Option<String>,
    #[arg(long, value_name = "ADDR", help = help::GATEWAY_ADDR)]
    pub gateway: Option<String>,
    #[arg(long, value_name = "DIR", help = help::DATA_DIR)]
    pub data_dir: Option<String>,
}

/// `havre gateway`.
#[derive(Debug, Args)]
pub struct GatewayArgs {
    #[arg(long, value_name = "ADDR", help = help::GATEWAY_LISTEN)]
    pub listen: SocketAddr,
    #[arg(long, value_name = "SOCKET", help = help::GATEWAY_CONTROL)]
    pub control: PathBuf,
    #[arg(long, value_name = "FILE", help = help::GATEWAY_STATE)]
    pub state: PathBuf,
    #[arg(long, default_value = "localhost", value_name = "DOMAIN", help = help::GATEWAY_DOMAIN)]
    pub base_domain: String,
    /// Begins a session of its own: set by `serve`, so that no signal of its terminal ends the gateway.
    #[arg(long, hide = true)]
    pub detached: bool,
}

/// `havre demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    #[arg(long, help = help::DEMO_ONCE)]
    pub once: bool,
    #[arg(long, help = help::DEMO_KEEP)]
    pub keep: bool,
}
