//! Releases and their steps.

use crate::schema::build::{big_int, integer, long_text, table, text, varchar};
use crate::schema::{Default, Table};

pub(super) fn tables() -> Vec<Table> {
    vec![releases(), steps()]
}

fn releases() -> Table {
    let columns = [
        varchar("id", 36),
        varchar("deployment_id", 36),
        integer("version"),
        varchar("cause", 20),
        varchar("from_release_id", 36).nullable(),
        varchar("status", 20),
        varchar("url", 500),
        text("git_ref").nullable(),
        varchar("commit_hash", 64).nullable(),
        long_text("options"),
        long_text("plan").nullable(),
        long_text("env").nullable(),
        text("resources"),
        varchar("artifact", 64).nullable(),
        varchar("base", 128).nullable(),
        big_int("disk_bytes").default(Default::Number(0)),
        varchar("tier", 50).nullable(),
        long_text("warnings"),
        long_text("failure").nullable(),
        integer("cancel_requested").default(Default::Number(0)),
        big_int("created_at"),
        big_int("finished_at").nullable(),
        big_int("replaced_at").nullable(),
    ];
    table("releases", &["id"], columns)
        .unique("ix_releases_version", &["deployment_id", "version"])
        .indexed("ix_releases_status", &["deployment_id", "status"])
        .indexed("ix_releases_artifact", &["artifact", "status"])
        .points_at("deployment_id", "managed", "deployment_id")
}

fn steps() -> Table {
    let columns = [
        varchar("release_id", 36),
        integer("ordinal"),
        varchar("step", 20),
        integer("done"),
        integer("skipped"),
        big_int("millis"),
        long_text("progress").nullable(),
    ];
    table("steps", &["release_id", "ordinal"], columns).points_at("release_id", "releases", "id")
}
