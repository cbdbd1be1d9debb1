//! Making a base. One server makes it, others wait; a making that was cut is begun again, since half a base is of no use.

use std::time::Duration;

use domain::DeploymentKind;
use domain::ports::{DriverError, LineSink, OutLine};
use pve::{Feature, Guest, NodeName};
use tokio::time::Instant;

use super::name::BaseName;
use super::template::{self, Template};
use super::{fill, find};
use crate::proxmox::details::{BaseDetails, BaseStage};
use crate::proxmox::fault::During;
use crate::proxmox::nonce::Mark;
use crate::proxmox::notebook::BaseNote;
use crate::proxmox::patience::{follow, patiently};
use crate::proxmox::places;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// A maker is believed alive for this long after it last said so.
const HOLD: Duration = Duration::from_secs(120);
/// It says so this often.
const RENEW: Duration = Duration::from_secs(30);
/// Pauses between two looks at a base that another server makes.
const PAUSE: Duration = Duration::from_secs(2);

/// The size of a base's disk, in bytes.
pub fn size_of(site: &Site, kind: DeploymentKind) -> u64 {
    match kind {
        DeploymentKind::Lxc => site.limits().lxc_base,
        DeploymentKind::Vm => site.limits().vm_base,
    }
}

/// Makes a base again by its name alone, for a guest whose base is gone or elsewhere.
pub async fn again(
    site: &Site,
    name: &BaseName,
    node: &NodeName,
    sink: LineSink<'_>,
) -> Result<BaseNote, DriverError> {
    let templates = template::on(site, name.kind, node).await?;
    let template = templates.into_iter().find(|one| one.os == name.os);
    let template = match template {
        Some(template) => template,
        None => {
            let offered = template::offered(site, node).await;
            let found = offered.into_iter().find(|(os, _)| *os == name.os);
            let (os, file) = found.ok_or_else(|| text::no_template(name.os))?;
            template::download(site, node, os, &file).await?
        }
    };
    make(site, name, node, &template, sink).await
}

/// Makes a base on a node, or waits for another server that does.
pub async fn make(
    site: &Site,
    name: &BaseName,
    node: &NodeName,
    template: &Template,
    sink: LineSink<'_>,
) -> Result<BaseNote, DriverError> {
    let mut note = claim(site, name, node).await?;
    let begun = Instant::now();
    let mut told = false;
    loop {
        if note.details.stage == BaseStage::Ready {
            return Ok(note);
        }
        if site.notebook.hold(&note.owner, &site.me, HOLD).await? {
            let made = held(site, &mut note, template, sink).await;
            site.notebook.let_go(&note.owner, &site.me).await?;
            return made.map(|()| note);
        }
        if !told {
            told = true;
            say(sink, text::base_made_elsewhere(&note.details.name));
        }
        if begun.elapsed() >= site.limits().other_maker {
            let name = note.details.name;
            return Err(DriverError::Transient(text::base_takes_long(&name)));
        }
        site.pause(PAUSE).await;
        note = match site.notebook.find(&note.owner).await? {
            Some(fresh) => fresh,
            None => claim(site, name, node).await?,
        };
    }
}

/// The row of the base that is being made for this place, or of a new generation.
async fn claim(site: &Site, name: &BaseName, node: &NodeName) -> Result<BaseNote, DriverError> {
    let shared = places::is_shared(site).await?;
    let mut wanted = BaseDetails {
        name: name.to_string(),
        node: node.clone(),
        storage: site.settings().disks.clone(),
        shared,
        nonce: site.nonce(),
        generation: 1,
        stage: BaseStage::Making,
        made_at: None,
        host_key: None,
        versions: Vec::new(),
        linked: false,
        abandoned: Vec::new(),
    };
    let all: Vec<BaseNote> = site.notebook.all::<BaseDetails>().await?;
    let same = all
        .iter()
        .filter(|base| find::is_same_place(&base.details, &wanted));
    if let Some(last) = same.max_by_key(|base| base.details.generation) {
        let usable = match last.details.stage {
            BaseStage::Making | BaseStage::Filled => true,
            BaseStage::Ready => !find::is_old(site, last),
            BaseStage::Retired => false,
        };
        if usable {
            return Ok(last.clone());
        }
        wanted.generation = last.details.generation + 1;
    }
    let owner = owner(&site.config.cluster, &wanted);
    site.notebook.claim(&owner, &wanted, &[]).await
}

