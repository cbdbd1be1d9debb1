//! Pools: the place where a token's rights over guests are given.

use serde::Deserialize;

use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Kind, Missing, Result};
use crate::names::{NodeName, PoolId, StorageId, Vmid};
use crate::{lenient, routes};

/// A pool.
#[derive(Debug, Clone, Deserialize)]
pub struct PoolRow {
    /// Its name.
    pub poolid: PoolId,
    /// What was written about it.
    #[serde(default, deserialize_with = "lenient::text_or_empty")]
    pub comment: String,
    /// What is in it; only when it was asked for alone.
    #[serde(default, deserialize_with = "lenient::inner")]
    pub members: Vec<PoolMember>,
}

/// Something in a pool.
#[derive(Debug, Clone, Deserialize)]
pub struct PoolMember {
    /// `qemu`, `lxc` or `storage`.
    #[serde(rename = "type", default, deserialize_with = "lenient::text_or_empty")]
    pub kind: String,
    /// A guest's number.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub vmid: Option<Vmid>,
    /// Its node.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub node: Option<NodeName>,
    /// A storage's name.
    #[serde(default, deserialize_with = "lenient::maybe_name")]
    pub storage: Option<StorageId>,
}

impl Client {
    /// The pools that the token may see, without their members.
    ///
    /// # Errors
    /// As any request.
    pub async fn pools(&self) -> Result<Vec<PoolRow>> {
        self.usable(Call::new(&routes::POOLS)).await
    }

    /// One pool with its members.
    ///
    /// # Errors
    /// As any request; [`Missing::Pool`] when there is none.
    pub async fn pool(&self, pool: &PoolId) -> Result<PoolRow> {
        let rows: Vec<PoolRow> = self
            .rows(Call::new(&routes::POOLS).set("poolid", pool))
            .await?;
        let found = rows.into_iter().find(|row| row.poolid == *pool);
        found.ok_or_else(|| Error::new(Kind::Gone(Missing::Pool), pool.as_str()))
    }

    /// Makes a pool. Needs `Pool.Allocate`.
    ///
    /// # Errors
    /// As any request.
    pub async fn create_pool(&self, pool: &PoolId, comment: &str) -> Result<()> {
        self.done(
            Call::new(&routes::POOL_CREATE)
                .set("poolid", pool)
                .set("comment", comment),
        )
        .await
    }

    /// Puts guests into a pool, out of another one when `moving`. Needs `Pool.Allocate`.
    ///
    /// # Errors
    /// As any request.
    pub async fn add_to_pool(&self, pool: &PoolId, guests: &[Vmid], moving: bool) -> Result<()> {
        let list: Vec<String> = guests.iter().map(ToString::to_string).collect();
        let call = Call::new(&routes::POOL_UPDATE)
            .set("poolid", pool)
            .set("vms", list.join(","));
        self.done(if moving {
            call.flag("allow-move", true)
        } else {
            call
        })
        .await
    }
}
