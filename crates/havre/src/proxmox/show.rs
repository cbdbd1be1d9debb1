//! What a cluster offers, in lines.

use pve::BridgeRow;

use super::survey::{StorageSeen, Survey};
use crate::screen::Screen;
use crate::text;

/// More than this many of a kind are counted only.
const MOST: usize = 12;

/// All of it, for people.
pub fn survey(screen: Screen, seen: &Survey) {
    screen.say(&text::pve_seen_version(&seen.version.version, seen.quorate));
    let nodes = seen.nodes.iter().map(|node| {
        let memory = node
            .maxmem
            .unwrap_or(0)
            .saturating_sub(node.mem.unwrap_or(0));
        text::pve_node(node.node.as_str(), &node.status, memory)
    });
    list(screen, text::PVE_NODES, nodes.collect());
    list(
        screen,
        text::PVE_STORAGES,
        seen.storages.iter().map(storage).collect(),
    );
    list(
        screen,
        text::PVE_BRIDGES,
        seen.bridges.iter().map(bridge).collect(),
    );
    let volumes = seen.templates.iter().chain(&seen.images);
    list(
        screen,
        text::PVE_TEMPLATES,
        volumes.map(|volume| volume.volid.to_string()).collect(),
    );
}

fn list(screen: Screen, head: &str, lines: Vec<String>) {
    screen.say(head);
    if lines.is_empty() {
        screen.say(&format!("  {}", text::PVE_NOTHING));
    }
    for line in lines.iter().take(MOST) {
        screen.say(&format!("  {line}"));
    }
    if lines.len() > MOST {
        screen.say(&format!("  {}", text::pve_more(lines.len() - MOST)));
    }
}

/// A storage with its room and what it can.
pub fn storage(storage: &StorageSeen) -> String {
    let row = &storage.row;
    let can = storage.can();
    text::pve_storage(
        row.storage.as_str(),
        &row.kind,
        row.shared,
        row.avail.unwrap_or(0),
        [can.clone, can.snapshot],
    )
}

/// A bridge or a vnet.
pub fn bridge(row: &BridgeRow) -> String {
    text::pve_bridge(
        row.iface.as_str(),
        &row.kind,
        row.cidr.as_deref(),
        row.comments.as_deref(),
    )
}
