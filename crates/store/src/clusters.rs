//! The settings of clusters, as the set-up stores them. Their secrets are sealed.

use domain::ports::ClusterRow;
use secrecy::{ExposeSecret, SecretString};

use crate::database::Database;
use crate::error::Ran;
use crate::rows::Read;
use crate::sql::{Link, Value, query};
use crate::vault::Vault;

/// Columns that are sealed.
pub(crate) const SEALED: [&str; 2] = ["secret", "ssh_key"];

/// Where a secret of a cluster is sealed.
pub(crate) fn place(column: &str, cluster: &str) -> String {
    format!("{column} of cluster {cluster}")
}

pub(crate) async fn read(db: &Database, name: &str) -> Ran<Option<ClusterRow>> {
    read_on(db.read().await?.link(), db.vault(), name).await
}

pub(crate) async fn save(db: &Database, row: &ClusterRow) -> Ran<()> {
    let values = values(db.vault(), row)?;
    let mut tx = db.write().await?;
    let now = tx.now();
    save_on(tx.link(), row, values, now).await?;
    tx.commit().await
}

/// The settings of a cluster, on any connection.
pub(crate) async fn read_on(link: Link<'_>, vault: &Vault, name: &str) -> Ran<Option<ClusterRow>> {
    let row = query("SELECT settings, secret, ssh_key FROM clusters WHERE name = ?")
        .bind(name)
        .fetch_optional(link)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let open = |column: &str| -> Ran<Option<SecretString>> {
        let sealed = row.text_opt(column)?;
        sealed
            .map(|sealed| vault.open(&place(column, name), &sealed))
            .transpose()
    };
    let [secret, ssh_key] = SEALED.map(open);
    Ok(Some(ClusterRow {
        name: name.to_owned(),
        settings: row.json("settings")?,
        secret: secret?,
        ssh_key: ssh_key?,
    }))
}

/// What is written of a cluster: its settings, and its secrets sealed.
pub(crate) fn values(vault: &Vault, row: &ClusterRow) -> Ran<[Value; 3]> {
    let seal = |column: &str, secret: &Option<SecretString>| -> Ran<Value> {
        let sealed = secret
            .as_ref()
            .map(|secret| vault.seal(&place(column, &row.name), secret.expose_secret()))
            .transpose()?;
        Ok(sealed.into())
    };
    Ok([
        row.settings.to_string().into(),
        seal("secret", &row.secret)?,
        seal("ssh_key", &row.ssh_key)?,
    ])
}

/// Writes it, in the place of what was there: within a transaction, so that nobody writes in between.
pub(crate) async fn save_on(
    mut link: Link<'_>,
    row: &ClusterRow,
    [settings, secret, ssh_key]: [Value; 3],
    now: i64,
) -> Result<(), sqlx::Error> {
    let known = query("SELECT 1 FROM clusters WHERE name = ?")
        .bind(row.name.as_str())
        .fetch_optional(link.again())
        .await?;
    let statement = match known {
        Some(_) => {
            "UPDATE clusters SET settings = ?, secret = ?, ssh_key = ?, updated_at = ? WHERE name = ?"
        }
        None => {
            "INSERT INTO clusters (settings, secret, ssh_key, updated_at, name) VALUES (?, ?, ?, ?, ?)"
        }
    };
    query(statement)
        .bind(settings)
        .bind(secret)
        .bind(ssh_key)
        .bind(now)
        .bind(row.name.as_str())
        .execute(link)
        .await?;
    Ok(())
}
