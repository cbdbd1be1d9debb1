//! What nobody needs any more: guests whose removal was cut, old bases.

use domain::ports::DriverError;

use super::base::retire;
use super::details::{GuestDetails, GuestStage};
use super::guest::destroy;
use super::notebook::GuestNote;
use super::site::Site;

/// Removes it.
pub async fn sweep(site: &Site) -> Result<(), DriverError> {
    let guests: Vec<GuestNote> = site.notebook.all::<GuestDetails>().await?;
    for note in guests {
        if note.details.stage == GuestStage::Ending {
            destroy::destroy(site, &note.details.spec.id).await?;
        }
    }
    retire::sweep(site).await
}
