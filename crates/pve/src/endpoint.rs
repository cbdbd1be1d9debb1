//! Where a cluster is, how it is trusted and who asks.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::error::{Error, Kind, Result};
use crate::names::{TokenId, UserId};
use crate::text;

/// One way into a cluster.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address, as `https://pve1.example:8006`; a path in front of `/api2/json` is kept.
    pub url: BaseUrl,
    /// Who asks.
    pub auth: Auth,
    /// Which server is trusted.
    pub tls: Tls,
    /// Bounds of time, size and number.
    pub limits: Limits,
    /// Where the jitter of the back-off begins; any number, best another one in each process.
    pub seed: u64,
}

/// Who asks. Secrets are never shown.
#[derive(Debug, Clone)]
pub enum Auth {
    /// An API token.
    Token {
        /// `user@realm!name`.
        id: TokenId,
        /// The UUID that was shown when it was made.
        secret: SecretString,
    },
    /// A user with a password: a ticket is asked for and renewed. A fallback, see [`crate::Client::warnings`].
    Password {
        /// `user@realm`.
        user: UserId,
        /// The password.
        password: SecretString,
    },
}

/// Which server is trusted.
#[derive(Debug, Clone)]
pub enum Tls {
    /// The server whose certificate has one of these fingerprints (each node of a cluster has its own).
    Fingerprints(Vec<Fingerprint>),
    /// A server whose certificate was signed by an authority of this PEM file, as `/etc/pve/pve-root-ca.pem`.
    CaFile(PathBuf),
    /// A server that the system's authorities vouch for.
    System,
    /// Any server at all. See [`crate::Client::warnings`].
    AcceptAny,
}

/// Bounds of time, size and number; [`Limits::default`] fits a cluster in a data centre.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For a connection and its TLS handshake.
    pub connect: Duration,
    /// For one request and its answer. More than the 30 s that a node waits for another one.
    pub request: Duration,
    /// For an upload.
    pub upload: Duration,
    /// How often one request is sent at most.
    pub attempts: u32,
    /// No further attempt begins after this long.
    pub retry_for: Duration,
    /// The first pause between attempts; doubled each time, with jitter.
    pub pause: Duration,
    /// The most bytes of an answer.
    pub answer: usize,
    /// How many requests are under way at once.
    pub at_once: usize,
    /// How many callers hold [`crate::Client::storage_turn`] of one storage at once.
    pub per_storage: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(70),
            upload: Duration::from_secs(60 * 60),
            attempts: 5,
            retry_for: Duration::from_secs(60),
            pause: Duration::from_millis(200),
            answer: 32 << 20,
            at_once: 4,
            per_storage: 1,
        }
    }
}

/// The address of a cluster: `http` or `https`, a host, no user, query or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The address without `/api2/json`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether the way there is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host of it.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    /// Takes the address as people copy it: without a scheme, with a slash at the end, with `/api2/json` or the page's `#`.
    fn from_str(given: &str) -> Result<BaseUrl> {
        let bad =
            || Error::new(Kind::BadParameters, text::no_base_url(given)).with_nothing_done(true);
        let given = given.trim();
        let with_scheme = if given.contains("://") {
            given.to_owned()
        } else {
            format!("https://{given}")
        };
        let mut url = Url::parse(&with_scheme).map_err(|_| bad())?;
        let sound = matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none();
        if !sound {
            return Err(bad());
        }
        url.set_fragment(None);
        let path = url
            .path()
            .trim_end_matches('/')
            .trim_end_matches("/api2/json")
            .trim_end_matches('/')
            .to_owned();
        url.set_path(&path);
        Ok(BaseUrl(url))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The SHA-256 of a certificate, written as PVE does: `AA:BB:…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Fingerprint {
        use sha2::{Digest, Sha256};
        Fingerprint(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = Error;

    fn from_str(given: &str) -> Result<Fingerprint> {
        let plain: String = given.trim().chars().filter(|c| *c != ':').collect();
        let mut bytes = [0; 32];
        match hex::decode_to_slice(&plain, &mut bytes) {
            Ok(()) => Ok(Fingerprint(bytes)),
            Err(_) => Err(Error::new(Kind::BadParameters, text::no_fingerprint(given))
                .with_nothing_done(true)),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        f.write_str(&parts.join(":"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
