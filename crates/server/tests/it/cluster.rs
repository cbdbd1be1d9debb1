//! The routes about a cluster, in the original's shapes.

use std::collections::BTreeSet;

use domain::ports::Power;
use serde_json::{Value, json};
use sim::{Fault, Op, World};

use crate::harness::{Server, in_time};

async fn clustered() -> Server {
    let server = Server::on(World::new().clustered()).await;
    server
        .world
        .foreign(101, "db", Power::Running, Some([10, 9, 9, 1].into()));
    server.world.foreign(102, "mail", Power::Stopped, None);
    server.world.foreign(103, "golden", Power::Stopped, None);
    server
        .world
        .change_foreign(103, |guest| guest.template = true);
    server
}

fn keys(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn nodes_are_as_the_cluster_shows_them() {
    let server = clustered().await;
    let answer = server.get("/api/proxmox/nodes").await.is(200);
    assert_eq!(answer["success"], true);
    let nodes = answer["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    assert_eq!(
        (&nodes[0]["node"], &nodes[0]["status"], &nodes[0]["id"]),
        (&json!("pve1"), &json!("online"), &json!("node/pve1"))
    );
    let known = [
        "cpu", "disk", "maxcpu", "maxdisk", "maxmem", "mem", "uptime",
    ];
    assert!(
        known.iter().all(|key| nodes[0][key].is_number()),
        "{}",
        nodes[0]
    );
}

#[tokio::test]
async fn guests_of_a_node_have_the_originals_fields() {
    let server = clustered().await;
    let answer = server.get("/api/proxmox/nodes/pve1/vms").await.is(200);
    let guests = answer["resources"].as_array().unwrap();
    assert_eq!(
        keys(&guests[0]),
        BTreeSet::from(["id", "name", "type", "status", "memory", "cores", "uptime"])
    );
    assert_eq!(
        guests[0],
        json!({"id": 101, "name": "db", "type": "lxc", "status": "running", "memory": 1 << 30, "cores": 2.0, "uptime": 60})
    );
    assert_eq!(guests[1]["type"], "qemu");
    let none = server.get("/api/proxmox/nodes/pve9/vms").await.is(404);
    assert!(
        none["error"].as_str().unwrap().contains("pve1, pve2"),
        "{none}"
    );
    let bad = server.get("/api/proxmox/nodes/a%2Fb/vms").await.is(400);
    assert_eq!(bad["field"], "node");
}

#[tokio::test]
async fn resources_are_all_guests_without_templates() {
    let server = clustered().await;
    server.deployed("my-app").await;
    let answer = server.get("/api/proxmox/resources").await.is(200);
    let guests = answer["resources"].as_array().unwrap();
    assert_eq!(answer["count"], guests.len());
    let numbers: Vec<u64> = guests
        .iter()
        .map(|guest| guest["vmid"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers[..2], [101, 102]);
    assert_eq!(numbers.len(), 3, "ours is there too: {numbers:?}");
    let original = [
        "vmid", "name", "type", "status", "cpu", "memory", "disk", "uptime",
    ];
    assert!(
        original.iter().all(|key| keys(&guests[0]).contains(key)),
        "{}",
        guests[0]
    );
    assert_eq!(
        (&guests[0]["memory"], &guests[0]["disk"]),
        (&json!(1024), &json!(8.0)),
        "MiB and GiB"
    );
    assert_eq!(
        (&guests[1]["type"], &guests[2]["managed"]),
        (&json!("vm"), &json!(true))
    );
}

#[tokio::test]
async fn sync_imports_once_and_tells_what_it_skipped() {
    let server = clustered().await;
    let first = server.ask("POST", "/api/proxmox/sync").await;
    let first = first.is(200);
    assert_eq!(first["message"], "Synced 2 resources from Proxmox");
    assert_eq!(
        (&first["imported_count"], &first["skipped_count"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(
        first["imported"][0],
        json!({"vmid": 101, "name": "db", "type": "lxc", "ip_address": "10.9.9.1"})
    );
    let again = server.ask("POST", "/api/proxmox/sync").await.is(200);
    assert_eq!(
        (&again["imported_count"], &again["skipped_count"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(
        again["skipped"][0],
        json!({"vmid": 101, "name": "db", "reason": "already tracked"})
    );
    let listed = server.get("/api/deployments").await.is(200);
    let db = listed["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "db")
        .unwrap();
    assert_eq!(
        (&db["managed"], &db["vm_id"], &db["ip_address"]),
        (&json!(false), &json!(101), &json!("10.9.9.1"))
    );
    assert_eq!(
        (&db["status"], &db["deployment_type"]),
        (&json!("running"), &json!("lxc"))
    );
    let restart = server.ask("POST", "/api/deployments/db/restart").await;
    assert_eq!(restart.status, 409, "nothing is done to it");
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_told_in_the_originals_words() {
    let server = clustered().await;
    server.world.fail(Op::ClusterNodes, Fault::Transient, 1);
    let away = server.get("/api/proxmox/nodes").await;
    assert_eq!(away.header("retry-after"), "5");
    let away = away.is(503);
    assert!(
        away["error"]
            .as_str()
            .unwrap()
            .starts_with("Failed to list nodes: "),
        "{away}"
    );
    server.world.fail(Op::ClusterGuests, Fault::Refused, 1);
    let refused = server.ask("POST", "/api/proxmox/sync").await.is(502);
    assert_eq!(
        (&refused["code"], &refused["details"]),
        (&json!("cluster_refused"), &json!("grant it"))
    );
}

#[tokio::test]
async fn a_deployment_shows_where_it_lives() {
    let server = clustered().await;
    let url = server.repository("my-app");
    let wish = json!({"name": "my-app", "github_url": url, "node": "pve2"});
    let answer = server
        .json("POST", "/api/deploy?wait=true", &wish)
        .await
        .is(200);
    let vm_id = answer["deployment"]["vm_id"].as_u64().unwrap();
    let address = answer["deployment"]["ip_address"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = server.get("/api/deployments/my-app").await.is(200);
    let shown = &shown["deployment"];
    assert_eq!(
        (&shown["vm_id"], &shown["ip_address"], &shown["node"]),
        (&json!(vm_id), &json!(address), &json!("pve2"))
    );
    assert_eq!(shown["driver"], "proxmox");
    let page = server.get("/deployments/my-app").await.text;
    assert!(
        page.contains(&format!("{vm_id} on pve2")) && page.contains(&address),
        "{page}"
    );
}

#[tokio::test]
async fn a_bad_node_is_400_with_its_field() {
    let server = clustered().await;
    let url = server.repository("my-app");
    for node in ["pve/1", "-x", "pve9"] {
        let wish = json!({"name": "my-app", "github_url": url, "node": node});
        let answer = server.json("POST", "/api/deploy", &wish).await.is(400);
        assert_eq!(answer["field"], "node", "{answer}");
        assert!(
            answer["errors"][0].as_str().unwrap().contains(node),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_smaller_disk_is_400_with_words_and_a_larger_one_says_what_happens() {
    let server = clustered().await;
    server.deployed("my-app").await;
    let path = "/api/deployments/my-app/redeploy?wait=true";
    let less = server
        .json("POST", path, &json!({"resources": {"disk": 5}}))
        .await
        .is(400);
    assert!(
        less["error"]
            .as_str()
            .unwrap()
            .starts_with("Disk cannot shrink"),
        "{less}"
    );
    let more = server
        .json(
            "POST",
            path,
            &json!({"resources": {"disk": 20, "memory": 2048}}),
        )
        .await
        .is(200);
    assert!(
        more["message"].as_str().unwrap().contains("new guest"),
        "{more}"
    );
    let shown = server.get("/api/deployments/my-app").await.is(200);
    assert_eq!(shown["deployment"]["resources"]["disk"], 20);
}

#[tokio::test]
async fn what_a_deploy_waits_for_is_shown() {
    let server = clustered().await;
    server.world.lose_quorum(true);
    let url = server.repository("my-app");
    server
        .json(
            "POST",
            "/api/deploy",
            &json!({"name": "my-app", "github_url": url}),
        )
        .await
        .is(202);
    let waits = async {
        loop {
            let shown = server.get("/api/deployments/my-app").await.is(200);
            if let Some(words) = shown["deployment"]["waiting"].as_str() {
                return words.to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    let words = in_time(waits).await;
    assert!(words.contains("the cluster has no quorum"), "{words}");
    assert!(
        server
            .get("/deployments/my-app")
            .await
            .text
            .contains("the cluster has no quorum")
    );
    let listed = server.get("/api/orphans").await.is(200);
    assert_eq!(listed, json!({"success": true, "orphans": []}));
}
