//! No capability is left, and none can come back.

use caps::{CapSet, Capability};

use super::super::trouble::{On, Trouble};

/// Empties every set. Capabilities that this kernel does not know are skipped.
pub fn drop_all() -> Result<(), Trouble> {
    for capability in caps::all() {
        drop_bound(capability)?;
    }
    for set in [
        CapSet::Ambient,
        CapSet::Inheritable,
        CapSet::Effective,
        CapSet::Permitted,
    ] {
        caps::clear(None, set)
            .map_err(std::io::Error::other)
            .on(format!("clear the {set:?} capabilities"))?;
    }
    nix::sys::prctl::set_no_new_privs().on("forbid new privileges")
}

fn drop_bound(capability: Capability) -> Result<(), Trouble> {
    match caps::has_cap(None, CapSet::Bounding, capability) {
        Ok(true) => caps::drop(None, CapSet::Bounding, capability)
            .map_err(std::io::Error::other)
            .on(format!("drop {capability}")),
        _ => Ok(()),
    }
}
