//! The settings of a cluster for who only looks, also beside a server.

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

fn told(fault: Fault) -> AdminError {
    match fault {
        Fault::Sql(error) => error.into(),
        Fault::Told(error) => AdminError::Refused(error.to_string()),
        Fault::Unreadable(what) => AdminError::Refused(text::cluster_not_read(&what)),
    }
}
