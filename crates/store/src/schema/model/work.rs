//! What is to be done, where it is done, and what was done.

use crate::schema::build::{big_int, counting, integer, long_text, table, text, varchar};
use crate::schema::{Default, Table};

pub(super) fn tables() -> Vec<Table> {
    vec![jobs(), guests(), events(), havre_meta()]
}

/// Only jobs that wait or are leased: a job that is over leaves the table.
fn jobs() -> Table {
    let columns = [
        counting("seq"),
        varchar("id", 36),
        varchar("deployment_id", 36),
        varchar("kind", 20),
        varchar("release_id", 36).nullable(),
        integer("attempts").default(Default::Number(0)),
        big_int("epoch").default(Default::Number(0)),
        big_int("due_at"),
        varchar("worker", 255).nullable(),
        big_int("lease_until").nullable(),
    ];
    table("jobs", &["seq"], columns)
        .unique("ix_jobs_id", &["id"])
        .indexed("ix_jobs_deployment", &["deployment_id", "seq"])
        .indexed("ix_jobs_release", &["release_id"])
        .points_at("deployment_id", "managed", "deployment_id")
        .points_at("release_id", "releases", "id")
}

fn guests() -> Table {
    let columns = [
        varchar("id", 13),
        varchar("deployment_id", 36),
        varchar("release_id", 36),
        varchar("driver", 20),
        varchar("role", 10),
        varchar("wanted", 10),
        varchar("base", 128),
        big_int("created_at"),
        big_int("wanted_since"),
        varchar("place", 36).nullable(),
    ];
    table("guests", &["id"], columns)
        .indexed(
            "ix_guests_deployment",
            &["deployment_id", "created_at", "id"],
        )
        .indexed("ix_guests_driver", &["driver", "id"])
}

fn events() -> Table {
    let columns = [
        counting("seq"),
        big_int("at"),
        varchar("deployment_id", 36),
        long_text("what"),
    ];
    table("events", &["seq"], columns).indexed("ix_events_deployment", &["deployment_id", "seq"])
}

/// What this database knows of itself, such as the id of its key.
fn havre_meta() -> Table {
    table(
        "havre_meta",
        &["name"],
        [varchar("name", 50), text("value")],
    )
}
