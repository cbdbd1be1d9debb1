//! Old bases: not cloned any more, and removed once no clone is left.

use std::time::Duration;

use domain::ports::DriverError;

use super::find;
use super::make::mark;
use super::name::{BaseName, RECIPE};
use crate::proxmox::details::{BaseDetails, BaseStage, GuestDetails};
use crate::proxmox::guest::destroy;
use crate::proxmox::look::Spot;
use crate::proxmox::notebook::{BaseNote, GuestNote};
use crate::proxmox::site::Site;

/// Removing one takes less than this.
const HOLD: Duration = Duration::from_secs(300);

/// Retires what is old, replaced, of another recipe or half made by a server that is gone; removes what nothing is cloned
/// from.
pub async fn sweep(site: &Site) -> Result<(), DriverError> {
    let bases: Vec<BaseNote> = site.notebook.all::<BaseDetails>().await?;
    for mut base in bases.clone() {
        if base.details.stage == BaseStage::Ready && is_over(site, &base, &bases) {
            let retired = |details: &mut BaseDetails| details.stage = BaseStage::Retired;
            site.notebook.change(&mut base, retired).await?;
        }
        if base.details.stage != BaseStage::Retired {
            continue;
        }
        // Rows of guests are written before they look whether their base is still ready: none now, none later.
        let guests: Vec<GuestNote> = site.notebook.all::<GuestDetails>().await?;
        if !guests.iter().any(|guest| guest.details.base == base.owner)
            && site.notebook.hold(&base.owner, &site.me, HOLD).await?
        {
            remove(site, &base).await?;
        }
    }
    Ok(())
}

fn is_over(site: &Site, base: &BaseNote, all: &[BaseNote]) -> bool {
    let name: Option<BaseName> = base.details.name.parse().ok();
    let replaced = all.iter().any(|other| {
        find::is_same_place(&base.details, &other.details)
            && other.details.generation > base.details.generation
            && other.details.stage == BaseStage::Ready
    });
    replaced || find::is_old(site, base) || name.is_none_or(|name| name.recipe != RECIPE)
}

async fn remove(site: &Site, base: &BaseNote) -> Result<(), DriverError> {
    let kind = base.details.name.parse::<BaseName>().map(|name| name.kind);
    let kind = kind.map_err(|bad| DriverError::other("read the note of a base", bad))?;
    let numbers = base.details.abandoned.iter().copied().chain([base.vmid]);
    for vmid in numbers {
        let spot = Spot {
            kind,
            node: &base.details.node,
            vmid,
            source: None,
        };
        destroy::machine_at(site, spot, &mark(base)).await?;
    }
    site.notebook.free_address(&base.owner).await?;
    site.notebook.erase(&base.owner).await
}
