//! What the driver of a cluster keeps here: the settings of the set-up, and its notebook of machines.

use crate::schema::Table;
use crate::schema::build::{big_int, integer, table, text, varchar};

pub(super) fn tables() -> Vec<Table> {
    vec![clusters(), machines()]
}

fn clusters() -> Table {
    let columns = [
        varchar("name", 63),
        text("settings"),
        text("secret").nullable(),
        text("ssh_key").nullable(),
        big_int("updated_at"),
    ];
    table("clusters", &["name"], columns)
}

/// A number of the cluster belongs to one owner: two servers that choose at once never take it twice.
fn machines() -> Table {
    let columns = [
        varchar("owner", 190),
        varchar("cluster", 63),
        integer("vmid"),
        varchar("kind", 10),
        text("details"),
        big_int("revision"),
        varchar("holder", 255).nullable(),
        big_int("held_until").nullable(),
        big_int("created_at"),
    ];
    table("machines", &["owner"], columns)
        .unique("ix_machines_vmid", &["cluster", "vmid"])
        .indexed("ix_machines_cluster", &["cluster", "owner"])
}
