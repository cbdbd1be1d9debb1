//! The settings of clusters, as the set-up stores them. Their secrets are sealed.

use domain::ports::ClusterRow;
use secrecy::{ExposeSecret, SecretString};

use crate::database::Database;
use crate::error::Ran;
use crate::rows::Read;
use crate::sql::{Link, query};
use crate::vault::Vault;

/// Where a secret of a cluster is sealed.
pub(crate) fn place(column: &str, cluster: &str) -> String {
    format!("{column} of cluster {cluster}")
}

pub(crate) async fn read(db: &Database, name: &str) -> Ran<Option<ClusterRow>> {
    read_on(db.read().await?.link(), db.vault(), name).await
}

/// Stores them, in the place of earlier ones.
pub(crate) async fn save(db: &Database, row: &ClusterRow) -> Ran<()> {
    let seal = |column: &str, secret: &Option<SecretString>| -> Ran<Option<String>> {
        let sealed = secret.as_ref().map(|secret| {
            db.vault()
                .seal(&place(column, &row.name), secret.expose_secret())
        });
        sealed.transpose()
    };
    let (secret, ssh_key) = (seal("secret", &row.secret)?, seal("ssh_key", &row.ssh_key)?);
    let mut tx = db.write().await?;
    let now = tx.now();
    let known = query("SELECT 1 FROM clusters WHERE name = ?")
        .bind(row.name.as_str())
        .fetch_optional(tx.link())
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
        .bind(row.settings.to_string())
        .bind(secret)
        .bind(ssh_key)
        .bind(now)
        .bind(row.name.as_str())
        .execute(tx.link())
        .await?;
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
    let (secret, ssh_key) = (open("secret")?, open("ssh_key")?);
    Ok(Some(ClusterRow {
        name: name.to_owned(),
        settings: row.json("settings")?,
        secret,
        ssh_key,
    }))
}
