//! What all requests of one client connection share.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::HeaderValue;
use tokio::sync::OwnedSemaphorePermit;

use crate::client_io::ClientWatch;
use crate::headers;
use crate::hook::HookSlot;
use crate::host::{BadHost, Host};
use crate::listener::Shared;

/// One client connection, as its requests see it.
pub struct Client {
    /// The gateway.
    pub shared: Arc<Shared>,
    /// Its hook; lives as long as anything of the connection, a WebSocket included.
    pub slot: HookSlot,
    /// Its share of the connections.
    _permit: OwnedSemaphorePermit,
    /// What its socket and its requests tell each other.
    pub watch: Arc<ClientWatch>,
    address: IpAddr,
    /// Its address as a header.
    pub address_value: HeaderValue,
    /// What was made from the last `Host`: clients nearly always send the same one again.
    last: Mutex<Option<Arc<Known>>>,
}

/// A host, and the headers made from it.
pub struct Known {
    /// The host.
    pub host: Host,
    /// The whole `Forwarded` header.
    pub forwarded: HeaderValue,
}

impl Client {
    /// A client at this address.
    pub fn new(
        shared: Arc<Shared>,
        slot: HookSlot,
        permit: OwnedSemaphorePermit,
        watch: Arc<ClientWatch>,
        peer: SocketAddr,
    ) -> Self {
        let address = peer.ip().to_canonical();
        let address_value = HeaderValue::try_from(address.to_string())
            .unwrap_or(HeaderValue::from_static("unknown"));
        Self {
            shared,
            slot,
            _permit: permit,
            watch,
            address,
            address_value,
            last: Mutex::default(),
        }
    }

    /// The host of these bytes, and what follows from it.
    pub fn known(&self, raw: &[u8]) -> Result<Arc<Known>, BadHost> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*last
            && known.host.is_made_from(raw)
        {
            return Ok(Arc::clone(known));
        }
        let host = Host::parse(raw)?;
        let forwarded = headers::forwarded(self.address, &host);
        let known = Arc::new(Known { host, forwarded });
        *last = Some(Arc::clone(&known));
        Ok(known)
    }
}
