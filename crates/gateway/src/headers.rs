//! Header rules between client and guest: what belongs to one connection stays on it, and what tells where a request
//! came from is said by the gateway alone.

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::host::Host;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the client asked for with headers that are taken off.
pub struct Asked {
    /// The protocol it wants to switch to.
    pub upgrade: Option<HeaderValue>,
    /// It reads trailers.
    pub trailers: bool,
}

/// Turns a client's headers into those that a guest gets. `stream` is true when the body has no known length.
pub fn to_guest(headers: &mut HeaderMap, host: &Host, client: &Client<'_>, stream: bool) -> Asked {
    let asked = Asked {
        upgrade: wanted_upgrade(headers),
        trailers: lists(headers, &TE, "trailers"),
    };
    strip_hop_by_hop(headers);
    if !stream {
        headers.remove(TRAILER);
    }
    headers.remove(EXPECT);
    strip_claims(headers);
    headers.insert(HOST, host.value.clone());
    headers.insert(X_FORWARDED_FOR, client.address.clone());
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    headers.insert(X_FORWARDED_HOST, host.value.clone());
    headers.insert(X_FORWARDED_PORT, host.port.clone());
    headers.insert(FORWARDED, client.forwarded.clone());
    if stream {
        // Without it hyper sends no body with a GET.
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    if let Some(protocol) = &asked.upgrade {
        switch(headers, protocol.clone());
    }
    asked
}

/// Who the client is, as headers.
pub struct Client<'a> {
    /// Its address.
    pub address: &'a HeaderValue,
    /// The whole `Forwarded` header.
    pub forwarded: &'a HeaderValue,
}

/// The `Forwarded` header of a request of this address for this host.
pub fn forwarded(address: std::net::IpAddr, host: &Host) -> HeaderValue {
    let node = match address {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("\"[{address}]\""),
    };
    let shown = host.value.to_str().unwrap_or_default();
    HeaderValue::try_from(format!("for={node};host=\"{shown}\";proto=http"))
        .unwrap_or(HeaderValue::from_static("proto=http"))
}

/// Turns a guest's headers into those that a client gets. `known` is the length of the body where it is known and the
/// answer has one; `trailers` whether the client reads trailers.
pub fn to_client(headers: &mut HeaderMap, known: Option<u64>, trailers: bool) {
    if headers.contains_key(TRANSFER_ENCODING) {
        // Where both are there the encoding counts (RFC 9112, 6.3); passing on the length would be a lie.
        headers.remove(CONTENT_LENGTH);
    } else if headers.get_all(CONTENT_LENGTH).iter().nth(1).is_some() {
        let first = headers.get(CONTENT_LENGTH).cloned();
        let one = known.map(HeaderValue::from).or(first);
        if let Some(length) = one {
            headers.insert(CONTENT_LENGTH, length);
        }
    }
    strip_hop_by_hop(headers);
    for name in [KEEP_ALIVE, PROXY_CONNECTION, PROXY_AUTHENTICATE] {
        headers.remove(name);
    }
    if !trailers {
        headers.remove(TRAILER);
    }
}

/// The headers of a switch to another protocol.
pub fn switch(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

/// Takes the switch back.
pub fn no_switch(headers: &mut HeaderMap) {
    headers.remove(CONNECTION);
    headers.remove(UPGRADE);
}

/// The protocol that a client wants to switch to. HTTP/2 in clear text is never passed on: it would open a tunnel past
/// all of the rules here.
fn wanted_upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut all = headers.get_all(UPGRADE).iter();
    let (Some(protocol), None) = (all.next(), all.next()) else {
        return None;
    };
    let text = protocol.to_str().ok()?;
    let http = text.split(',').any(|part| {
        let part = part.trim();
        part.eq_ignore_ascii_case("h2c")
            || part
                .get(..4)
                .is_some_and(|p| p.eq_ignore_ascii_case("http"))
    });
    (!http && lists(headers, &CONNECTION, "upgrade")).then(|| protocol.clone())
}

/// True when a comma-separated header holds this word.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            let part = part.split(';').next().unwrap_or_default();
            part.trim().eq_ignore_ascii_case(word)
        })
}

/// False when the body is in a transfer coding other than plain `chunked`.
pub fn is_plainly_framed(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// Takes off what belongs to one connection: what `Connection` lists, and the known ones.
fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(CONNECTION) {
        strip_listed(headers);
        headers.remove(CONNECTION);
    }
    headers.remove(TE);
    headers.remove(TRANSFER_ENCODING);
    headers.remove(UPGRADE);
}

/// Takes off what `Connection` lists, but never what frames or routes the message.
fn strip_listed(headers: &mut HeaderMap) {
    let kept = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION];
    let listed: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| HeaderName::try_from(part.trim()).ok())
        .filter(|name| !kept.contains(name))
        .collect();
    for name in listed {
        headers.remove(name);
    }
}

/// Takes off every claim of a client about where its request came from, and what belongs to one connection by prefix.
fn strip_claims(headers: &mut HeaderMap) {
    let claims: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_claim(name.as_str()))
        .cloned()
        .collect();
    for name in claims {
        headers.remove(name);
    }
}

fn is_claim(name: &str) -> bool {
    if name.contains('_') {
        // CGI and WSGI read `X_Forwarded_For` as `X-Forwarded-For`.
        let dashed = name.replace('_', "-");
        return is_claim(&dashed) || FRAMING.contains(&dashed.as_str());
    }
    match name.as_bytes().first() {
        Some(b'x') => name.starts_with("x-forwarded-") || name == "x-real-ip",
        Some(b'p') => name == "proxy" || name.starts_with("proxy-"),
        Some(b'k') => name == "keep-alive",
        Some(b'f') => name == "forwarded",
        _ => false,
    }
}

const FRAMING: [&str; 5] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "content-type",
];
