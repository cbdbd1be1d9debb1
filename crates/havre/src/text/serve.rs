//! What the roles say that run: server, gateway, static file server.

use std::net::SocketAddr;
use std::path::Path;

use store::DatabaseTarget;

use crate::config::Settings;

pub const STATIC_NOT_FOUND: &str = "404: there is no such page.\n";
pub const LOOPBACK_ONLY: &str = "Loopback only until logins exist";
pub const LOOPBACK_ONLY_CURE: &str = "Listen on 127.0.0.1 or [::1]; reach it from elsewhere through an SSH tunnel: ssh -L 5000:127.0.0.1:5000 HOST.";
pub const STOPPING: &str = "Stopping: apps and gateway go on. Once more to stop at once.";

pub fn static_serves(dir: &Path, listen: SocketAddr) -> String {
    format!("serving {} on {listen}", dir.display())
}

pub fn static_failed(why: &str) -> String {
    format!("the static file server cannot run: {why}")
}

pub fn not_loopback(listen: SocketAddr) -> String {
    format!("{LOOPBACK_ONLY}: {listen} could be reached from other machines.")
}

pub fn data_dir_broken(dir: &Path, why: &str) -> String {
    format!("The data folder {} cannot be used: {why}.", dir.display())
}

pub fn data_dir_cure(dir: &Path) -> String {
    format!(
        "Make it writable for this user, or name another one with --data-dir or HAVRE_DATA_DIR (now {}).",
        dir.display()
    )
}

pub fn data_dir_taken(dir: &Path) -> String {
    format!(
        "Another server already uses the data folder {}.",
        dir.display()
    )
}

pub const DATA_DIR_TAKEN_CURE: &str =
    "Stop that one, or give this one a folder of its own with --data-dir.";

pub fn bad_place(path: &Path) -> String {
    format!(
        "{} holds no id. It says which deployments of the database live in this data folder.",
        path.display()
    )
}

pub const BAD_PLACE_CURE: &str = "Put the file back from a backup. Only if there is none, and no other server uses the \
    database, remove it: a new one is made, and deployments of an SQLite database come along.";

pub fn cannot_listen(address: SocketAddr, why: &str) -> String {
    format!("{address} cannot be listened on: {why}.")
}

pub const CANNOT_LISTEN_CURE: &str =
    "Find who holds it with `ss -ltnp`, or choose another address with --listen or HAVRE_LISTEN.";

pub fn gateway_address_taken(address: SocketAddr) -> String {
    format!("Another program already listens on the gateway's address {address}.")
}

pub const GATEWAY_ADDRESS_CURE: &str =
    "Find who holds it with `ss -ltnp`, or choose another address with --gateway or HAVRE_GATEWAY.";

pub fn gateway_does_not_come(log: &Path) -> String {
    format!(
        "The gateway does not come up. Its log is {}.",
        log.display()
    )
}

pub fn deploys_how(settings: &Settings, data_dir: &Path) -> String {
    let port = match settings.gateway.port() {
        80 => String::new(),
        port => format!(":{port}"),
    };
    format!(
        "\
Havre {} is ready.
  API and pages  http://{}
  Apps           http://NAME.{}{port}
  Data           {}
  Database       {}
Deploy something:
  havre deploy https://github.com/OWNER/REPO --name my-app",
        env!("CARGO_PKG_VERSION"),
        settings.listen,
        settings.base_domain,
        data_dir.display(),
        serves_database(settings)
    )
}

fn serves_database(settings: &Settings) -> String {
    let origin = &settings.database_origin;
    match settings.database() {
        Ok(DatabaseTarget::Memory) => {
            format!("in memory, gone when the server stops (from: {origin})")
        }
        Ok(target) => format!("{target} (from: {origin})"),
        Err(_) => origin.clone(),
    }
}

pub fn no_exe(why: &str) -> String {
    format!("Havre cannot find its own binary, which it starts gateway and guests with: {why}.")
}

pub fn server_broke(why: &str) -> String {
    format!("The server cannot take connections any more: {why}.")
}

pub fn cannot_start(why: &str) -> String {
    format!("The engine cannot start: {why}.")
}

pub fn no_randomness(why: &str) -> String {
    format!("The system gives no randomness: {why}.")
}

pub fn no_runtime(why: &str) -> String {
    format!("The machine gives no threads or files to run with: {why}.")
}
