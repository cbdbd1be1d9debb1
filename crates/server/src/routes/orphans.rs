//! Guests that carry our mark, and that the database does not know.

use api::{OrphanList, OrphanObject};
use axum::Json;
use axum::extract::State;
use engine::Orphan;

use crate::show;
use crate::state::App;

/// Lists them, as this server saw them last, with the time at which each is removed.
#[utoipa::path(get, path = "/api/orphans", responses((status = 200, body = OrphanList)))]
pub(crate) async fn orphans(State(app): State<App>) -> Json<OrphanList> {
    let orphans = app.engine.orphans();
    Json(OrphanList {
        success: true,
        orphans: orphans.iter().map(object).collect(),
    })
}

fn object(orphan: &Orphan) -> OrphanObject {
    let machine = orphan.machine.as_ref();
    OrphanObject {
        guest: orphan.guest.to_string(),
        deployment: orphan.deployment.to_string(),
        driver: orphan.driver.to_string(),
        vm_id: machine.map(|machine| machine.vmid),
        node: machine.map(|machine| machine.node.clone()),
        ip_address: machine
            .and_then(|machine| machine.address)
            .map(|address| address.to_string()),
        since: show::time(orphan.since),
        removed_at: orphan.goes.map(show::time),
    }
}
