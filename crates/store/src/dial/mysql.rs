//! MySQL and MariaDB: connect and look.

use std::collections::BTreeMap;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, Connection, MySqlConnection, Row};

use super::{DialError, DialKind, Server, Version, reach, sort};
use crate::dialect::{Dialect, connect};
use crate::target::{DatabaseTarget, ServerTarget};

/// What is read of the server; none of them is on both kinds under one name but `version` and `read_only`.
const VARIABLES: &str = "SHOW VARIABLES WHERE Variable_name IN ('version', 'read_only', 'super_read_only', \
    'innodb_read_only', 'transaction_read_only', 'tx_read_only')";

const CLOCK: &str = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)";

const CIPHER: &str = "SHOW SESSION STATUS WHERE Variable_name = 'Ssl_cipher'";

/// What this user may do everywhere and in this database; a role's rights are seen with the role's name.
const RIGHTS: &str = "SELECT privilege_type FROM information_schema.user_privileges \
    WHERE REPLACE(grantee, '''', '') IN (CURRENT_USER(), CURRENT_ROLE(), CONCAT(CURRENT_ROLE(), '@%')) \
    UNION SELECT privilege_type FROM information_schema.schema_privileges \
    WHERE DATABASE() LIKE table_schema AND REPLACE(grantee, '''', '') \
    IN (CURRENT_USER(), CURRENT_ROLE(), CONCAT(CURRENT_ROLE(), '@%'))";

/// The options that led there, and what is there.
pub(super) async fn dial(
    target: &DatabaseTarget,
    server: &ServerTarget,
) -> Result<(MySqlConnectOptions, Server), DialError> {
    let mut failed: Option<DialError> = None;
    for tls in reach::ways(server.tls.mode) {
        if failed
            .as_ref()
            .is_some_and(|error| !reach::may_help(*tls, error.kind()))
        {
            break;
        }
        let options = connect::mysql(server, *tls);
        match options.connect().await {
            Ok(connection) => return Ok((options, look(target, connection).await?)),
            // The first failure is the one that the URL asked for.
            Err(error) => drop(failed.get_or_insert_with(|| sort::sorted(target, &error))),
        }
    }
    Err(failed.unwrap_or_else(|| DialError::new(target, DialKind::Other, None)))
}

async fn look(target: &DatabaseTarget, mut link: MySqlConnection) -> Result<Server, DialError> {
    let looked = look_at(target, &mut link).await;
    // A server that does not answer the farewell is told nothing more.
    drop(link.close().await);
    looked
}

async fn look_at(target: &DatabaseTarget, link: &mut MySqlConnection) -> Result<Server, DialError> {
    let sorted = |error| sort::sorted(target, &error);
    let variables = pairs(link, VARIABLES).await.map_err(sorted)?;
    let words = variables.get("version").map_or("", String::as_str);
    let (dialect, version) = kind(words);
    if let Some(needed) = too_old(dialect, version) {
        let found = words.chars().take(60).collect();
        return Err(DialError::new(
            target,
            DialKind::TooOld(found, needed),
            None,
        ));
    }
    // Not every server lets everybody look at rights; what is not known is not claimed to be missing.
    let rights = texts(link, RIGHTS).await.ok();
    let may = |right: &str| {
        rights
            .as_ref()
            .is_none_or(|all| all.iter().any(|one| one == right))
    };
    let clock = sqlx::raw_sql(CLOCK)
        .fetch_one(&mut *link)
        .await
        .map_err(sorted)?;
    let cipher = pairs(link, CIPHER).await.map_err(sorted)?;
    Ok(Server {
        dialect,
        version,
        read_only: is_read_only(&variables, dialect, version, may),
        can_create: may("CREATE"),
        clock: Some(clock.try_get(0).map_err(sorted)?),
        tls: cipher.values().any(|cipher| !cipher.is_empty()),
        network: None,
    })
}

/// `read_only` stops only those without a right of their own, which is another one on each server.
fn is_read_only(
    variables: &BTreeMap<String, String>,
    dialect: Dialect,
    version: Version,
    may: impl Fn(&str) -> bool,
) -> bool {
    let on = |name: &str| {
        let value = variables.get(name).map_or("OFF", String::as_str);
        !matches!(value, "OFF" | "0" | "NO")
    };
    let always = [
        "super_read_only",
        "innodb_read_only",
        "transaction_read_only",
        "tx_read_only",
    ];
    let super_passes = dialect == Dialect::MySql || (version.major, version.minor) < (10, 11);
    let passes = may("READ_ONLY ADMIN")
        || may("READ ONLY ADMIN")
        || (dialect == Dialect::MySql && may("CONNECTION_ADMIN"))
        || (super_passes && may("SUPER"));
    always.iter().any(|name| on(name)) || (on("read_only") && !passes)
}

/// `10.11.14-MariaDB-0+deb12u2` is MariaDB, `8.0.40` MySQL.
fn kind(words: &str) -> (Dialect, Version) {
    let dialect = if words.to_ascii_lowercase().contains("mariadb") {
        Dialect::MariaDb
    } else {
        Dialect::MySql
    };
    (dialect, Version::read(words))
}

fn too_old(dialect: Dialect, version: Version) -> Option<&'static str> {
    let (oldest, words) = match dialect {
        Dialect::MariaDb => ((10, 6), "MariaDB 10.6"),
        _ => ((8, 0), "MySQL 8.0"),
    };
    ((version.major, version.minor) < oldest).then_some(words)
}

async fn pairs(
    link: &mut MySqlConnection,
    sql: &'static str,
) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let rows = sqlx::raw_sql(sql).fetch_all(link).await?;
    let pair = |row: &sqlx::mysql::MySqlRow| {
        // Servers differ in the type of these columns, text or bytes.
        let text = |at: usize| row.try_get_unchecked::<String, _>(at);
        Ok((text(0)?.to_ascii_lowercase(), text(1)?))
    };
    rows.iter().map(pair).collect()
}

async fn texts(link: &mut MySqlConnection, sql: &'static str) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::raw_sql(sql).fetch_all(link).await?;
    rows.iter().map(|row| row.try_get_unchecked(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("10.11.14-MariaDB-0+deb12u2", Dialect::MariaDb, None)]
    #[case("10.5.29-MariaDB", Dialect::MariaDb, Some("MariaDB 10.6"))]
    #[case("11.8.3-MariaDB-log", Dialect::MariaDb, None)]
    #[case("8.0.40-0ubuntu0.22.04.1", Dialect::MySql, None)]
    #[case("9.1.0", Dialect::MySql, None)]
    #[case("5.7.44-log", Dialect::MySql, Some("MySQL 8.0"))]
    fn servers_by_their_words(
        #[case] words: &str,
        #[case] dialect: Dialect,
        #[case] needed: Option<&str>,
    ) {
        let found = kind(words);
        assert_eq!(found.0, dialect);
        assert_eq!(too_old(found.0, found.1), needed);
    }

    #[test]
    fn read_only_spares_those_who_may_pass_it() {
        let variables = BTreeMap::from([("read_only".to_owned(), "ON".to_owned())]);
        let state = |words: &str, right: &str| {
            let (dialect, version) = kind(words);
            is_read_only(&variables, dialect, version, |asked| asked == right)
        };
        assert!(state("8.0.40", "CREATE") && state("10.11.14-MariaDB", "SUPER"));
        assert!(!state("8.0.40", "SUPER") && !state("10.6.1-MariaDB", "SUPER"));
        assert!(!state("10.11.14-MariaDB", "READ_ONLY ADMIN"));
    }
}
