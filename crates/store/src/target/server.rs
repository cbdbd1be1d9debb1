//! A database that a server holds.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::query::Query;
use super::{BadTarget, Password};
use crate::text;

/// What must be encoded to be read back as it was.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A host name or address (IPv6 without brackets) and a port.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// A Unix socket: for PostgreSQL its folder and the port that its name ends with, for MySQL the socket itself.
    Socket {
        /// Folder or socket.
        path: PathBuf,
        /// The port in the name of PostgreSQL's socket.
        port: u16,
    },
}

impl Place {
    /// A host that is one: a name, an IPv4 or an IPv6 address.
    pub(super) fn tcp(host: &str, port: u16) -> Result<Self, BadTarget> {
        let address = host.split('%').next().unwrap_or(host);
        let is_v6 = address.parse::<std::net::Ipv6Addr>().is_ok();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let is_name = (1..=253).contains(&host.len()) && host.bytes().all(plain);
        if !is_v6 && !is_name {
            return Err(BadTarget::Host);
        }
        Ok(Self::Tcp {
            host: host.to_owned(),
            port,
        })
    }
}

/// How much TLS is asked for: libpq's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// Only when the server insists.
    Allow,
    /// When the server offers it.
    Prefer,
    /// Always; the certificate is not looked at.
    Require,
    /// Always, with a certificate that a known authority signed.
    VerifyCa,
    /// The same, for this very host.
    VerifyFull,
}

/// TLS of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// How much.
    pub mode: TlsMode,
    /// Authorities besides those of the system.
    pub ca: Option<PathBuf>,
    /// Our own certificate and its key.
    pub own: Option<(PathBuf, PathBuf)>,
}

impl Tls {
    /// No TLS.
    pub(super) fn never() -> Self {
        Self {
            mode: TlsMode::Disable,
            ca: None,
            own: None,
        }
    }

    /// Our own certificate and its key, which come together.
    pub(super) fn own(
        query: &Query,
        certificate: &str,
        key: &str,
    ) -> Result<Option<(PathBuf, PathBuf)>, BadTarget> {
        match (query.file(certificate), query.file(key)) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            _ => Err(BadTarget::Value(key.to_owned(), text::TLS_PAIR)),
        }
    }
}

/// The user of this process: who connects when nobody is named.
pub(super) fn os_user() -> Result<String, BadTarget> {
    let found = nix::unistd::User::from_uid(nix::unistd::geteuid());
    let user = found.ok().flatten().map(|user| user.name);
    user.ok_or(BadTarget::Characters("user"))
}

/// A database on a server. `Display` and `Debug` show no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTarget {
    /// Who connects.
    pub user: String,
    /// With which password.
    pub password: Option<Password>,
    /// Where to.
    pub place: Place,
    /// Which database.
    pub database: String,
    /// Over what.
    pub tls: Tls,
    /// How long connecting may take, where the URL says so.
    pub connect_timeout: Option<Duration>,
    /// What the connection is called in the server's lists.
    pub application: String,
    /// Settings of the session (PostgreSQL's `options`).
    pub settings: Vec<(String, String)>,
}

impl ServerTarget {
    /// As a URL without a password: what is printed.
    pub(super) fn show(&self, scheme: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = utf8_percent_encode(&self.user, ENCODED);
        let database = utf8_percent_encode(&self.database, ENCODED);
        write!(f, "{scheme}://{user}@")?;
        match &self.place {
            Place::Tcp { host, port } if host.contains(':') => {
                write!(f, "[{host}]:{port}/{database}")
            }
            Place::Tcp { host, port } => write!(f, "{host}:{port}/{database}"),
            Place::Socket { path, port } => {
                let path = path.to_string_lossy();
                let path = utf8_percent_encode(&path, ENCODED)
                    .to_string()
                    .replace("%2F", "/");
                match scheme {
                    "mysql" => write!(f, "/{database}?unix_socket={path}"),
                    _ => write!(f, "/{database}?host={path}&port={port}"),
                }
            }
        }
    }
}
