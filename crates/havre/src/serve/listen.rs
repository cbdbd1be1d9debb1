//! The address of the API.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::exit::{Exit, Fault};
use crate::text;

/// Refuses an address that other machines could reach: there are no logins yet.
pub fn loopback_only(listen: SocketAddr) -> Result<(), Fault> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    Err(Fault::new(Exit::BadInput, text::not_loopback(listen)).cure(text::LOOPBACK_ONLY_CURE))
}

/// Listens, or says who may be in the way.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Fault> {
    TcpListener::bind(address).await.map_err(|error| {
        Fault::new(
            Exit::BadInput,
            text::cannot_listen(address, &error.to_string()),
        )
        .cure(text::CANNOT_LISTEN_CURE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        for good in ["127.0.0.1:5000", "127.1.2.3:1", "[::1]:5000"] {
            assert!(loopback_only(good.parse().unwrap()).is_ok(), "{good}");
        }
        for bad in [
            "0.0.0.0:5000",
            "[::]:5000",
            "192.168.1.1:80",
            "[::ffff:127.0.0.1]:1",
        ] {
            let fault = loopback_only(bad.parse().unwrap()).unwrap_err();
            assert_eq!(fault.exit, Exit::BadInput);
            assert!(fault.what.contains(text::LOOPBACK_ONLY));
        }
    }
}
