//! The base for a wish: one that is ready, or a new one.

use domain::guest::{Base, BaseWish};
use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::{DriverError, LineSink};
use domain::version::Release;

use super::choose::{self, Choice, fit};
use super::name::BaseName;
use super::os::Os;
use super::template::{self, Template};
use super::{find, make};
use crate::local::toolchain::{Fit, merged};
use crate::proxmox::notebook::BaseNote;
use crate::proxmox::placement::{self, Need};
use crate::proxmox::places;
use crate::proxmox::site::Site;
use crate::text::proxmox as text;

/// Memory of the machine in which a base is made, in MiB.
pub const MAKER_MEMORY: u32 = 2048;

/// Finds or makes the base.
pub async fn prepare(
    site: &Site,
    wish: &BaseWish,
    sink: LineSink<'_>,
) -> Result<Base, DriverError> {
    if let Some((base, choice)) = ready(site, wish).await? {
        return answer(&base, choice, wish);
    }
    let node = place(site, wish).await?;
    let templates = template::on(site, wish.kind, &node).await?;
    let systems: Vec<Os> = templates.iter().map(|one| one.os).collect();
    let (choice, template) = match choose::choose(wish, &systems) {
        Ok(choice) => {
            let os = choice.name.os;
            let template = templates.into_iter().find(|one| one.os == os);
            (choice, template.ok_or_else(|| text::no_system(wish.kind))?)
        }
        Err(none) => download(site, wish, &node).await?.ok_or(none)?,
    };
    let base = make::make(site, &choice.name, &node, &template, sink).await?;
    answer(&base, choice, wish)
}

/// A base that is there already and answers the wish exactly.
async fn ready(site: &Site, wish: &BaseWish) -> Result<Option<(BaseNote, Choice)>, DriverError> {
    let bases = find::all_ready(site).await?;
    let node = places::wished(wish.node.as_ref())?;
    let mut systems: Vec<Os> = bases
        .iter()
        .filter(|base| {
            node.as_ref()
                .is_none_or(|node| base.details.shared || base.details.node == *node)
        })
        .filter_map(|base| base.details.name.parse::<BaseName>().ok())
        .filter(|name| name.kind == wish.kind)
        .map(|name| name.os)
        .collect();
    systems.sort_by_key(|os| std::cmp::Reverse(os.age()));
    systems.dedup();
    for os in systems {
        let Ok(choice) = choose::choose(&strict(wish), &[os]) else {
            continue;
        };
        let name = choice.name.to_string();
        if choice.missing_optional.is_empty()
            && let Some(base) = bases.iter().find(|base| base.details.name == name)
        {
            return Ok(Some((base.clone(), choice)));
        }
    }
    Ok(None)
}

fn strict(wish: &BaseWish) -> BaseWish {
    BaseWish {
        any_version: false,
        ..wish.clone()
    }
}

/// The node that a new base is made on.
async fn place(site: &Site, wish: &BaseWish) -> Result<pve::NodeName, DriverError> {
    let places = places::of(site, &[]).await?;
    let need = Need {
        memory: u64::from(MAKER_MEMORY) << 20,
        disk: make::size_of(site, wish.kind),
        node: places::wished(wish.node.as_ref())?,
    };
    Ok(placement::choose(&places, &need)?.node.clone())
}

/// A template of the catalogue that answers the wish; none when there is none, or the token may not download.
async fn download(
    site: &Site,
    wish: &BaseWish,
    node: &pve::NodeName,
) -> Result<Option<(Choice, Template)>, DriverError> {
    if wish.kind == domain::DeploymentKind::Vm {
        return Ok(None);
    }
    let offered = template::offered(site, node).await;
    let systems: Vec<Os> = offered.iter().map(|(os, _)| *os).collect();
    let Ok(choice) = choose::choose(wish, &systems) else {
        return Ok(None);
    };
    let Some((os, file)) = offered.into_iter().find(|(os, _)| *os == choice.name.os) else {
        return Ok(None);
    };
    match template::download(site, node, os, &file).await {
        Ok(template) => Ok(Some((choice, template))),
        Err(error @ (DriverError::Transient(_) | DriverError::Capacity { .. })) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "a template was not downloaded");
            Ok(None)
        }
    }
}

/// What is in the base decides: a system may have moved on since this program was written.
fn answer(base: &BaseNote, choice: Choice, wish: &BaseWish) -> Result<Base, DriverError> {
    let mut warnings = choice.warnings;
    for need in merged(&wish.needs) {
        let found = found(base, need.runtime);
        if choice.missing_optional.contains(&need.runtime) || fit(&need, found) != Fit::No {
            continue;
        }
        let (Some(asked), Some(found)) = (need.version.as_ref(), found) else {
            continue;
        };
        let told = text::other_version(need.runtime, asked, found, choice.name.os);
        if !wish.any_version && is_needed(&need) {
            return Err(text::wrong_version(
                need.runtime,
                asked,
                &[choice.name.os],
                None,
            ));
        }
        if !warnings.contains(&told) {
            warnings.push(told);
        }
    }
    Ok(Base {
        id: choice.name.id(),
        versions: base.details.versions.clone(),
        missing_optional: choice.missing_optional,
        warnings,
    })
}

fn is_needed(need: &RuntimeNeed) -> bool {
    need.optional.is_none()
}

/// The version that was found in a base.
fn found(base: &BaseNote, runtime: Runtime) -> Option<Release> {
    base.details.versions.iter().find_map(|title| {
        let version = title.strip_prefix(runtime.as_str())?.trim();
        Release::parse(version)
    })
}
