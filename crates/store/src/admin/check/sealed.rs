//! Values that the key should open.

use domain::ports::Dice;
use futures_util::TryStreamExt;
use std::str::FromStr;
use std::sync::Arc;

use super::findings::Findings;
use crate::admin::AdminError;
use crate::key::SecretKey;
use crate::sql::{Link, Row, query};
use crate::text::admin as text;
use crate::vault::Vault;
use crate::{clusters, rows, secrets};

/// Tells where the value of a row is sealed.
type Sealed = fn(&Row) -> Result<String, sqlx::Error>;

/// There is no key at hand. Nothing to say where nothing was ever encrypted.
pub(super) async fn without_key(
    link: &mut Link<'_>,
    findings: &mut Findings,
) -> Result<(), AdminError> {
    let check = query("SELECT value AS sealed FROM havre_meta WHERE name = 'key_check'")
        .fetch_optional(link.again())
        .await?;
    if let Some(row) = check {
        let sealed = row.text_opt("sealed")?.unwrap_or_default();
        let words = text::key_missing(crate::admin::keys::key_of(&sealed));
        findings.error(Some("havre_meta"), Some("key_check".into()), None, words);
    }
    Ok(())
}

/// Opens each, and keeps nothing of it.
pub(super) async fn look(
    link: &mut Link<'_>,
    key: &SecretKey,
    findings: &mut Findings,
) -> Result<(), AdminError> {
    // Nothing is sealed here, so nothing is drawn from them.
    let vault = Vault::new(key, Arc::new(Dice::seeded([0; 32])));
    let checks: [(&str, &str, &str, Sealed); 5] = [
        (
            "havre_meta",
            "value",
            "SELECT name AS named, value AS sealed FROM havre_meta WHERE name = 'key_check'",
            named,
        ),
        (
            "releases",
            "env",
            "SELECT id AS named, env AS sealed FROM releases WHERE env IS NOT NULL",
            |row| place(row, |id| Ok(rows::env_place(&id))),
        ),
        (
            "secrets",
            "sealed",
            "SELECT deployment_id AS named, name, sealed FROM secrets",
            |row| {
                place(row, |id| {
                    let name = row.text_opt("name")?.unwrap_or_default();
                    Ok(secrets::place(&id, &name))
                })
            },
        ),
        (
            "clusters",
            "secret",
            "SELECT name AS named, secret AS sealed FROM clusters WHERE secret IS NOT NULL",
            |row| Ok(clusters::place("secret", &named(row)?)),
        ),
        (
            "clusters",
            "ssh_key",
            "SELECT name AS named, ssh_key AS sealed FROM clusters WHERE ssh_key IS NOT NULL",
            |row| Ok(clusters::place("ssh_key", &named(row)?)),
        ),
    ];
    for (table, column, statement, place) in checks {
        let mut rows = query(statement).fetch(link.again());
        while let Some(row) = rows.try_next().await? {
            let sealed = row.text_opt("sealed")?.unwrap_or_default();
            if vault.open(&place(&row)?, &sealed).is_err() {
                let words = text::not_opened(&key.id(), crate::admin::keys::key_of(&sealed));
                findings.error(Some(table), Some(named(&row)?), Some(column), words);
            }
        }
    }
    Ok(())
}

/// Where a value is sealed. What belongs to no id of ours opens nowhere.
fn place<Id: FromStr>(
    row: &Row,
    of: impl FnOnce(Id) -> Result<String, sqlx::Error>,
) -> Result<String, sqlx::Error> {
    match named(row)?.parse() {
        Ok(id) => of(id),
        Err(_) => Ok(String::new()),
    }
}

fn named(row: &Row) -> Result<String, sqlx::Error> {
    Ok(row.text_opt("named")?.unwrap_or_default())
}
