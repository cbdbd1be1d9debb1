//! Making a guest. Each stage is written down when it is done; a call that was cut goes on behind the last one.

use domain::guest::{GuestSpec, Role};
use domain::ports::DriverError;

use super::configure::machine;
use super::{clone, configure, enter, keys, plan, power};
use crate::proxmox::details::{GuestDetails, GuestStage};
use crate::proxmox::keep;
use crate::proxmox::look::Found;
use crate::proxmox::notebook::{BaseNote, GuestNote};
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Makes the guest, or what is missing of it.
pub async fn create(site: &Site, spec: &GuestSpec) -> Result<(), DriverError> {
    let (mut note, fresh) = match site.notebook.guest(&spec.id).await? {
        None => (plan::plan(site, spec).await?, true),
        Some(note) => (resume(site, spec, note).await?, false),
    };
    if note.details.stage < GuestStage::Cloned {
        clone::clone(site, &mut note, fresh).await?;
    }
    if note.details.stage < GuestStage::Configured {
        configure::configure(site, &mut note).await?;
    }
    if note.details.stage < GuestStage::Reached {
        let machine = machine(site, &note)?;
        power::on(site, &machine).await?;
        keys::meet(site, &mut note, &machine).await?;
    }
    if note.details.stage < GuestStage::Ready {
        fill(site, &mut note).await?;
    }
    Ok(())
}

/// A row that is there already: is the machine there as well? One that is gone is made again under the same id.
async fn resume(
    site: &Site,
    spec: &GuestSpec,
    mut note: GuestNote,
) -> Result<GuestNote, DriverError> {
    if note.details.stage == GuestStage::Ending {
        return Err(DriverError::Transient(text::being_removed(&spec.id)));
    }
    let base: Option<BaseNote> = site.notebook.find(&note.details.base).await?;
    if note.details.stage > GuestStage::Planned {
        let source = base.as_ref().map(|base| base.vmid);
        match clone::found_from(site, &note, source).await? {
            Found::Ours { node, .. } => {
                let change = |details: &mut GuestDetails| details.node = node.clone();
                site.notebook.change(&mut note, change).await?;
                return Ok(note);
            }
            Found::Foreign | Found::Forming(_) => clone::another_number(site, &mut note).await?,
            Found::Nothing => {}
        }
        site.notebook.change(&mut note, begin_again).await?;
    }
    if plan::is_ready(site, &note.details.base).await? {
        return Ok(note);
    }
    // Its base was retired before the clone was asked for.
    let source = base.as_ref().map(|base| base.vmid);
    if let Found::Ours { .. } = clone::found_from(site, &note, source).await? {
        return Ok(note);
    }
    site.notebook.erase(&note.owner).await?;
    plan::plan(site, spec).await
}

/// What was known of a machine that is gone.
fn begin_again(details: &mut GuestDetails) {
    details.stage = GuestStage::Planned;
    details.own_key = None;
    details.pinned = false;
    details.confirmed = None;
}

/// The app's folder, from the artifact.
async fn fill(site: &Site, note: &mut GuestNote) -> Result<(), DriverError> {
    let inside = enter::of_note(site, note).await?;
    inside.ready(site.limits().boot).await?;
    let spec = note.details.spec.clone();
    if let (Role::Serve, Some(artifact)) = (spec.role, &spec.artifact) {
        keep::newest(site, &spec).await?;
        inside
            .unpack(&site.artifacts, &spec.deployment, artifact)
            .await?;
        inside
            .fill(&site.kept, &spec.deployment, &spec.persist)
            .await?;
    }
    let now = site.clock().now();
    let change = |details: &mut GuestDetails| {
        details.stage = GuestStage::Ready;
        details.made_at = Some(now);
    };
    site.notebook.change(note, change).await
}
