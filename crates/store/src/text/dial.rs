//! What is said when a database is not reached: what happened, and the cure.

use crate::dial::DialKind;
use crate::dialect::Dialect;

pub(crate) const NETWORK_FILE: &str = "the database is on a network file system: it gets no write-ahead log, is slower, and \
    its locks may not hold. Keep it on a local disk, or use PostgreSQL or MySQL";

/// How a database is called.
pub(crate) fn kind(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
        Dialect::MySql => "MySQL",
        Dialect::MariaDb => "MariaDB",
    }
}

/// One sentence: what happened, where, and what the server said of it.
pub(crate) fn dial_what(kind: &DialKind, target: &str, said: Option<&str>) -> String {
    let happened = happened(kind);
    match said {
        Some(said) => format!("The database {target} cannot be used: {happened} ({said})."),
        None => format!("The database {target} cannot be used: {happened}."),
    }
}

fn happened(kind: &DialKind) -> String {
    match kind {
        DialKind::MissingFolder(folder) => format!("there is no folder {}", folder.display()),
        DialKind::NotAFile(path) => format!("{} is not a file in a folder", path.display()),
        DialKind::NoAccess(path) => {
            format!("this user may not read and write {}", path.display())
        }
        DialKind::NotADatabase(path) => format!("{} is not an SQLite database", path.display()),
        DialKind::ReadOnly => "it is read-only".to_owned(),
        DialKind::DiskFull => "its disk is full".to_owned(),
        DialKind::UnknownHost(host) => format!("the host name `{host}` is not known"),
        DialKind::Refused => "nobody listens there".to_owned(),
        DialKind::NoSocket(path) => format!("there is no server's socket at {}", path.display()),
        DialKind::Unreachable => "no way leads to that machine".to_owned(),
        DialKind::TimedOut => "it did not answer in time".to_owned(),
        DialKind::Dropped => "the server hung up".to_owned(),
        DialKind::NotThatServer => "what answers there speaks another protocol".to_owned(),
        DialKind::WrongPassword => "user or password is wrong".to_owned(),
        DialKind::NoSuchUser => {
            "the server has no such user, or one that may not log in".to_owned()
        }
        DialKind::NotAdmitted => "the server does not let this user in from here".to_owned(),
        DialKind::AuthMethod => {
            "the server wants this user to log in in a way that Havre does not speak".to_owned()
        }
        DialKind::PasswordCharacters => {
            "the user's password or name holds characters that Havre cannot log in with, such as emoji".to_owned()
        }
        DialKind::NeedsTls => {
            "the server takes this user's password only over TLS (caching_sha2_password)".to_owned()
        }
        DialKind::NoSuchDatabase => "the server has no such database".to_owned(),
        DialKind::NotAllowed => "the user may not use this database".to_owned(),
        DialKind::TlsRequired => "the server takes no connection without TLS".to_owned(),
        DialKind::NoTls => "TLS is asked for, and the server has none".to_owned(),
        DialKind::BadCertificate => "the server's certificate is not trusted".to_owned(),
        DialKind::TlsFailed => "no TLS connection came about".to_owned(),
        DialKind::TlsFile(path) => {
            format!("the file {} cannot be read or is empty", path.display())
        }
        DialKind::TooOld(found, needed) => format!("{found} is too old: {needed} is needed"),
        DialKind::Encoding(encoding) => format!("it holds text as {encoding}, not as UTF8"),
        DialKind::NotReady => "the server is starting or stopping".to_owned(),
        DialKind::TooManyConnections => "the server has no connection left".to_owned(),
        DialKind::Other => "something went wrong".to_owned(),
    }
}

