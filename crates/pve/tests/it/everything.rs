//! Every request with everything set, as it reaches the wire, held against the official schemas where they are.

mod asked;
mod schemas;

use std::collections::BTreeSet;

use pve::GuestKind;

use crate::fake::{Came, Fake, Reply, data};

const UPID: &str = "\"UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:havre@pve!deploy:\"";

/// An answer that every one of these requests understands.
fn any_answer(came: &Came) -> Reply {
    let path = came.target.trim_start_matches("/api2/json");
    match (came.method.as_str(), path) {
        (_, "/version") => data(r#"{"version":"9.2.3","release":"9.2"}"#),
        ("GET", "/pools?poolid=paas") => data(r#"[{"poolid":"paas","members":[]}]"#),
        ("GET", "/cluster/nextid") => data("100"),
        ("GET", path) if is_object(path) => data("{}"),
        ("GET", _) => data("[]"),
        _ => data(UPID),
    }
}

fn is_object(path: &str) -> bool {
    let path = path.split('?').next().unwrap();
    path.ends_with("/current")
        || path.ends_with("/config")
        || path.ends_with("/feature")
        || path.ends_with("/options")
        || path.ends_with("/status") && path != "/cluster/status"
        || path.ends_with("/permissions")
        || path.ends_with("/network-get-interfaces")
}

#[tokio::test]
async fn everything_that_is_sent_is_in_both_schemas() {
    let fake = Fake::start(|came, _| any_answer(came)).await;
    let client = fake.client();
    asked::of_cluster(&client).await;
    for kind in [GuestKind::Lxc, GuestKind::Qemu] {
        asked::of_guest(&client, kind).await;
    }
    asked::of_containers(&client).await;
    asked::of_vms(&client).await;
    let came = fake.came();
    let distinct: BTreeSet<String> = came
        .iter()
        .map(|came| came.line().split('?').next().unwrap().to_owned())
        .collect();
    assert!(distinct.len() > 70, "{}", distinct.len());
    let found: Vec<String> = schemas::all()
        .iter()
        .flat_map(|schema| came.iter().flat_map(|came| schema.complaints(came)))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[tokio::test]
async fn the_check_finds_what_is_wrong() {
    let Some(schema) = schemas::all().pop() else {
        return;
    };
    let came = |method: &str, target: &str, body: &str| Came {
        method: method.to_owned(),
        target: format!("/api2/json{target}"),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    };
    assert_eq!(
        schema
            .complaints(&came("GET", "/nodes/pve1/nothing", ""))
            .len(),
        1
    );
    assert_eq!(
        schema
            .complaints(&came("GET", "/cluster/resources?type=lxc&x=1", ""))
            .len(),
        2
    );
    assert_eq!(
        schema
            .complaints(&came(
                "POST",
                "/nodes/pve1/lxc/100/clone",
                "newid=7&full=maybe"
            ))
            .len(),
        2
    );
    assert!(
        schema
            .complaints(&came(
                "POST",
                "/nodes/pve1/lxc/100/clone",
                "newid=200&full=1"
            ))
            .is_empty()
    );
    assert_eq!(
        schema.complaints(&came("POST", "/nodes/pve1/lxc/100/clone", "full=1")),
        ["9.2 POST /nodes/pve1/lxc/100/clone: newid is missing"]
    );
}
