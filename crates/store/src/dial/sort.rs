//! An error of the driver, sorted: by codes and kinds, never by words, which servers translate.

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::room::is_full;
use super::{DialError, DialKind, reach};
use crate::target::{DatabaseTarget, Place};

/// What an error of the driver means for this target.
pub(crate) fn sorted(target: &DatabaseTarget, error: &Error) -> DialError {
    let place = match target {
        DatabaseTarget::Postgres(server) | DatabaseTarget::MySql(server) => Some(&server.place),
        _ => None,
    };
    let kind = kind_of(target, error, place);
    DialError::new(target, kind, said(error).as_deref())
}

/// What server or system said; the driver's own words mean nothing to people.
fn said(error: &Error) -> Option<String> {
    match error {
        Error::Database(database) => Some(database.message().to_owned()),
        Error::Io(error) => Some(error.to_string()),
        Error::Tls(error) => Some(error.to_string()),
        Error::Configuration(_) | Error::Protocol(_) | Error::PoolTimedOut => None,
        other => Some(other.to_string()),
    }
}

fn kind_of(target: &DatabaseTarget, error: &Error, place: Option<&Place>) -> DialKind {
    match error {
        Error::Database(database) => of_database(target, database.as_ref()),
        Error::Io(error) => reach::of_io(error, place),
        Error::Tls(error) => of_tls(&error.to_string()),
        // The driver's words: it cannot encrypt a password by itself, and refuses what it does not know.
        Error::Configuration(error) if error.to_string().contains("RSA") => DialKind::NeedsTls,
        // What SASLprep refuses, such as emoji; the server itself would take it as it is.
        Error::Configuration(error) if error.to_string().contains("saslprep") => {
            DialKind::PasswordCharacters
        }
        Error::Protocol(words) if words.contains("auth") => DialKind::AuthMethod,
        Error::Protocol(_) => DialKind::NotThatServer,
        Error::PoolTimedOut => DialKind::TimedOut,
        _ => DialKind::Other,
    }
}

fn of_tls(words: &str) -> DialKind {
    if words.contains("does not support TLS") {
        DialKind::NoTls
    } else if words.contains("certificate") {
        DialKind::BadCertificate
    } else {
        DialKind::TlsFailed
    }
}

fn of_database(target: &DatabaseTarget, error: &dyn DatabaseError) -> DialKind {
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        return of_postgres(error.code(), error.routine());
    }
    if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        return of_mysql(error.number());
    }
    let code = error.code().and_then(|code| code.parse().ok());
    of_sqlite(code.unwrap_or(0), target)
}

/// By SQLSTATE, and where that says too little, by the place in PostgreSQL's source that it names.
fn of_postgres(code: &str, routine: Option<&str>) -> DialKind {
    match (code, routine) {
        ("28P01", _) => DialKind::WrongPassword,
        ("28000", Some("InitializeSessionUserId")) => DialKind::NoSuchUser,
        ("28000", _) => DialKind::NotAdmitted,
        ("3D000", _) => DialKind::NoSuchDatabase,
        ("42501", _) => DialKind::NotAllowed,
        ("53300", _) => DialKind::TooManyConnections,
        ("53100", _) => DialKind::DiskFull,
        ("57P01" | "57P02" | "57P03", _) => DialKind::NotReady,
        ("25006", _) => DialKind::ReadOnly,
        _ => DialKind::Other,
    }
}

fn of_mysql(number: u16) -> DialKind {
    match number {
        1045 => DialKind::WrongPassword,
        1129 | 1130 => DialKind::NotAdmitted,
        1251 | 1275 | 1524 | 1698 => DialKind::AuthMethod,
        1049 => DialKind::NoSuchDatabase,
        1044 | 1142 | 1143 | 1227 => DialKind::NotAllowed,
        1040 | 1203 | 1226 => DialKind::TooManyConnections,
        1021 | 1114 => DialKind::DiskFull,
        1053 | 1077 | 1079 => DialKind::NotReady,
        1290 | 1792 | 1836 => DialKind::ReadOnly,
        3159 => DialKind::TlsRequired,
        _ => DialKind::Other,
    }
}

/// By the low byte of SQLite's extended result code.
fn of_sqlite(code: u32, target: &DatabaseTarget) -> DialKind {
    let file = || {
        target
            .file()
            .unwrap_or(std::path::Path::new(":memory:"))
            .to_owned()
    };
    match code & 0xff {
        8 => DialKind::ReadOnly,
        13 => DialKind::DiskFull,
        // SQLite tells a full disk only where it writes rows, not where it makes the files beside the database.
        10 | 14 if target.file().is_some_and(is_full) => DialKind::DiskFull,
        14 | 23 => DialKind::NoAccess(file()),
        26 => DialKind::NotADatabase(file()),
        _ => DialKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("28000", Some("InitializeSessionUserId"), DialKind::NoSuchUser)]
    #[case("28000", Some("ClientAuthentication"), DialKind::NotAdmitted)]
    #[case("53100", None, DialKind::DiskFull)]
    #[case("57P03", None, DialKind::NotReady)]
    #[case("25006", None, DialKind::ReadOnly)]
    #[case("XX000", None, DialKind::Other)]
    fn postgres_codes(#[case] code: &str, #[case] routine: Option<&str>, #[case] kind: DialKind) {
        assert_eq!(of_postgres(code, routine), kind);
    }

    #[test]
    fn mysql_numbers() {
        assert_eq!(of_mysql(1114), DialKind::DiskFull);
        assert_eq!(of_mysql(1290), DialKind::ReadOnly);
        assert_eq!(of_mysql(3159), DialKind::TlsRequired);
        assert_eq!(of_mysql(9999), DialKind::Other);
    }

    #[test]
    fn the_driver_that_cannot_encrypt_a_password_asks_for_tls() {
        let target: DatabaseTarget = "mysql://u:p@h/d".parse().unwrap();
        let error = Error::Configuration("RSA auth backend disabled; enable".into());
        assert_eq!(sorted(&target, &error).kind(), &DialKind::NeedsTls);
    }

    #[test]
    fn a_password_that_the_driver_cannot_prepare_is_told_of() {
        let target: DatabaseTarget = "postgresql://u:p@h/d".parse().unwrap();
        let error = Error::Configuration("Failed to saslprep password: Prohibited('x')".into());
        let told = sorted(&target, &error);
        assert_eq!(told.kind(), &DialKind::PasswordCharacters);
        assert!(told.cure().contains("ALTER ROLE"), "{told}");
    }

    #[test]
    fn a_file_that_cannot_be_written_on_a_full_disk_is_a_full_disk() {
        // This file system has no room at all.
        let full: DatabaseTarget = "sqlite:////proc/x.db".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let roomy = DatabaseTarget::Sqlite(folder.path().join("x.db"));
        assert_eq!(of_sqlite(13, &roomy), DialKind::DiskFull);
        for code in [10, 522, 4874, 14] {
            assert_eq!(of_sqlite(code, &full), DialKind::DiskFull, "{code}");
            assert_ne!(of_sqlite(code, &roomy), DialKind::DiskFull, "{code}");
        }
    }

    #[test]
    fn what_the_server_says_is_left_out_when_the_password_is_in_it() {
        let target: DatabaseTarget = "mysql://u:hunter2@h/d".parse().unwrap();
        let error = Error::Tls("no certificate for hunter2\n".into());
        let told = sorted(&target, &error);
        assert!(!format!("{told} {told:?}").contains("hunter2"), "{told:?}");
    }
}
