//! The first TCP connection of the way.

use std::io;

use tokio::net::TcpStream;

use crate::error::Unreachable;
use crate::target::{Host, Target};

pub(super) async fn dial(target: &Target) -> Result<TcpStream, Unreachable> {
    let port = target.port;
    let stream = match &target.host {
        Host::Ip(ip) => TcpStream::connect((*ip, port)).await,
        Host::Name(name) => {
            let found = tokio::net::lookup_host((name.as_str(), port)).await;
            let addresses: Vec<_> = found.map_err(|_| Unreachable::Name)?.collect();
            if addresses.is_empty() {
                return Err(Unreachable::Name);
            }
            TcpStream::connect(&addresses[..]).await
        }
    };
    let stream = stream.map_err(|e| sort(&e, target))?;
    stream.set_nodelay(true).map_err(|e| sort(&e, target))?;
    Ok(stream)
}

fn sort(error: &io::Error, target: &Target) -> Unreachable {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Unreachable::Refused,
        io::ErrorKind::TimedOut => Unreachable::TimedOut(target.timeouts.connect),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Unreachable::NoRoute,
        io::ErrorKind::ConnectionReset => Unreachable::Closed,
        _ => Unreachable::Other(error.to_string()),
    }
}
