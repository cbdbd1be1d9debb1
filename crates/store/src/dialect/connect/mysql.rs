//! MySQL and MariaDB.

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use super::PREPARED;
use crate::target::{Place, ServerTarget, TlsMode};

/// A connection with this much TLS. The time zone is UTC, text is utf8mb4 and compared bytewise where no column says
/// otherwise.
pub(crate) fn mysql(target: &ServerTarget, tls: TlsMode) -> MySqlConnectOptions {
    let options = MySqlConnectOptions::new()
        .username(&target.user)
        .database(&target.database)
        .charset("utf8mb4")
        .collation("utf8mb4_bin")
        .statement_cache_capacity(PREPARED)
        .ssl_mode(mode(tls));
    let options = match &target.place {
        Place::Tcp { host, port } => options.host(host).port(*port),
        Place::Socket { path, .. } => options.socket(path),
    };
    let options = match &target.password {
        Some(password) => options.password(password.expose()),
        None => options,
    };
    let options = match &target.tls.ca {
        Some(ca) => options.ssl_ca(ca),
        None => options,
    };
    match &target.tls.own {
        Some((certificate, key)) => options.ssl_client_cert(certificate).ssl_client_key(key),
        None => options,
    }
}

fn mode(tls: TlsMode) -> MySqlSslMode {
    match tls {
        TlsMode::Disable | TlsMode::Allow => MySqlSslMode::Disabled,
        TlsMode::Prefer => MySqlSslMode::Preferred,
        TlsMode::Require => MySqlSslMode::Required,
        TlsMode::VerifyCa => MySqlSslMode::VerifyCa,
        TlsMode::VerifyFull => MySqlSslMode::VerifyIdentity,
    }
}
