//! What somebody changed by hand on the machine of a guest: shown, and left as it is, since that hand may have had a
//! reason. The next release makes a machine as it should be.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::release::DeploymentFacts;
use domain::{DeploymentId, GuestId};
use tokio::time::Instant;

use crate::context::Context;
use crate::error::StepError;
use crate::text;

/// A guest is looked at in every so manieth pass.
const EVERY: u32 = 6;
/// More deployments than this are not remembered.
const MOST: usize = 10_000;

/// What was found, by deployment.
#[derive(Debug, Default)]
pub(crate) struct Alterations(Mutex<HashMap<DeploymentId, Found>>);

#[derive(Debug, Clone)]
struct Found {
    guest: GuestId,
    at: Instant,
    words: Vec<String>,
}

impl Alterations {
    fn all(&self) -> MutexGuard<'_, HashMap<DeploymentId, Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What somebody changed on the guest that serves.
    pub fn of(&self, deployment: &DeploymentId) -> Vec<String> {
        let all = self.all();
        all.get(deployment)
            .map(|found| found.words.clone())
            .unwrap_or_default()
    }

    /// Its guests are gone.
    pub fn forget(&self, deployment: &DeploymentId) {
        self.all().remove(deployment);
    }

    fn before(&self, deployment: &DeploymentId, guest: &GuestId) -> Option<Found> {
        let all = self.all();
        all.get(deployment)
            .filter(|found| found.guest == *guest)
            .cloned()
    }

    fn keep(&self, deployment: &DeploymentId, found: Found) {
        let mut all = self.all();
        if all.len() < MOST || all.contains_key(deployment) {
            all.insert(*deployment, found);
        }
    }
}

/// Looks at the guest that serves, now and then.
pub(super) async fn look(
    ctx: &Context,
    facts: &DeploymentFacts,
    guest: &GuestId,
) -> Result<(), StepError> {
    let before = ctx.alterations.before(&facts.id, guest);
    let pause = ctx.config.limits.look * EVERY;
    if before.as_ref().is_some_and(|it| it.at.elapsed() < pause) {
        return Ok(());
    }
    let words = ctx.driver(facts.driver)?.altered(guest).await?;
    let known = before.map(|found| found.words).unwrap_or_default();
    for fresh in words.iter().filter(|word| !known.contains(word)) {
        tracing::info!(deployment = %facts.id, %guest, fresh, "a guest was changed by hand");
        ctx.warn(&facts.id, &text::altered(fresh)).await;
    }
    let found = Found {
        guest: guest.clone(),
        at: Instant::now(),
        words,
    };
    ctx.alterations.keep(&facts.id, found);
    Ok(())
}
