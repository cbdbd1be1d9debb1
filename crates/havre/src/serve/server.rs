//! What the HTTP server is told.

use std::collections::BTreeMap;

use api::FrameworkObject;
use server::ServerConfig;

use crate::config::{LocalGit, Settings};

/// The server's own settings.
pub fn config(settings: &Settings) -> ServerConfig {
    ServerConfig {
        listen: settings.listen,
        hosts: Vec::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        frameworks: frameworks(),
        local_git: settings.local_git != LocalGit::None,
    }
}

/// Every framework that is known: the original's list with what Havre adds. One that cannot be run yet is refused by
/// detection, with words.
fn frameworks() -> BTreeMap<String, FrameworkObject> {
    let shown = |info: detect::FrameworkInfo| {
        let object = FrameworkObject {
            name: info.name.to_owned(),
            language: info.language.to_owned(),
            version: info.version.to_owned(),
            port: info.port,
            install_cmd: info.install_cmd.to_owned(),
        };
        (info.key.to_owned(), object)
    };
    detect::frameworks().into_iter().map(shown).collect()
}
