//! What the driver says about this machine.

use domain::guest::DriverReport;

use super::tier::{Place, Tier};
use super::wire::Ids;
use crate::text::place as text;

/// The report.
pub fn of(place: &Place, ids: Ids) -> DriverReport {
    let (name, meaning) = match place.tier() {
        Tier::L1 => ("L1", text::L1),
        Tier::L2 => ("L2", text::L2),
    };
    DriverReport {
        tier: name.into(),
        meaning: meaning.into(),
        network: place
            .no_network
            .as_deref()
            .map_or_else(|| text::NETWORK.into(), text::no_network),
        enforced: enforced(place),
        warnings: warnings(place, ids),
    }
}

fn enforced(place: &Place) -> Vec<String> {
    let has_cpu = place
        .cgroup
        .as_ref()
        .is_some_and(|placement| placement.has("cpu"));
    let memory = match place.tier() {
        Tier::L1 => text::MEMORY_BY_GROUP,
        Tier::L2 => text::MEMORY_BY_PROCESS,
    };
    let cpu = if has_cpu { text::CPU } else { text::NO_CPU };
    [memory, cpu, text::PIDS, text::DISK]
        .map(str::to_owned)
        .to_vec()
}

fn warnings(place: &Place, ids: Ids) -> Vec<String> {
    let mut warnings: Vec<String> = place
        .no_network
        .as_deref()
        .map(text::no_network)
        .into_iter()
        .collect();
    warnings.extend((!place.landlock).then(|| text::NO_LANDLOCK.to_owned()));
    warnings.extend((!place.overlay).then(|| text::NO_OVERLAY.to_owned()));
    warnings.extend((!ids.privileged).then(|| text::ONE_USER.to_owned()));
    warnings
}
