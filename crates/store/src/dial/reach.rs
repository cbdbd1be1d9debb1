//! The way to a server, before anything is said on it: each thing that can be wrong on it is looked at by itself, since
//! the driver's errors do not tell them apart.

use std::io::ErrorKind;

use super::DialKind;
use crate::target::{Place, ServerTarget, TlsMode};

/// Resolves the host and reads the files of the TLS settings.
pub(super) async fn look(target: &ServerTarget) -> Result<(), DialKind> {
    if let Place::Tcp { host, port } = &target.place {
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        if found.is_err() {
            return Err(DialKind::UnknownHost(host.clone()));
        }
    }
    let own = target
        .tls
        .own
        .iter()
        .flat_map(|(certificate, key)| [certificate, key]);
    for file in target.tls.ca.iter().chain(own) {
        let read = tokio::fs::read(file).await;
        if read.is_ok_and(|content| !content.is_empty()) {
            continue;
        }
        return Err(DialKind::TlsFile(file.clone()));
    }
    Ok(())
}

/// The ways to try, in turn, for how much TLS is asked.
pub(super) fn ways(asked: TlsMode) -> &'static [TlsMode] {
    match asked {
        TlsMode::Disable => &[TlsMode::Disable],
        TlsMode::Allow => &[TlsMode::Disable, TlsMode::Require],
        TlsMode::Prefer => &[TlsMode::Prefer, TlsMode::Disable],
        TlsMode::Require => &[TlsMode::Require],
        TlsMode::VerifyCa => &[TlsMode::VerifyCa],
        TlsMode::VerifyFull => &[TlsMode::VerifyFull],
    }
}

/// True when the next way may get further than the one that ended like this.
pub(super) fn may_help(next: TlsMode, ended: &DialKind) -> bool {
    match (next, ended) {
        (_, DialKind::NotAdmitted) => true,
        // The server's TLS is of no use: what was only preferred is left out.
        (TlsMode::Disable, DialKind::TlsFailed | DialKind::BadCertificate) => true,
        // MySQL says "wrong password" to a user who must use TLS and does not.
        (
            TlsMode::Require,
            DialKind::TlsRequired | DialKind::NeedsTls | DialKind::WrongPassword,
        ) => true,
        _ => false,
    }
}

/// What is in the way, by what the system says.
pub(super) fn of_io(error: &std::io::Error, place: Option<&Place>) -> DialKind {
    let socket = match place {
        Some(Place::Socket { path, .. }) => Some(path.clone()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::ConnectionRefused => DialKind::Refused,
        ErrorKind::NotFound => socket.map_or(DialKind::Other, DialKind::NoSocket),
        ErrorKind::PermissionDenied => socket.map_or(DialKind::Other, DialKind::NoAccess),
        ErrorKind::TimedOut => DialKind::TimedOut,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => DialKind::Dropped,
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => DialKind::Unreachable,
        ErrorKind::StorageFull => DialKind::DiskFull,
        ErrorKind::ReadOnlyFilesystem => DialKind::ReadOnly,
        // The TLS library's errors come this way.
        ErrorKind::InvalidData if error.to_string().contains("certificate") => {
            DialKind::BadCertificate
        }
        ErrorKind::InvalidData => DialKind::TlsFailed,
        _ => DialKind::Other,
    }
}
