//! Deployments, and what only a deployment with a release has.

use crate::schema::build::{datetime, integer, json, table, text, varchar};
use crate::schema::{Default, Table};

pub(super) fn tables() -> Vec<Table> {
    vec![deployments(), managed(), names(), slots(), secrets()]
}

/// The seed document's table, column for column. Nothing of Havre's own is in it: an SQLAlchemy model of that document
/// reads and writes it. No foreign key points at it either, since a foreign hand may delete a row.
fn deployments() -> Table {
    let columns = [
        varchar("id", 36),
        varchar("name", 255),
        varchar("deployment_type", 50).nullable(),
        varchar("framework", 100).nullable(),
        varchar("github_url", 500).nullable(),
        json("resources").nullable(),
        varchar("status", 50).any_case(),
        datetime("created_at").default(Default::Now),
        datetime("deployed_at").nullable(),
        datetime("deleted_at").nullable(),
        varchar("ip_address", 50).nullable(),
        integer("vm_id").nullable(),
        text("error_message").nullable(),
        varchar("user_id", 100).nullable(),
        varchar("tags", 255).nullable(),
    ];
    table("deployments", &["id"], columns)
        // The orders of a list of all rows.
        .indexed("ix_deployments_created_at", &["created_at", "id"])
        .indexed("ix_deployments_name", &["name", "id"])
        .indexed(
            "ix_deployments_status",
            &["lower(status)", "created_at", "id"],
        )
        // Those of live rows. The status behind them tells whether a row is live without reading it.
        .indexed(
            "ix_deployments_live",
            &["deleted_at", "created_at", "id", "status"],
        )
        .indexed(
            "ix_deployments_live_name",
            &["deleted_at", "name", "id", "status"],
        )
        .indexed(
            "ix_deployments_live_status",
            &["deleted_at", "lower(status)", "created_at", "id"],
        )
        // The newest of what a filter leaves.
        .indexed("ix_deployments_framework", &newest_of("framework"))
        .indexed("ix_deployments_owner", &newest_of("user_id"))
        .indexed("ix_deployments_type", &newest_of("deployment_type"))
}

fn newest_of(column: &str) -> [&str; 5] {
    [column, "deleted_at", "created_at", "id", "status"]
}

/// What only a deployment with a release has. Times of Havre's own tables are microseconds since 1970, UTC: exact and
/// ordered on every database.
fn managed() -> Table {
    let columns = [
        varchar("deployment_id", 36),
        varchar("driver", 20),
        integer("slot"),
        varchar("label", 63),
        varchar("newest_release_id", 36).nullable(),
        varchar("serving_release_id", 36).nullable(),
        integer("destroying").default(Default::Number(0)),
        // Of local deployments: whose machine holds their guests.
        varchar("place", 36).nullable(),
        // The machine of a cluster that the user chose.
        varchar("node", 63).nullable(),
    ];
    table("managed", &["deployment_id"], columns)
}

/// Claims: a name is held exactly while its deployment is live and managed.
fn names() -> Table {
    let columns = [varchar("label", 63), varchar("deployment_id", 36)];
    table("names", &["label"], columns)
        .unique("ix_names_deployment", &["deployment_id"])
        .points_at("deployment_id", "managed", "deployment_id")
}

/// A slot that nobody holds keeps its row, so that the smallest free one is found without walking over those that are
/// held.
fn slots() -> Table {
    let columns = [
        varchar("driver", 20),
        integer("slot"),
        varchar("deployment_id", 36).nullable(),
    ];
    table("slots", &["driver", "slot"], columns)
        .unique("ix_slots_deployment", &["deployment_id"])
        .indexed("ix_slots_free", &["driver", "deployment_id", "slot"])
        .points_at("deployment_id", "managed", "deployment_id")
}

/// Secrets that Havre makes once for a deployment, encrypted.
fn secrets() -> Table {
    let columns = [
        varchar("deployment_id", 36),
        varchar("name", 255),
        text("sealed"),
    ];
    table("secrets", &["deployment_id", "name"], columns).points_at(
        "deployment_id",
        "managed",
        "deployment_id",
    )
}
