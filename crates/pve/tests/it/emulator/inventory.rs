//! What there is: version, nodes, storages, bridges, templates, pools.

use std::time::Duration;

use pve::{Content, fingerprint_of};
use serde_json::json;

use super::cluster::{Cluster, container, done, node, wanted};

#[tokio::test]
async fn a_cluster_shows_itself() {
    let Some(cluster) = Cluster::new(
        "a_cluster_shows_itself",
        json!({"nodes": ["pve2"], "version": "8.4.1"}),
    )
    .await
    else {
        return;
    };
    let client = cluster.client();
    let version = client.version().await.unwrap();
    assert_eq!((version.major(), version.minor()), (8, 4));
    let status = client.cluster_status().await.unwrap();
    assert!(status.quorate && status.nodes.len() == 2, "{status:?}");
    cluster
        .call("set_node_offline", json!(["pve2"]), json!({}))
        .await;
    let nodes = client.nodes().await.unwrap();
    let online: Vec<(&str, bool)> = nodes
        .iter()
        .map(|row| (row.node.as_str(), row.is_online()))
        .collect();
    assert_eq!(online, [("pve1", true), ("pve2", false)]);
    let storages = client
        .storages(&node(), Some(Content::Rootdir))
        .await
        .unwrap();
    assert!(
        storages
            .iter()
            .any(|row| row.storage.as_str() == "local-lvm"
                && row.active
                && row.holds(Content::Images)),
        "{storages:?}"
    );
    assert!(!storages.iter().any(|row| row.storage.as_str() == "local"));
    let templates = client
        .content(&node(), &"local".parse().unwrap(), Some(Content::Vztmpl))
        .await
        .unwrap();
    assert_eq!(templates.len(), 1);
    assert!(!client.resources().await.unwrap().is_empty());
    client.bridges(&node()).await.unwrap();
    client.appliances(&node()).await.unwrap();
    client.node_status(&node()).await.unwrap();
    client.permissions(None).await.unwrap();
}

#[tokio::test]
async fn its_fingerprint_is_read_before_it_is_trusted() {
    let Some(cluster) = Cluster::new("its_fingerprint_is_read", json!({})).await else {
        return;
    };
    let endpoint = cluster.endpoint();
    let seen = fingerprint_of(&endpoint.url, Duration::from_secs(5))
        .await
        .unwrap();
    let pve::Tls::Fingerprints(pinned) = &endpoint.tls else {
        panic!("pinned")
    };
    assert_eq!(pinned, &[seen]);
}

#[tokio::test]
async fn a_pool_takes_guests_in() {
    let Some(cluster) = Cluster::new("a_pool_takes_guests_in", json!({})).await else {
        return;
    };
    let client = cluster.client();
    let pool = "paas".parse().unwrap();
    assert!(client.pool(&pool).await.is_err());
    client.create_pool(&pool, "made by Havre").await.unwrap();
    assert!(
        client
            .create_pool(&pool, "again")
            .await
            .unwrap_err()
            .is_taken()
    );
    let mut create = wanted(pve::Vmid::MIN);
    create.pool = Some(pool.clone());
    done(&client, client.create_lxc(&node(), &create).await.unwrap()).await;
    let members = client.pool(&pool).await.unwrap().members;
    assert_eq!(
        members.iter().map(|member| member.vmid).collect::<Vec<_>>(),
        [Some(pve::Vmid::MIN)]
    );
    assert_eq!(client.guests().await.unwrap()[0].pool.as_ref(), Some(&pool));
    assert!(
        container(&client, pve::Vmid::MIN)
            .pending()
            .await
            .unwrap()
            .iter()
            .all(|row| !row.waits())
    );
}

#[tokio::test]
async fn a_password_opens_it_too() {
    let Some(cluster) = Cluster::new("a_password_opens_it_too", json!({})).await else {
        return;
    };
    let client = cluster.with_password();
    done(
        &client,
        client
            .create_lxc(&node(), &wanted(pve::Vmid::MIN))
            .await
            .unwrap(),
    )
    .await;
    // A ticket that the cluster has forgotten is renewed.
    cluster.call("revoke_tickets", json!([]), json!({})).await;
    done(
        &client,
        container(&client, pve::Vmid::MIN).start().await.unwrap(),
    )
    .await;
}
