//! `postgresql://`, with the parameters of libpq that matter here.

use std::path::PathBuf;

use super::parts::{Parts, port};
use super::query::Query;
use super::server::os_user;
use super::{BadTarget, Password, Place, ServerTarget, Tls, TlsMode};
use crate::text;

const KNOWN: &[&str] = &[
    "application_name",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "host",
    "options",
    "password",
    "port",
    "ssl",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

const PORT: u16 = 5432;

/// Where Debian's and the original's servers put their sockets; the first that is there counts.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Parameters win over what stands before them, as in psycopg2. The database is the user's when none is named.
pub(super) fn target(parts: Parts) -> Result<ServerTarget, BadTarget> {
    let query = Query::new(parts.query, KNOWN)?;
    let set = |part: Option<String>| part.filter(|part| !part.is_empty());
    let text = |key: &str| query.text(key).map(str::to_owned);
    let user = text("user").or(set(parts.user)).map_or_else(os_user, Ok)?;
    let database = text("dbname")
        .or(set(parts.database))
        .unwrap_or_else(|| user.clone());
    let place = place(&query, set(parts.host), parts.port)?;
    plain_words(&query)?;
    Ok(ServerTarget {
        tls: match place {
            // libpq never speaks TLS over a socket, whatever it is told.
            Place::Socket { .. } => Tls::never(),
            Place::Tcp { .. } => tls(&query)?,
        },
        password: text("password").map(Password::from).or(parts.password),
        connect_timeout: query.seconds("connect_timeout")?,
        application: text("application_name").unwrap_or_else(|| text::APPLICATION.to_owned()),
        settings: query
            .read("options", text::OPTIONS, settings)?
            .unwrap_or_default(),
        user,
        place,
        database,
    })
}

/// What only has one value that Havre could mean.
fn plain_words(query: &Query) -> Result<(), BadTarget> {
    query.read("client_encoding", text::UTF8, |value| {
        matches!(
            value.to_ascii_lowercase().as_str(),
            "utf8" | "utf-8" | "unicode"
        )
        .then_some(())
    })?;
    query.read("target_session_attrs", text::READ_WRITE, |value| {
        matches!(value, "any" | "read-write" | "primary").then_some(())
    })?;
    Ok(())
}

fn place(query: &Query, host: Option<String>, at: Option<u16>) -> Result<Place, BadTarget> {
    let at = query.text("port").map(port).transpose()?.or(at);
    let Some(host) = query.text("host").or(host.as_deref()) else {
        let port = at.unwrap_or(PORT);
        return Ok(socket(default_folder(port), port));
    };
    if host.starts_with('/') {
        return Ok(socket(host.into(), at.unwrap_or(PORT)));
    }
    // SQLAlchemy takes `?host=NAME:PORT` too.
    match host.split_once(':') {
        Some((name, behind)) if !behind.contains(':') => {
            Place::tcp(name, at.map_or_else(|| port(behind), Ok)?)
        }
        _ => Place::tcp(host, at.unwrap_or(PORT)),
    }
}

fn socket(path: PathBuf, port: u16) -> Place {
    Place::Socket { path, port }
}

fn default_folder(port: u16) -> PathBuf {
    let name = format!(".s.PGSQL.{port}");
    let there = SOCKETS
        .iter()
        .find(|folder| PathBuf::from(folder).join(&name).exists());
    PathBuf::from(there.unwrap_or(&SOCKETS[0]))
}

fn tls(query: &Query) -> Result<Tls, BadTarget> {
    let ca = query.file("sslrootcert");
    let system = ca.as_ref().is_some_and(|ca| ca.as_os_str() == "system");
    let asked = match query.read("sslmode", text::SSLMODE, mode)? {
        Some(mode) => Some(mode),
        None => query.read("ssl", text::SSLMODE, mode)?,
    };
    let mode = match asked {
        None if system => TlsMode::VerifyFull,
        None => TlsMode::Prefer,
        // So does libpq: an authority is named to be asked.
        Some(TlsMode::Require) if ca.is_some() && !system => TlsMode::VerifyCa,
        Some(weaker) if system && weaker != TlsMode::VerifyFull => {
            return Err(BadTarget::Value("sslmode".into(), text::SSLMODE_SYSTEM));
        }
        Some(mode) => mode,
    };
    Ok(Tls {
        mode,
        ca: ca.filter(|_| !system),
        own: Tls::own(query, "sslcert", "sslkey")?,
    })
}

/// A word of libpq.
fn mode(word: &str) -> Option<TlsMode> {
    Some(match word {
        "disable" => TlsMode::Disable,
        "allow" => TlsMode::Allow,
        "prefer" => TlsMode::Prefer,
        "require" => TlsMode::Require,
        "verify-ca" => TlsMode::VerifyCa,
        "verify-full" => TlsMode::VerifyFull,
        _ => return None,
    })
}

/// `-c name=value` and `--name=value`, spaces inside escaped with a backslash.
fn settings(text: &str) -> Option<Vec<(String, String)>> {
    let mut words = words(text).into_iter();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("--") {
            Some(setting) => setting.to_owned(),
            None if word == "-c" => words.next()?,
            None => word.strip_prefix("-c")?.to_owned(),
        };
        let (name, value) = setting.split_once('=')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(plain) {
            return None;
        }
        found.push((name.replace('-', "_"), value.to_owned()));
    }
    Some(found)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.push(String::new()),
            other => {
                let real = if other == '\\' {
                    letters.next()
                } else {
                    Some(other)
                };
                words
                    .last_mut()
                    .into_iter()
                    .for_each(|word| word.extend(real));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
