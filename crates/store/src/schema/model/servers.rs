//! The servers that share the database, and who of them leads what.

use crate::schema::Table;
use crate::schema::build::{big_int, table, varchar};

pub(super) fn tables() -> Vec<Table> {
    vec![servers(), leaders()]
}

/// One row for each place. A server that stopped keeps its row, with a time that is over.
fn servers() -> Table {
    let columns = [
        varchar("place", 36),
        varchar("worker", 255),
        varchar("name", 255),
        varchar("apps", 300),
        varchar("version", 50),
        big_int("started_at"),
        big_int("seen_until"),
    ];
    table("servers", &["place"], columns)
}

fn leaders() -> Table {
    let columns = [
        varchar("name", 150),
        varchar("holder", 255),
        big_int("epoch"),
        big_int("lease_until"),
    ];
    table("leaders", &["name"], columns)
}
