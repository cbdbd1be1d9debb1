//! Settings of the server: flags, environment, `.env`, `havre.toml`, in that order.

mod dot_env;
mod layers;
mod parse;
mod proxmox;
mod settings;
mod show;
mod table;

pub use layers::{DotEnv, Layers, World};
pub use proxmox::ProxmoxGiven;
pub use settings::{LocalGit, Settings, flags};
pub use show::show;
pub use table::SETTINGS;

use crate::exit::Fault;

/// The server that the command line talks to. `.env` is not read: a client may be used in anybody's folder.
pub fn server_url(flag: Option<String>) -> Result<String, Fault> {
    let world = World::of_this_process();
    let layers = Layers::read(&world, &[("url", flag)], DotEnv::Skip)?;
    let listen = || {
        layers
            .get("listen")
            .unwrap_or_else(|| "127.0.0.1:5000".to_owned())
    };
    Ok(layers
        .get("url")
        .unwrap_or_else(|| format!("http://{}", listen())))
}
