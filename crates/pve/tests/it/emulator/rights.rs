//! Credentials and privileges.

use pve::{Auth, Client, Endpoint, Kind, SecretString, Vmid};
use serde_json::json;

use super::cluster::{Cluster, container, node, wanted};

#[tokio::test]
async fn a_wrong_token_is_told() {
    let Some(cluster) = Cluster::new("a_wrong_token_is_told", json!({})).await else {
        return;
    };
    let auth = Auth::Token {
        id: "havre@pve!other".parse().unwrap(),
        secret: SecretString::from("not-it-at-all"),
    };
    let client = Client::new(Endpoint {
        auth,
        ..cluster.endpoint()
    })
    .unwrap();
    let error = client.version().await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Credentials);
    assert!(!format!("{error:?}{client:?}").contains("not-it-at-all"));
}

#[tokio::test]
async fn a_privilege_that_is_missing_is_named_with_its_path() {
    let grants = json!([["havre@pve!test", "/storage", ["Datastore.Audit"]]]);
    let Some(cluster) =
        Cluster::new("a_privilege_that_is_missing", json!({ "grants": grants })).await
    else {
        return;
    };
    let client = cluster.client();
    let error = client
        .create_lxc(&node(), &wanted(Vmid::MIN))
        .await
        .unwrap_err();
    let Kind::MissingPrivilege { path, privileges } = error.kind() else {
        panic!("{error:?}")
    };
    assert!(
        !path.is_empty() && !privileges.is_empty() && error.nothing_done(),
        "{error}"
    );
    assert!(
        error.to_string().contains(&privileges[0]) && error.to_string().contains(path.as_str()),
        "{error}"
    );
    let has = client.permissions(None).await.unwrap();
    assert!(has.has("/storage", "Datastore.Audit") && !has.has("/", "VM.Allocate"));
}

#[tokio::test]
async fn what_is_for_root_alone_is_told() {
    let all = [
        "VM.Allocate",
        "VM.Audit",
        "VM.Config.Options",
        "VM.Config.Network",
        "VM.Config.Disk",
        "VM.Config.Memory",
        "VM.Config.CPU",
        "Datastore.AllocateSpace",
        "Datastore.Audit",
        "SDN.Use",
    ];
    let grants = json!([["havre@pve!test", "/", all]]);
    let Some(cluster) = Cluster::new(
        "what_is_for_root_alone_is_told",
        json!({ "grants": grants }),
    )
    .await
    else {
        return;
    };
    let mut create = wanted(Vmid::MIN);
    create.settings.features = Some(pve::Features {
        nesting: true,
        other: vec![("keyctl".to_owned(), "1".to_owned())],
    });
    let error = cluster
        .client()
        .create_lxc(&node(), &create)
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), Kind::MissingPrivilege { .. })
            && error.to_string().contains("root@pam"),
        "{error:?}"
    );
    assert!(
        container(&cluster.client(), Vmid::MIN)
            .status()
            .await
            .is_err()
    );
}
