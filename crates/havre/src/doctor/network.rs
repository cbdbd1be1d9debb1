//! Ports and names.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use super::check::Check;
use crate::text;

/// Whether an address can be listened on. One that is held by our own server is no fault; the caller knows.
pub fn port(name: &'static str, address: SocketAddr, ours: bool, variable: &str) -> Check {
    if ours {
        return Check::ok(name, text::port_ours(address));
    }
    match TcpListener::bind(address) {
        Ok(_) => Check::ok(name, text::port_free(address)),
        Err(error) => Check::fail(
            name,
            text::cannot_listen(address, &error.to_string()),
            text::port_cure(variable),
        ),
    }
}

/// Whether programs of this machine find `NAME.localhost`. Browsers know it by themselves, curl too.
pub fn resolver(base_domain: &str) -> Check {
    let name = format!("havre-doctor.{base_domain}");
    let found = (name.as_str(), 80).to_socket_addrs();
    let found: Vec<SocketAddr> = found.map(Iterator::collect).unwrap_or_default();
    if found.is_empty() {
        return Check::warn(
            "names",
            text::name_unknown(base_domain),
            text::name_cure(base_domain),
        );
    }
    if base_domain == "localhost" && !found.iter().all(|address| address.ip().is_loopback()) {
        return Check::warn(
            "names",
            text::name_elsewhere(base_domain),
            text::name_cure(base_domain),
        );
    }
    Check::ok("names", text::name_known(base_domain))
}
