//! Where a machine goes: a pure choice over what the cluster shows.

use domain::ports::DriverError;
use pve::NodeName;

use crate::text::proxmox as text;

/// A node as far as placing is concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its name.
    pub node: NodeName,
    /// Whether it is online.
    pub online: bool,
    /// Whether the settings allow it.
    pub allowed: bool,
    /// Free memory in bytes.
    pub memory: u64,
    /// Free bytes on the storage for disks; none: the node does not have that storage.
    pub disk: Option<u64>,
    /// Whether it has the bridge; none: it could not be asked.
    pub bridge: Option<bool>,
    /// Whether the base to clone is there.
    pub base: bool,
}

/// What a machine needs of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// Memory in bytes.
    pub memory: u64,
    /// Disk in bytes.
    pub disk: u64,
    /// The only node that will do.
    pub node: Option<NodeName>,
}

/// Memory of a node that is left alone, in bytes.
pub const MEMORY_LEFT: u64 = 256 << 20;
/// Disk of a storage that is left alone, in bytes.
pub const DISK_LEFT: u64 = 1 << 30;

/// Why a node was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// The settings leave it out.
    NotAllowed,
    /// Another node was asked for.
    NotAsked,
    /// It is offline, or cannot be asked.
    Offline,
    /// It has no such bridge.
    NoBridge,
    /// It does not have the storage.
    NoStorage,
    /// It has this much memory free, in bytes.
    Memory(u64),
    /// Its storage has this much free, in bytes.
    Disk(u64),
}

/// The best node: one that has the base, then the one with the most free memory, then the first by name.
///
/// # Errors
/// When there is none: with the reason of each node.
pub fn choose<'a>(places: &'a [Place], need: &Need) -> Result<&'a Place, DriverError> {
    let fit = places.iter().filter(|place| unfit(place, need).is_none());
    let best = fit.max_by(|a, b| {
        let rank = |place: &Place| (place.base, place.memory);
        rank(a).cmp(&rank(b)).then_with(|| b.node.cmp(&a.node))
    });
    best.ok_or_else(|| refusal(places, need))
}

/// Why a node will not do; none: it will.
pub fn unfit(place: &Place, need: &Need) -> Option<Unfit> {
    if !place.allowed {
        return Some(Unfit::NotAllowed);
    }
    if need.node.as_ref().is_some_and(|node| *node != place.node) {
        return Some(Unfit::NotAsked);
    }
    if !place.online || place.bridge.is_none() {
        return Some(Unfit::Offline);
    }
    if place.bridge == Some(false) {
        return Some(Unfit::NoBridge);
    }
    let Some(disk) = place.disk else {
        return Some(Unfit::NoStorage);
    };
    if place.memory < need.memory.saturating_add(MEMORY_LEFT) {
        return Some(Unfit::Memory(place.memory));
    }
    if disk < need.disk.saturating_add(DISK_LEFT) {
        return Some(Unfit::Disk(disk));
    }
    None
}

