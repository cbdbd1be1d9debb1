//! `mysql://` and `mariadb://`, with the parameters of PyMySQL and mysqlclient that matter here.

use super::parts::Parts;
use super::query::Query;
use super::server::os_user;
use super::{BadTarget, Place, ServerTarget, Tls, TlsMode};
use crate::text;

const KNOWN: &[&str] = &[
    "charset",
    "connect_timeout",
    "ssl",
    "ssl_ca",
    "ssl_cert",
    "ssl_check_hostname",
    "ssl_disabled",
    "ssl_key",
    "ssl_mode",
    "ssl_verify_cert",
    "ssl_verify_identity",
    "unix_socket",
    "use_unicode",
];

const PORT: u16 = 3306;

/// The user of this process where none is named, as in PyMySQL.
pub(super) fn target(parts: Parts) -> Result<ServerTarget, BadTarget> {
    let query = Query::new(parts.query, KNOWN)?;
    let set = |part: Option<String>| part.filter(|part| !part.is_empty());
    plain_words(&query)?;
    let place = match query.file("unix_socket") {
        Some(path) => Place::Socket { path, port: PORT },
        None => {
            let host = set(parts.host);
            let host = host.as_deref().unwrap_or("localhost");
            Place::tcp(host, parts.port.unwrap_or(PORT))?
        }
    };
    Ok(ServerTarget {
        tls: match place {
            Place::Socket { .. } => Tls::never(),
            Place::Tcp { .. } => tls(&query)?,
        },
        user: set(parts.user).map_or_else(os_user, Ok)?,
        password: parts.password,
        place,
        database: set(parts.database).ok_or(BadTarget::NoDatabase)?,
        connect_timeout: query.seconds("connect_timeout")?,
        application: text::APPLICATION.to_owned(),
        settings: Vec::new(),
    })
}

/// Text is always sent as utf8mb4: the older `utf8` holds less, and any other would lose letters.
fn plain_words(query: &Query) -> Result<(), BadTarget> {
    query.read("charset", text::UTF8MB4, |value| {
        matches!(
            value.to_ascii_lowercase().as_str(),
            "utf8mb4" | "utf8" | "utf8mb3"
        )
        .then_some(())
    })?;
    match query.flag("use_unicode")? {
        Some(false) => Err(BadTarget::Value("use_unicode".into(), text::UTF8MB4)),
        _ => Ok(()),
    }
}

fn tls(query: &Query) -> Result<Tls, BadTarget> {
    let ca = query.file("ssl_ca");
    let own = Tls::own(query, "ssl_cert", "ssl_key")?;
    let name = query
        .flag("ssl_verify_identity")?
        .or(query.flag("ssl_check_hostname")?);
    let verify = query.flag("ssl_verify_cert")?;
    let word = query.read("ssl_mode", text::MYSQL_SSL_MODE, mode)?;
    let off = query.flag("ssl_disabled")? == Some(true) || query.flag("ssl")? == Some(false);
    let on = query.flag("ssl")? == Some(true) || own.is_some();
    let mode = match word {
        _ if off && (word.is_some_and(|word| word != TlsMode::Disable) || ca.is_some() || on) => {
            return Err(BadTarget::Value("ssl".into(), text::TLS_BOTH));
        }
        _ if off => TlsMode::Disable,
        Some(word) => word,
        // PyMySQL checks certificate and name as soon as it knows an authority.
        None if ca.is_some() && verify != Some(false) => match name {
            Some(false) => TlsMode::VerifyCa,
            _ => TlsMode::VerifyFull,
        },
        None if name == Some(true) => TlsMode::VerifyFull,
        None if verify == Some(true) => TlsMode::VerifyCa,
        None if on || ca.is_some() => TlsMode::Require,
        None => TlsMode::Prefer,
    };
    Ok(Tls { mode, ca, own })
}

/// A word of MySQL.
fn mode(word: &str) -> Option<TlsMode> {
    Some(match word.to_ascii_uppercase().as_str() {
        "DISABLED" => TlsMode::Disable,
        "PREFERRED" => TlsMode::Prefer,
        "REQUIRED" => TlsMode::Require,
        "VERIFY_CA" => TlsMode::VerifyCa,
        "VERIFY_IDENTITY" => TlsMode::VerifyFull,
        _ => return None,
    })
}
