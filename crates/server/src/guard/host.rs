//! The `Host` allow-list: a name that an attacker points at this address (DNS rebinding) is not one of ours.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::ServerConfig;
use crate::error::ApiError;
use crate::text;

/// The hosts under which this server may be asked, in lower case, without port.
#[derive(Clone)]
pub(crate) struct KnownHosts(Arc<BTreeSet<String>>);

impl KnownHosts {
    pub fn new(config: &ServerConfig) -> Self {
        let mut hosts: BTreeSet<String> = config
            .hosts
            .iter()
            .map(|host| normal(host).to_owned())
            .map(|host| host.to_ascii_lowercase())
            .collect();
        hosts.insert("localhost".to_owned());
        if !config.listen.ip().is_unspecified() {
            hosts.insert(config.listen.ip().to_string());
        }
        Self(Arc::new(hosts))
    }

    fn knows(&self, host: &str) -> bool {
        let host = normal(host).to_ascii_lowercase();
        let is_loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        is_loopback || self.0.contains(&host)
    }
}

/// Without the brackets of an IPv6 address and the dot of a fully qualified name.
fn normal(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    let inner = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.unwrap_or(host)
}

/// Refuses a request whose host is not one of ours.
pub(crate) async fn host(
    State(known): State<KnownHosts>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let authority = authority(request.uri(), request.headers())?;
    if known.knows(authority.host()) {
        return Ok(next.run(request).await);
    }
    let shown = text::unknown_host(authority.host());
    Err(
        ApiError::new(StatusCode::MISDIRECTED_REQUEST, "unknown_host", shown)
            .details(text::UNKNOWN_HOST_CURE),
    )
}

/// The one authority of a request. Several `Host` headers, or one that differs from an absolute URI, are refused: two
/// readers of such a request may take two different ones.
pub(crate) fn authority(uri: &Uri, headers: &HeaderMap) -> Result<Authority, ApiError> {
    let refused = || ApiError::new(StatusCode::BAD_REQUEST, "unknown_host", text::NO_HOST);
    let mut named = headers.get_all(header::HOST).iter();
    let first = named.next();
    if named.next().is_some() {
        return Err(refused());
    }
    let from_header = match first {
        Some(value) => {
            let value = value.to_str().map_err(|_| refused())?;
            Some(value.parse::<Authority>().map_err(|_| refused())?)
        }
        None => None,
    };
    match (from_header, uri.authority()) {
        (Some(host), Some(target)) if &host != target => Err(refused()),
        (Some(host), _) if !host.as_str().contains('@') => Ok(host),
        _ => Err(refused()),
    }
}
