//! Provision: the guest of a release, beside the one that serves.

use domain::guest::{DriverReport, GuestSpec, Observation, Role};
use domain::ports::{GuestRow, Progress, Wanted};
use domain::{ArtifactId, GuestId};

use super::rollout::Rollout;
use super::{Outcome, data, service};
use crate::error::StepError;
use crate::text;

/// Makes the guest of the release, unless files would be lost.
pub(super) async fn provision(rollout: &mut Rollout<'_>) -> Outcome {
    data::refuse_loss(rollout).await?;
    ensure_guest(rollout).await?;
    let report = rollout.driver.report().await?;
    rollout
        .store()
        .release_provisioned(rollout.lease(), rollout.id(), &report.tier)
        .await?;
    tell_place(rollout, &report).await?;
    Ok(Progress::Provisioned {
        guest: rollout.guest()?.clone(),
    })
}

/// What holds for this deployment here: its isolation, and which of its resources are enforced.
async fn tell_place(rollout: &mut Rollout<'_>, report: &DriverReport) -> Result<(), StepError> {
    rollout.log.output(&text::place(
        rollout.facts.driver,
        rollout.facts.kind,
        &report.tier,
        &report.meaning,
    ));
    for line in &report.enforced {
        rollout.log.output(line);
    }
    let stands_in = text::stands_in(rollout.facts.driver, rollout.facts.kind);
    let warnings: Vec<String> = report.warnings.iter().cloned().chain(stands_in).collect();
    rollout.warn(&warnings).await
}

/// The guest that an earlier try made, the warm one that a rollback takes over, or a new one.
pub(crate) async fn ensure_guest(rollout: &mut Rollout<'_>) -> Result<(), StepError> {
    let guest = match own_guest(rollout).await? {
        Some(row) if is_taken(rollout, &row) => keep_or_create(rollout, row.id).await?,
        Some(row) => create(rollout, row.id).await?,
        None => match take_warm(rollout).await? {
            Some(guest) => guest,
            None => {
                let id = rollout.run.ctx.new_guest_id();
                write_down(rollout, &id).await?;
                create(rollout, id).await?
            }
        },
    };
    rollout.guest = Some(guest);
    Ok(())
}

/// A guest that is older than its release was made for another one, and taken over by a rollback.
fn is_taken(rollout: &Rollout<'_>, row: &GuestRow) -> bool {
    row.created_at < rollout.release.created_at
}

/// A guest that was taken over is whole; only one that is certainly gone is made again.
async fn keep_or_create(rollout: &Rollout<'_>, id: GuestId) -> Result<GuestId, StepError> {
    match rollout.driver.observe(&id).await {
        Observation::Present(_) => Ok(id),
        Observation::Absent => create(rollout, id).await,
        Observation::Unknown(why) => Err(StepError::Again(why.into())),
    }
}

/// The guest whose row an earlier, cut try wrote.
async fn own_guest(rollout: &Rollout<'_>) -> Result<Option<GuestRow>, StepError> {
    let guests = rollout.store().guests_of(&rollout.facts.id).await?;
    let own = |row: &GuestRow| {
        row.role == Role::Serve && row.release == rollout.release.id && row.wanted != Wanted::Gone
    };
    Ok(guests.into_iter().find(own))
}

async fn take_warm(rollout: &Rollout<'_>) -> Result<Option<GuestId>, StepError> {
    let Some(from) = rollout.release.from.filter(|_| rollout.is_rollback()) else {
        return Ok(None);
    };
    // On a cluster each guest has a copy of the kept folders: a warm one has those of its own time.
    let has_copies = !rollout.facts.driver.is_of_a_place();
    if has_copies && !rollout.plan()?.persist.is_empty() {
        return Ok(None);
    }
    let _quiet = rollout.run.ctx.guest_lock.lock().await;
    let guests = rollout.store().guests_of(&rollout.facts.id).await?;
    let Some(warm) = guests
        .into_iter()
        .find(|g| g.role == Role::Serve && g.wanted == Wanted::Warm && g.release == from)
    else {
        return Ok(None);
    };
    rollout
        .store()
        .guest_wanted(rollout.lease(), &warm.id, Wanted::Making)
        .await?;
    rollout
        .store()
        .guest_taken(rollout.lease(), &warm.id, rollout.id())
        .await?;
    rollout.log.header(&text::taking_warm(&rollout.facts.name));
    Ok(Some(warm.id))
}

async fn write_down(rollout: &Rollout<'_>, id: &GuestId) -> Result<(), StepError> {
    let now = rollout.run.ctx.clock().now();
    let row = GuestRow {
        id: id.clone(),
        deployment: rollout.facts.id,
        release: rollout.release.id,
        driver: rollout.facts.driver,
        role: Role::Serve,
        wanted: Wanted::Making,
        base: rollout.base()?.clone(),
        created_at: now,
        wanted_since: now,
    };
    Ok(rollout.store().guest_planned(rollout.lease(), &row).await?)
}

async fn create(rollout: &Rollout<'_>, id: GuestId) -> Result<GuestId, StepError> {
    let spec = spec(rollout, id)?;
    rollout
        .hold(async { Ok(rollout.driver.create(&spec).await?) })
        .await?;
    Ok(spec.id)
}

fn spec(rollout: &Rollout<'_>, id: GuestId) -> Result<GuestSpec, StepError> {
    let plan = rollout.plan()?;
    Ok(GuestSpec {
        id,
        deployment: rollout.facts.id,
        release: rollout.release.id,
        label: rollout.facts.label.clone(),
        slot: rollout.facts.slot,
        role: Role::Serve,
        kind: rollout.facts.kind,
        node: rollout.facts.node.clone(),
        tags: rollout.tags(),
        base: rollout.base()?.clone(),
        artifact: Some(artifact(rollout)?),
        resources: rollout.release.resources,
        persist: plan
            .persist
            .iter()
            .map(|path| service::join(&plan.root, path))
            .collect(),
    })
}

fn artifact(rollout: &Rollout<'_>) -> Result<ArtifactId, StepError> {
    rollout
        .release
        .artifact
        .clone()
        .ok_or_else(|| StepError::Platform(text::NO_PLAN.into()))
}

/// Undo: removes the guest that this release made; one that it took over stays warm for the release it came from.
pub(super) async fn remove(rollout: &Rollout<'_>) -> Result<(), StepError> {
    for row in rollout.store().guests_of(&rollout.facts.id).await? {
        let ours = row.role == Role::Serve
            && row.release == rollout.release.id
            && row.wanted == Wanted::Making;
        if !ours {
            continue;
        }
        rollout.run.check()?;
        match rollout.release.from.filter(|_| is_taken(rollout, &row)) {
            Some(from) => {
                rollout
                    .store()
                    .guest_taken(rollout.lease(), &row.id, &from)
                    .await?;
                rollout
                    .store()
                    .guest_wanted(rollout.lease(), &row.id, Wanted::Warm)
                    .await?;
            }
            None => {
                rollout
                    .store()
                    .guest_wanted(rollout.lease(), &row.id, Wanted::Gone)
                    .await?;
                rollout.driver.destroy(&row.id).await?;
                rollout.store().guest_gone(&row.id).await?;
            }
        }
    }
    Ok(())
}