/// What to do.
pub(crate) fn dial_cure(kind: &DialKind, is_server: bool, is_mysql: bool) -> String {
    let cure = match kind {
        DialKind::MissingFolder(folder) => {
            return format!(
                "Make it with `mkdir -p {}`, or correct DATABASE_URL: three slashes begin a path in the working folder, four \
                 an absolute one.",
                folder.display()
            );
        }
        DialKind::NoAccess(path) => {
            return format!(
                "Give it to the user that runs Havre (`chown USER {}`), and its folder too: SQLite keeps files beside the \
                 database.",
                path.display()
            );
        }
        DialKind::TooOld(_, needed) => {
            return format!("Upgrade the server to {needed} or newer, or use another one.");
        }
        DialKind::ReadOnly => read_only(is_server, is_mysql),
        _ if is_mysql => mysql_cure(kind).unwrap_or_else(|| cure(kind)),
        _ => cure(kind),
    };
    cure.to_owned()
}

fn read_only(is_server: bool, is_mysql: bool) -> &'static str {
    match (is_server, is_mysql) {
        (false, _) => {
            "Make file and folder writable for the user that runs Havre (`chmod u+w`), and mount their file system with rw."
        }
        (_, true) => {
            "It may be a replica: name the primary in DATABASE_URL. Else end it with `SET GLOBAL read_only = OFF`."
        }
        (_, false) => {
            "It may be a standby: name the primary in DATABASE_URL. Else reset default_transaction_read_only for the \
             server, the database and the user."
        }
    }
}

/// Where MySQL and MariaDB have other words than PostgreSQL.
fn mysql_cure(kind: &DialKind) -> Option<&'static str> {
    Some(match kind {
        DialKind::NoSuchDatabase => {
            "Make it: `CREATE DATABASE NAME CHARACTER SET utf8mb4`, or correct the name at the end of DATABASE_URL."
        }
        DialKind::NotAllowed => {
            "Let it: `GRANT ALL ON NAME.* TO 'USER'@'HOST'`. MySQL says the same when there is no such database."
        }
        DialKind::WrongPassword => {
            "Check both in DATABASE_URL, with @ / : ? % of the password percent-encoded, and for which host the user was made \
             (`SELECT user, host FROM mysql.user`). A user made with REQUIRE SSL, or a server with require_secure_transport, says the same to one without TLS: ?ssl_mode=REQUIRED."
        }
        DialKind::NotAdmitted => {
            "Make the user for the host that Havre runs on: `CREATE USER 'USER'@'HOST' IDENTIFIED BY '...'`. A host that was \
             blocked after errors is freed with `FLUSH HOSTS`."
        }
        DialKind::AuthMethod => {
            "Give the user a password of the usual kind: `ALTER USER ... IDENTIFIED BY '...'` (MariaDB: IDENTIFIED VIA \
             mysql_native_password). root is often known by its socket alone; make a user for Havre."
        }
        DialKind::TlsRequired | DialKind::NeedsTls => {
            "Use TLS: leave ssl_disabled out of DATABASE_URL or add ?ssl_mode=REQUIRED, and see that the server has a \
             certificate."
        }
        DialKind::NoTls => {
            "Give the server a certificate (ssl_cert, ssl_key), or take the TLS parameters out of DATABASE_URL."
        }
        DialKind::BadCertificate => {
            "Name the authority that signed it with ?ssl_ca=/FILE, use the name that is in the certificate as host, and see \
             that it has not run out."
        }
        DialKind::TooManyConnections => {
            "Raise max_connections, or close what holds them (`SHOW PROCESSLIST`). A restarted server may need a minute."
        }
        DialKind::Refused | DialKind::NoSocket(_) => {
            "See that the server runs (`systemctl status mariadb`), listens for others than itself if it is on another \
             machine (bind-address), and that host and port (3306) in DATABASE_URL are right."
        }
        _ => return None,
    })
}

