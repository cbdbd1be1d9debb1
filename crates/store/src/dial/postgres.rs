//! PostgreSQL: connect and look.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use super::{DialError, DialKind, Server, Version, reach, sort};
use crate::dialect::{Dialect, connect};
use crate::target::{DatabaseTarget, ServerTarget};

const OLDEST: (Version, &str) = (
    Version {
        major: 15,
        minor: 0,
        patch: 0,
    },
    "PostgreSQL 15",
);

/// One row, asked for as plain text, which every server and pooler answers.
const LOOK: &str = "SELECT current_setting('transaction_read_only'), current_setting('server_encoding'), \
    CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT), \
    COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE), \
    EXISTS (SELECT 1 FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl)";

/// The options that led there, and what is there.
pub(super) async fn dial(
    target: &DatabaseTarget,
    server: &ServerTarget,
) -> Result<(PgConnectOptions, Server), DialError> {
    let mut failed: Option<DialError> = None;
    for tls in reach::ways(server.tls.mode) {
        if failed
            .as_ref()
            .is_some_and(|error| !reach::may_help(*tls, error.kind()))
        {
            break;
        }
        let options = connect::postgres(server, *tls);
        match options.connect().await {
            Ok(connection) => return Ok((options, look(target, connection).await?)),
            // The first failure is the one that the URL asked for.
            Err(error) => drop(failed.get_or_insert_with(|| sort::sorted(target, &error))),
        }
    }
    Err(failed.unwrap_or_else(|| DialError::new(target, DialKind::Other, None)))
}

async fn look(target: &DatabaseTarget, mut link: PgConnection) -> Result<Server, DialError> {
    let looked = look_at(target, &mut link).await;
    // A server that does not answer the farewell is told nothing more.
    drop(link.close().await);
    looked
}

async fn look_at(target: &DatabaseTarget, link: &mut PgConnection) -> Result<Server, DialError> {
    let sorted = |error| sort::sorted(target, &error);
    let row = sqlx::raw_sql("SELECT CAST(current_setting('server_version_num') AS INT)");
    let row = row.fetch_one(&mut *link).await.map_err(sorted)?;
    let number: i32 = row.try_get(0).map_err(sorted)?;
    let version = Version::of_postgres(number.unsigned_abs());
    if version < OLDEST.0 {
        let found = format!("PostgreSQL {version}");
        return Err(DialError::new(
            target,
            DialKind::TooOld(found, OLDEST.1),
            None,
        ));
    }
    let row = sqlx::raw_sql(LOOK)
        .fetch_one(&mut *link)
        .await
        .map_err(sorted)?;
    let encoding: String = row.try_get(1).map_err(sorted)?;
    if encoding != "UTF8" {
        return Err(DialError::new(target, DialKind::Encoding(encoding), None));
    }
    Ok(Server {
        dialect: Dialect::Postgres,
        version,
        read_only: row.try_get::<String, _>(0).map_err(sorted)? == "on",
        can_create: row.try_get(3).map_err(sorted)?,
        clock: Some(row.try_get(2).map_err(sorted)?),
        tls: row.try_get(4).map_err(sorted)?,
        network: None,
    })
}
