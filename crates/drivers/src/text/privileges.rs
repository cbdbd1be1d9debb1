//! What each privilege is for, as fragments.

pub(crate) const GUESTS: &str = "to make, change, start, stop and remove the guests of this pool";
pub(crate) const ALL_GUESTS: &str = "to make, change, start, stop and remove guests";
pub(crate) const IMAGE: &str = "to clone the template that was chosen for VMs";
pub(crate) const DISKS: &str = "to put the disks of guests there";
pub(crate) const SOURCES: &str = "to read templates and images";
pub(crate) const DOWNLOADS: &str = "to download templates by itself";
pub(crate) const NETWORK: &str = "to attach guests to the network";
pub(crate) const LOOK: &str = "to see the quorum, the nodes' memory and whether the firewall is on";
