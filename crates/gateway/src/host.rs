//! The `Host` of a request: exactly one, well formed, in one spelling.

use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Request, Version};

/// A request that names no host, several, or something that is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadHost;

/// A host as a client asked for it, with the headers that follow from it.
#[derive(Debug)]
pub struct Host {
    /// The bytes of the header it was made from.
    raw: Box<[u8]>,
    /// Lower case, without trailing dot and port.
    name: Box<str>,
    /// The `Host` that guests get: as `name`, with the port the client gave.
    pub value: HeaderValue,
    /// The port the client asked, as a header.
    pub port: HeaderValue,
}

impl Host {
    /// The host of these bytes.
    pub fn parse(raw: &[u8]) -> Result<Self, BadHost> {
        let text = std::str::from_utf8(raw).map_err(|_| BadHost)?;
        let (name, port) = split_port(text)?;
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if !is_name(&name) && !is_ipv6(&name) {
            return Err(BadHost);
        }
        let shown = port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
        Ok(Self {
            raw: raw.into(),
            name: name.into(),
            value: HeaderValue::try_from(shown).map_err(|_| BadHost)?,
            port: port.map_or(HeaderValue::from_static("80"), HeaderValue::from),
        })
    }

    /// True when it was made from these bytes.
    pub fn is_made_from(&self, raw: &[u8]) -> bool {
        *self.raw == *raw
    }

    /// Lower case, without trailing dot and port.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The label of `LABEL.base_domain`.
    pub fn label(&self, base_domain: &str) -> Option<&str> {
        let label = self.name.strip_suffix(base_domain)?.strip_suffix('.')?;
        (!label.is_empty() && !label.contains('.')).then_some(label)
    }
}

/// The bytes of the one host of a request. The target's authority wins over the header (RFC 9112, 3.2.2), but where both
/// are there and differ, guests and caches could each believe another one: that is refused.
pub fn raw_host<B>(request: &Request<B>) -> Result<&[u8], BadHost> {
    let header = single_host(request.headers())?;
    if request.uri().authority().is_some() && request.uri().scheme().is_none() {
        // `GET app.localhost`, which only CONNECT may say.
        return Err(BadHost);
    }
    match (request.uri().authority(), header) {
        (None, Some(host)) => Ok(host.as_bytes()),
        (None, None) => Err(BadHost),
        (Some(authority), Some(host)) => {
            let same = authority
                .as_str()
                .as_bytes()
                .eq_ignore_ascii_case(host.as_bytes());
            if same {
                Ok(host.as_bytes())
            } else {
                Err(BadHost)
            }
        }
        (Some(authority), None) if request.version() == Version::HTTP_10 => {
            Ok(authority.as_str().as_bytes())
        }
        (Some(_), None) => Err(BadHost),
    }
}

fn single_host(headers: &HeaderMap) -> Result<Option<&HeaderValue>, BadHost> {
    let mut all = headers.get_all(HOST).iter();
    match (all.next(), all.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(BadHost),
    }
}

/// Splits `host`, `host:port` and `[v6]:port`.
fn split_port(text: &str) -> Result<(&str, Option<u16>), BadHost> {
    let colon = match text.rfind(']') {
        Some(end) if end + 1 == text.len() => None,
        Some(end) if text[end + 1..].starts_with(':') => Some(end + 1),
        Some(_) => return Err(BadHost),
        None => text.find(':'),
    };
    let Some(colon) = colon else {
        return Ok((text, None));
    };
    let digits = &text[colon + 1..];
    if digits.is_empty() {
        return Ok((&text[..colon], None));
    }
    if digits.len() > 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadHost);
    }
    let port = digits.parse().map_err(|_| BadHost)?;
    Ok((&text[..colon], Some(port)))
}

fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn is_ipv6(name: &str) -> bool {
    let inner = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("app.localhost", "app.localhost", "80", Some("app"))]
    #[case("APP.LocalHost.:8080", "app.localhost:8080", "8080", Some("app"))]
    #[case("a.b.localhost", "a.b.localhost", "80", None)]
    #[case("localhost", "localhost", "80", None)]
    #[case(".localhost", "", "", None)]
    #[case("xlocalhost", "xlocalhost", "80", None)]
    #[case("127.0.0.1:80", "127.0.0.1:80", "80", None)]
    #[case("[::1]:8080", "[::1]:8080", "8080", None)]
    fn one_spelling(
        #[case] raw: &str,
        #[case] value: &str,
        #[case] port: &str,
        #[case] label: Option<&str>,
    ) {
        let Ok(host) = Host::parse(raw.as_bytes()) else {
            assert_eq!(value, "", "{raw} was refused");
            return;
        };
        assert_eq!(host.value, value);
        assert_eq!(host.port, port);
        assert_eq!(host.label("localhost"), label);
    }

    #[rstest]
    #[case("")]
    #[case("a b.localhost")]
    #[case("app.localhost:99999")]
    #[case("app.localhost:+80")]
    #[case("app.localhost, other")]
    #[case("user@app.localhost")]
    #[case("app.localhost/x")]
    #[case("app..localhost")]
    #[case("[::1")]
    #[case("[::1]x:1")]
    #[case("app\u{e9}.localhost")]
    fn what_is_no_host_is_refused(#[case] raw: &str) {
        assert_eq!(Host::parse(raw.as_bytes()).err(), Some(BadHost));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_the_result_is_stable(raw in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(host) = Host::parse(&raw) {
                let again = Host::parse(host.value.as_bytes()).unwrap();
                prop_assert_eq!(again.value, host.value);
            }
        }
    }
}
