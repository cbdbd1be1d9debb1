//! Orphans: guests that the database does not know, and what guests left behind. Those of this machine go at once. On a
//! cluster somebody may be at work that we do not hear of: there they are listed first, and go after a time of grace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use domain::guest::{GuestSeen, MachineSeen};
use domain::ports::{Driver, Scope};
use domain::{DeploymentId, DriverKind, GuestId};

use super::Term;
use crate::context::Context;
use crate::error::{StepError, chain};

/// More of one driver than this are not remembered: their time of grace begins later.
const MOST: usize = 10_000;

/// A guest of ours that the database does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Orphan {
    /// The guest.
    pub guest: GuestId,
    /// The deployment that it says it belongs to.
    pub deployment: DeploymentId,
    /// Where it is.
    pub driver: DriverKind,
    /// Its number, node and address.
    pub machine: Option<MachineSeen>,
    /// Since when this server sees it.
    pub since: DateTime<Utc>,
    /// When it is removed; none for one that stays, since this database never knew its deployment.
    pub goes: Option<DateTime<Utc>>,
}

/// Those that were seen.
#[derive(Debug, Default)]
pub(crate) struct Orphans(Mutex<BTreeMap<GuestId, Orphan>>);

impl Orphans {
    fn all(&self) -> MutexGuard<'_, BTreeMap<GuestId, Orphan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every one, by guest.
    pub fn list(&self) -> Vec<Orphan> {
        self.all().values().cloned().collect()
    }

    /// Remembers one; the moment at which it was seen first stays. Gives it as it is remembered.
    fn seen(&self, fresh: Orphan) -> Orphan {
        let mut all = self.all();
        let before = all
            .get(&fresh.guest)
            .map(|before| (before.since, before.goes));
        let mut orphan = fresh;
        if let Some((since, goes)) = before {
            orphan.since = since;
            orphan.goes = orphan.goes.and(goes.or(orphan.goes));
        }
        if before.is_some() || all.len() < MOST {
            all.insert(orphan.guest.clone(), orphan.clone());
        }
        orphan
    }

    /// Forgets those of a driver that are not seen any more.
    fn keep(&self, driver: DriverKind, seen: &BTreeSet<GuestId>) {
        self.all()
            .retain(|id, orphan| orphan.driver != driver || seen.contains(id));
    }
}

/// Removes them. Guests are listed before the database is asked: a row is written before its guest is made, so a guest
/// without a row is nobody's.
pub(super) async fn remove(term: &Term) -> Result<(), StepError> {
    let ctx = &term.ctx;
    for (kind, driver) in ctx
        .ports
        .drivers
        .iter()
        .filter(|(kind, _)| term.has(**kind))
    {
        let mut left = BTreeSet::new();
        for seen in driver.list().await? {
            if ctx.store().guest(&seen.id).await?.is_some() {
                continue;
            }
            let id = seen.id.clone();
            if !remove_one(ctx, *kind, driver.as_ref(), seen).await? {
                left.insert(id);
            }
        }
        ctx.orphans.keep(*kind, &left);
        driver.sweep().await?;
    }
    Ok(())
}

/// True when it is gone.
async fn remove_one(
    ctx: &Arc<Context>,
    kind: DriverKind,
    driver: &dyn Driver,
    seen: GuestSeen,
) -> Result<bool, StepError> {
    let now = ctx.clock().now();
    let ours = is_ours(ctx, &seen.deployment).await?;
    let orphan = ctx.orphans.seen(Orphan {
        guest: seen.id,
        deployment: seen.deployment,
        driver: kind,
        machine: seen.machine,
        since: now,
        goes: ours.then(|| now + grace(ctx, kind)),
    });
    let (guest, deployment) = (&orphan.guest, &orphan.deployment);
    match orphan.goes {
        None => tracing::warn!(%guest, %deployment, "this database does not know the \
            deployment of a guest: it stays. Is it the right database? If so, remove its folder by hand"),
        Some(at) if at > now => {
            tracing::info!(%guest, %deployment, %at, "nobody knows a guest; it is removed then");
        }
        Some(_) => {
            tracing::warn!(%guest, %deployment, "removing a guest that nobody knows");
            // One that cannot be removed now does not keep the others.
            match driver.destroy(guest).await {
                Ok(()) => return Ok(true),
                Err(error) => {
                    tracing::warn!(%guest, error = chain(&error), "the next pass tries again");
                }
            }
        }
    }
    Ok(false)
}

fn grace(ctx: &Context, kind: DriverKind) -> chrono::TimeDelta {
    if kind.is_of_a_place() {
        return chrono::TimeDelta::zero();
    }
    let grace = chrono::TimeDelta::from_std(ctx.config.limits.orphan_grace);
    grace.unwrap_or(chrono::TimeDelta::days(3650))
}

/// A server that was started on another database by mistake, or on a new one before a backup was restored into it, finds
/// guests of deployments that it never heard of. They are somebody's. Rows of deployments stay when these are destroyed, so
/// what was ours is known for ever.
async fn is_ours(ctx: &Arc<Context>, deployment: &DeploymentId) -> Result<bool, StepError> {
    let row = ctx
        .store()
        .find(&Scope::Everyone, &deployment.to_string())
        .await?;
    Ok(row.is_some_and(|row| row.managed.is_some()))
}
