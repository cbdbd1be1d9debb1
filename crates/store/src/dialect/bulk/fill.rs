//! What surrounds the loading of all tables: settings before it, numbers and references after it.

use super::super::{Dialect, roll_back_schema_change};
use super::quoted;
use crate::schema::Schema;
use crate::sql::{Link, query};

/// Settings of the connection for loading rows that are known to be good.
pub(crate) async fn prepare(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    let statements: &[&str] = match link.dialect() {
        // Indexes are sorted in it.
        Dialect::Sqlite => &["PRAGMA cache_size = -16384"],
        Dialect::Postgres => &["SET LOCAL maintenance_work_mem = '128MB'"],
        // Strict; but a 0 in a counting column is a 0, and `0000-00-00` is taken where it came from.
        Dialect::MySql | Dialect::MariaDb => &[
            "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
            "SET SESSION foreign_key_checks = 0",
            // Tables that others use are waited for, but not for the day that is usual.
            "SET SESSION lock_wait_timeout = 20",
        ],
    };
    for statement in statements {
        link.again().run_script(statement).await?;
    }
    Ok(())
}

/// Removes tables together, whichever of them point at each other. One that another program's table points at stays, and
/// so does everything else.
pub(crate) async fn drop_tables(link: &mut Link<'_>, tables: &[String]) -> Result<(), sqlx::Error> {
    if tables.is_empty() {
        return Ok(());
    }
    let dialect = link.dialect();
    let names: Vec<String> = tables.iter().map(|name| quoted(dialect, name)).collect();
    match dialect {
        // References are not followed meanwhile.
        Dialect::Sqlite => {
            for name in names {
                link.again()
                    .run_script(&format!("DROP TABLE {name}"))
                    .await?;
            }
            Ok(())
        }
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => {
            let drop = format!("DROP TABLE {}", names.join(", "));
            link.again().run_script(&drop).await
        }
    }
}

/// Lets the counting column of a loaded table go on behind this number, and behind every number in it.
pub(crate) async fn set_last_number(
    link: &mut Link<'_>,
    table: &str,
    column: &str,
    last: Option<i64>,
) -> Result<(), sqlx::Error> {
    let dialect = link.dialect();
    let (of, number) = (quoted(dialect, table), quoted(dialect, column));
    let most = query(format!("SELECT MAX({number}) AS most FROM {of}"));
    let most = most.fetch_one(link.again()).await?.int_opt("most")?;
    let Some(last) = most.max(last).filter(|last| *last > 0) else {
        return Ok(());
    };
    match dialect {
        Dialect::Sqlite => {
            query("DELETE FROM sqlite_sequence WHERE name = ?")
                .bind(table)
                .execute(link.again())
                .await?;
            let insert = query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
            insert.bind(table).bind(last).execute(link.again()).await?;
        }
        Dialect::Postgres => {
            query("SELECT setval(pg_get_serial_sequence(?, ?)::regclass, ?)")
                .bind(of)
                .bind(column)
                .bind(last)
                .fetch_one(link.again())
                .await?;
        }
        Dialect::MySql | Dialect::MariaDb => {
            let next = last.saturating_add(1);
            let set = format!("ALTER TABLE {of} AUTO_INCREMENT = {next}");
            link.again().run_script(&set).await?;
        }
    }
    Ok(())
}

/// Foreign keys of loaded tables that some row breaks: which, and by how many rows. `named` gives the name under which a
/// table was loaded.
pub(crate) async fn broken_references(
    link: &mut Link<'_>,
    schema: &Schema,
    named: impl Fn(&str) -> String,
) -> Result<Vec<(String, String, i64)>, sqlx::Error> {
    let dialect = link.dialect();
    let mut broken = Vec::new();
    for table in schema.tables.values() {
        for key in &table.foreign_keys {
            let pairs = key.columns.iter().zip(&key.references);
            let on = pairs.map(|(from, to)| {
                format!(
                    "parent.{} = child.{}",
                    quoted(dialect, to),
                    quoted(dialect, from)
                )
            });
            let set = key.columns.iter();
            let set = set.map(|column| format!("child.{} IS NOT NULL", quoted(dialect, column)));
            let found = query(format!(
                "SELECT COUNT(*) AS found FROM {} child WHERE {} AND NOT EXISTS (SELECT 1 FROM {} parent WHERE {})",
                quoted(dialect, &named(&table.name)),
                set.collect::<Vec<_>>().join(" AND "),
                quoted(dialect, &named(&key.table)),
                on.collect::<Vec<_>>().join(" AND "),
            ));
            let row = found.fetch_one(link.again()).await?;
            let count = row.int_opt("found")?.unwrap_or_default();
            if count > 0 {
                broken.push((table.name.clone(), key.table.clone(), count));
            }
        }
    }
    Ok(broken)
}

/// Ends a transaction of a schema change whose rows break references as they did where they come from. Only SQLite can.
pub(crate) async fn commit_anyway(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    let committed = link.again().run_script("COMMIT").await;
    // Nothing is left to roll back; it puts the connection's settings back.
    roll_back_schema_change(link).await;
    committed
}
