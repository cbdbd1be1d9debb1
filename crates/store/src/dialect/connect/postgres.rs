//! PostgreSQL.

use std::str::FromStr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::PREPARED;
use crate::target::{Place, ServerTarget, TlsMode};

/// A connection with this much TLS. Text is UTF-8 and the time zone UTC: the driver sees to both.
pub(crate) fn postgres(target: &ServerTarget, tls: TlsMode) -> PgConnectOptions {
    let options = with_password(target)
        .username(&target.user)
        .database(&target.database)
        .application_name(&target.application)
        .statement_cache_capacity(PREPARED)
        .ssl_mode(mode(tls));
    let options = match &target.place {
        Place::Tcp { host, port } => options.host(host).port(*port),
        Place::Socket { path, port } => options.socket(path).port(*port),
    };
    let options = match &target.tls.ca {
        Some(ca) => options.ssl_root_cert(ca),
        None => options,
    };
    let options = match &target.tls.own {
        Some((certificate, key)) => options.ssl_client_cert(certificate).ssl_client_key(key),
        None => options,
    };
    match target.settings.as_slice() {
        [] => options,
        settings => options.options(settings.iter().map(|(name, value)| (name, value))),
    }
}

/// Without a password in the URL, `PGPASSWORD` and `~/.pgpass` count, as with libpq. The driver looks into that file only
/// for a URL, so it is given one without anything secret.
fn with_password(target: &ServerTarget) -> PgConnectOptions {
    if let Some(password) = &target.password {
        return PgConnectOptions::new_without_pgpass().password(password.expose());
    }
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (host, port) = match &target.place {
        Place::Tcp { host, port } => (host.as_str(), *port),
        Place::Socket { port, .. } => ("localhost", *port),
    };
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let (user, database) = (encode(&target.user), encode(&target.database));
    PgConnectOptions::from_str(&format!("postgres://{user}@{host}:{port}/{database}"))
        .unwrap_or_else(|_| PgConnectOptions::new_without_pgpass())
}

fn mode(tls: TlsMode) -> PgSslMode {
    match tls {
        TlsMode::Disable => PgSslMode::Disable,
        TlsMode::Allow => PgSslMode::Allow,
        TlsMode::Prefer => PgSslMode::Prefer,
        TlsMode::Require => PgSslMode::Require,
        TlsMode::VerifyCa => PgSslMode::VerifyCa,
        TlsMode::VerifyFull => PgSslMode::VerifyFull,
    }
}
