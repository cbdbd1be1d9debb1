//! The settings of a cluster for the set-up, which may run beside a server.

use std::sync::Arc;

use domain::ports::{ClusterRow, Dice};

use super::{AdminError, open::Admin};
use crate::clusters;
use crate::error::Fault;
use crate::key::SecretKey;
use crate::text::admin as text;
use crate::vault::Vault;

/// The settings of a cluster. What the key does not open is [`AdminError::Refused`].
pub async fn stored_cluster(
    admin: &mut Admin,
    key: &SecretKey,
    name: &str,
) -> Result<Option<ClusterRow>, AdminError> {
    // Nothing is sealed here, so nothing is drawn from them.
    let vault = Vault::new(key, Arc::new(Dice::seeded([0; 32])));
    clusters::read_on(admin.link(), &vault, name)
        .await
        .map_err(told)
}

/// Stores them, in the place of earlier ones.
pub async fn store_cluster(
    admin: &mut Admin,
    key: &SecretKey,
    dice: Arc<Dice>,
    row: &ClusterRow,
) -> Result<(), AdminError> {
    let values = clusters::values(&Vault::new(key, dice), row).map_err(told)?;
    let now = admin.now().await?.timestamp_micros();
    admin.begin().await?;
    let saved = clusters::save_on(admin.link(), row, values, now).await;
    match saved {
        Ok(()) => Ok(admin.commit().await?),
        Err(error) => {
            admin.roll_back().await?;
            Err(error.into())
        }
    }
}

fn told(fault: Fault) -> AdminError {
    match fault {
        Fault::Sql(error) => error.into(),
        Fault::Told(error) => AdminError::Refused(error.to_string()),
        Fault::Unreadable(what) => AdminError::Refused(text::cluster_not_read(&what)),
    }
}