fn cure(kind: &DialKind) -> &'static str {
    match kind {
        DialKind::NotAFile(_) => {
            "Correct the path in DATABASE_URL: it must end with the name of a file."
        }
        DialKind::NotADatabase(_) => {
            "Correct the path in DATABASE_URL, or put the file right: it was not touched. A backup made with `havre db \
             backup` is read with `havre db restore`."
        }
        DialKind::DiskFull => {
            "Make room where the database is kept; nothing was lost. Then try again."
        }
        DialKind::UnknownHost(_) => {
            "Correct the host in DATABASE_URL, or see why this machine cannot resolve it (`getent hosts NAME`)."
        }
        DialKind::Refused | DialKind::NoSocket(_) => {
            "See that the server runs (`systemctl status postgresql`), listens for others than itself if it is on another \
             machine (listen_addresses), and that host and port (5432) in DATABASE_URL are right."
        }
        DialKind::Unreachable => "See that the network of this machine is up and routes there.",
        DialKind::TimedOut => {
            "See that host and port in DATABASE_URL are those of this kind of server and that no firewall swallows the \
             packets. A slow one gets more time with ?connect_timeout=SECONDS."
        }
        DialKind::Dropped => "The server's log tells why; it may be restarting. Try again.",
        DialKind::NotThatServer => {
            "See that DATABASE_URL names the right kind of database and its port: 5432 is PostgreSQL's, 3306 MySQL's."
        }
        DialKind::WrongPassword => {
            "Check both in DATABASE_URL, with @ / : ? % of the password percent-encoded; PostgreSQL does not tell which of them \
             is wrong. A new password: `ALTER ROLE USER PASSWORD '...'`."
        }
        DialKind::NoSuchUser => {
            "Make it (`CREATE ROLE USER LOGIN PASSWORD '...'`) or let it in (`ALTER ROLE USER LOGIN`), or correct DATABASE_URL."
        }
        DialKind::NotAdmitted => {
            "Add a line for this user, database and machine to pg_hba.conf, such as `host DATABASE USER ADDRESS/32 \
             scram-sha-256`, and reload. If its lines are `hostssl`, use ?sslmode=require. Over a socket, `peer` wants the \
             system's user of the same name."
        }
        DialKind::AuthMethod => {
            "Havre speaks scram-sha-256, md5, password and trust. Put one of them into the user's line of pg_hba.conf."
        }
        DialKind::PasswordCharacters => {
            "Give the user a password of letters, digits and signs: `ALTER ROLE USER PASSWORD '...'`, and put it into DATABASE_URL."
        }
        DialKind::NoSuchDatabase => {
            "Make it: `CREATE DATABASE NAME`, or correct the name at the end of DATABASE_URL."
        }
        DialKind::NotAllowed => "Let it: `GRANT CONNECT, CREATE ON DATABASE NAME TO USER`.",
        DialKind::TlsRequired | DialKind::NeedsTls => "Use TLS: ?sslmode=require in DATABASE_URL.",
        DialKind::NoTls => {
            "Switch it on at the server (ssl = on, with a certificate), or ask for less with ?sslmode=prefer."
        }
        DialKind::BadCertificate => {
            "Name the authority that signed it with ?sslrootcert=/FILE, use the name that is in the certificate as host \
             (verify-ca does not look at the name), and see that it has not run out."
        }
        DialKind::TlsFailed => {
            "The server's log says more: it may speak nothing newer than TLS 1.1, or want a certificate of ours."
        }
        DialKind::TlsFile(_) => {
            "Correct its path in DATABASE_URL, and see that the user that runs Havre may read it."
        }
        DialKind::Encoding(_) => {
            "Make another database with `CREATE DATABASE NAME ENCODING 'UTF8' TEMPLATE template0`."
        }
        DialKind::NotReady => "Wait for it and try again; `havre serve` does so by itself.",
        DialKind::TooManyConnections => {
            "Raise max_connections, or close what holds them (`SELECT * FROM pg_stat_activity`)."
        }
        _ => "Its log tells more; `havre doctor` looks at everything that Havre needs.",
    }
}