/// The name of the row: unique per cluster, base, place and generation.
fn owner(cluster: &str, details: &BaseDetails) -> String {
    let place: String = match details.shared {
        true => details.storage.as_str().chars().take(60).collect(),
        false => details.node.to_string(),
    };
    format!(
        "base/{cluster}/{}@{place}#{}",
        details.name, details.generation
    )
}

/// Makes it while the hold is renewed; a hold that is lost ends the work.
async fn held(
    site: &Site,
    note: &mut BaseNote,
    template: &Template,
    sink: LineSink<'_>,
) -> Result<(), DriverError> {
    let owner = note.owner.clone();
    let renewed = async {
        loop {
            site.pause(RENEW).await;
            match site.notebook.hold(&owner, &site.me, HOLD).await {
                Ok(true) => {}
                Ok(false) => return DriverError::Transient(text::base_takes_long(&owner)),
                // The database is away for a moment: the hold is trusted until it would have run out.
                Err(error) => tracing::warn!(%error, owner, "a hold was not renewed"),
            }
        }
    };
    tokio::select! {
        made = work(site, note, template, sink) => made,
        lost = renewed => Err(lost),
    }
}

async fn work(
    site: &Site,
    note: &mut BaseNote,
    template: &Template,
    sink: LineSink<'_>,
) -> Result<(), DriverError> {
    // Somebody may have finished it between the look and the hold.
    if let Some(fresh) = site.notebook.find(&note.owner).await? {
        *note = fresh;
    }
    if note.details.stage == BaseStage::Making {
        let (name, node) = (&note.details.name, &note.details.node);
        say(sink, text::making_base(name, node, template.volume.file()));
        fill::fill(site, note, template, sink).await?;
    }
    if note.details.stage == BaseStage::Filled {
        say(sink, text::BASE_CLEANS.to_owned());
        finish(site, note).await?;
        site.notebook.free_address(&note.owner).await?;
    }
    let details = &note.details;
    say(
        sink,
        text::base_ready(&details.name, &details.versions, details.linked),
    );
    Ok(())
}

/// A template where the storage can have one, else a machine that stays off.
async fn finish(site: &Site, note: &mut BaseNote) -> Result<(), DriverError> {
    let machine = machine(site, note)?;
    let config = machine.config().await.during(&text::look_at(note.vmid))?;
    if !config.is_template()
        && let Err(error) = template_of(site, &machine).await
    {
        tracing::info!(base = note.owner, %error, "no template: clones are full copies of a stopped machine");
    }
    let linked = machine.can(Feature::Clone, None).await.unwrap_or(false);
    let is_template = machine
        .config()
        .await
        .is_ok_and(|config| config.is_template());
    let now = site.clock().now();
    let change = |details: &mut BaseDetails| {
        details.linked = linked && is_template;
        details.made_at = Some(now);
        details.stage = BaseStage::Ready;
    };
    site.notebook.change(note, change).await
}

async fn template_of(site: &Site, machine: &Guest) -> Result<(), pve::Error> {
    match patiently(site, || machine.make_template()).await? {
        Some(upid) => follow(site, &upid).await,
        None => Ok(()),
    }
}

/// The machine of a base.
pub fn machine(site: &Site, note: &BaseNote) -> Result<Guest, DriverError> {
    let name: BaseName = note
        .details
        .name
        .parse()
        .map_err(|bad| DriverError::other("read the note of a base", bad))?;
    site.machine(name.kind, &note.details.node, note.vmid)
}

/// The mark of a base.
pub fn mark(note: &BaseNote) -> Mark {
    Mark::Base {
        nonce: note.details.nonce.clone(),
    }
}

/// Tells a line.
pub fn say(sink: LineSink<'_>, text: String) {
    sink(OutLine { text });
}
