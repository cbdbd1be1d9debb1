//! Kept folders of an app: copied out of the guest that has the newest of them, before another takes its place.

use domain::DeploymentId;
use domain::guest::{GuestSpec, Role};
use domain::ports::DriverError;

use super::details::{GuestDetails, GuestStage};
use super::guest::{enter, seen};
use super::inventory::Power;
use super::notebook::GuestNote;
use super::site::Site;

/// Copies the kept folders out of the newest guest of the deployment, for a guest that is being made.
pub async fn newest(site: &Site, spec: &GuestSpec) -> Result<(), DriverError> {
    if spec.persist.is_empty() {
        return Ok(());
    }
    match newest_of(site, &spec.deployment).await? {
        Some(mut note) if note.details.spec.id != spec.id => copy(site, &mut note).await,
        _ => Ok(()),
    }
}

/// Copies the kept folders out of a guest that is going to end, unless a newer one has them.
pub async fn last(site: &Site, note: &mut GuestNote) -> Result<(), DriverError> {
    let spec = &note.details.spec;
    if spec.persist.is_empty() || spec.role == Role::Build || note.details.made_at.is_none() {
        return Ok(());
    }
    match newest_of(site, &spec.deployment).await? {
        Some(newest) if newest.owner == note.owner => copy(site, note).await,
        _ => Ok(()),
    }
}

/// The newest guest whose app ran: one that never ran has what was copied into it, and nothing more.
async fn newest_of(
    site: &Site,
    deployment: &DeploymentId,
) -> Result<Option<GuestNote>, DriverError> {
    let mut guests: Vec<GuestNote> = site.notebook.all::<GuestDetails>().await?;
    guests.retain(|note| {
        let details = &note.details;
        details.spec.deployment == *deployment
            && details.spec.role == Role::Serve
            && details.stage == GuestStage::Ready
            && details.port.is_some()
    });
    Ok(guests.into_iter().max_by_key(|note| note.details.made_at))
}

async fn copy(site: &Site, note: &mut GuestNote) -> Result<(), DriverError> {
    // One that is off was copied when it was stopped; one that is gone has nothing to give.
    let seen = seen::seen(site, note).await?;
    if seen.is_none_or(|seen| seen.power != Power::Running) {
        return Ok(());
    }
    let inside = enter::of_note(site, note).await?;
    let spec = &note.details.spec;
    inside
        .keep(&site.kept, &spec.deployment, &spec.persist)
        .await
}