/// Nodes that are only offline come back; a full or wrong cluster does not change by itself.
fn refusal(places: &[Place], need: &Need) -> DriverError {
    if let Some(node) = &need.node
        && !places.iter().any(|place| place.node == *node)
    {
        return text::no_such_node(node, places);
    }
    let reasons: Vec<(&NodeName, Unfit)> = places
        .iter()
        .filter_map(|place| Some((&place.node, unfit(place, need)?)))
        .filter(|(_, why)| *why != Unfit::NotAsked)
        .collect();
    let passes = reasons.iter().any(|(_, why)| *why == Unfit::Offline);
    let full = |(_, why): &(&NodeName, Unfit)| matches!(why, Unfit::Memory(_) | Unfit::Disk(_));
    if passes && !reasons.iter().any(full) {
        return DriverError::Transient(text::nodes_offline(&reasons));
    }
    text::no_room(&reasons, need)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GB: u64 = 1 << 30;

    fn place(node: &str, memory: u64, base: bool) -> Place {
        Place {
            node: node.parse().unwrap(),
            online: true,
            allowed: true,
            memory: memory * GB,
            disk: Some(100 * GB),
            bridge: Some(true),
            base,
        }
    }

    fn need(memory: u64, disk: u64) -> Need {
        Need {
            memory: memory * GB,
            disk: disk * GB,
            node: None,
        }
    }

    fn chosen(places: &[Place], need: &Need) -> String {
        choose(places, need).unwrap().node.to_string()
    }

    #[test]
    fn the_base_counts_more_than_room_and_room_more_than_the_name() {
        let places = [
            place("a", 8, false),
            place("b", 4, true),
            place("c", 16, false),
        ];
        assert_eq!(chosen(&places, &need(1, 5)), "b");
        assert_eq!(
            chosen(&places, &need(4, 5)),
            "c",
            "b is full, also by what is left alone"
        );
        assert_eq!(
            chosen(&[place("y", 8, false), place("x", 8, false)], &need(1, 5)),
            "x"
        );
    }

    #[test]
    fn a_wished_node_is_taken_or_nothing() {
        let places = [place("a", 8, false), place("b", 4, true)];
        let mut need = need(1, 5);
        need.node = Some("a".parse().unwrap());
        assert_eq!(chosen(&places, &need), "a");
        need.node = Some("z".parse().unwrap());
        let error = choose(&places, &need).unwrap_err().to_string();
        assert!(error.contains('z') && error.contains('a'), "{error}");
    }

    #[test]
    fn what_is_not_fit_is_passed_over_and_named() {
        let mut places = [
            place("a", 8, true),
            place("b", 8, true),
            place("c", 8, true),
            place("d", 0, true),
        ];
        places[0].online = false;
        places[1].bridge = Some(false);
        places[2].disk = Some(3 * GB);
        let Err(DriverError::Capacity { what, cure }) = choose(&places, &need(1, 5)) else {
            panic!()
        };
        for word in ["a", "offline", "b", "bridge", "c", "3", "d", "memory"] {
            assert!(what.contains(word), "{word}: {what}");
        }
        assert!(!cure.is_empty());
    }

    #[test]
    fn a_cluster_that_is_only_offline_is_waited_for() {
        let mut places = [place("a", 8, true), place("b", 8, true)];
        places[0].online = false;
        places[1].allowed = false;
        let error = choose(&places, &need(1, 5)).unwrap_err();
        assert!(matches!(error, DriverError::Transient(_)), "{error:?}");
        let nothing = choose(&[], &need(1, 5)).unwrap_err();
        assert!(
            matches!(nothing, DriverError::Capacity { .. }),
            "{nothing:?}"
        );
    }

    fn any_place() -> impl Strategy<Value = Place> {
        let flags = any::<(bool, bool, Option<bool>, bool)>();
        (0u8..20, 0u64..12, proptest::option::of(0u64..30), flags).prop_map(
            |(name, memory, disk, flags)| Place {
                node: format!("n{name}").parse().unwrap(),
                online: flags.0,
                allowed: flags.1,
                memory: memory * GB,
                disk: disk.map(|disk| disk * GB),
                bridge: flags.2,
                base: flags.3,
            },
        )
    }

    proptest! {
        #[test]
        fn the_choice_is_fit_and_no_fit_one_is_better(places in proptest::collection::vec(any_place(), 0..8), memory in 0u64..8, disk in 0u64..20) {
            let need = need(memory, disk);
            match choose(&places, &need) {
                Ok(best) => {
                    prop_assert_eq!(unfit(best, &need), None);
                    let better = |place: &&Place| unfit(place, &need).is_none() && (place.base, place.memory) > (best.base, best.memory);
                    prop_assert_eq!(places.iter().find(better), None);
                }
                Err(_) => prop_assert!(places.iter().all(|place| unfit(place, &need).is_some())),
            }
        }

        #[test]
        fn the_order_of_the_list_does_not_matter(mut places in proptest::collection::vec(any_place(), 0..8)) {
            places.sort_by(|a, b| a.node.cmp(&b.node));
            places.dedup_by(|a, b| a.node == b.node);
            let first = choose(&places, &need(1, 5)).ok().cloned();
            places.reverse();
            prop_assert_eq!(choose(&places, &need(1, 5)).ok().cloned(), first);
        }
    }
}
