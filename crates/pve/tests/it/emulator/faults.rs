//! The cluster's faults, and the kind of error each of them is.

use std::time::Duration;

use pve::{Cloning, Conflict, Guest, Kind, TaskEnd, Vmid};
use serde_json::json;

use super::cluster::{BOUND, Cluster, container, done, node, wanted};

/// A cluster with a container on it.
async fn with_container(test: &str) -> Option<(Cluster, Guest)> {
    let cluster = Cluster::new(test, json!({})).await?;
    let client = cluster.client();
    done(
        &client,
        client
            .create_lxc(&node(), &wanted(Vmid::MIN))
            .await
            .unwrap(),
    )
    .await;
    Some((cluster, container(&client, Vmid::MIN)))
}

#[tokio::test]
async fn a_lock_that_times_out_twice_is_got_the_third_time() {
    let Some((cluster, guest)) = with_container("a_lock_that_times_out_twice").await else {
        return;
    };
    let path = "/nodes/pve1/lxc/100/config";
    cluster
        .call(
            "fail",
            json!(["PUT", path]),
            json!({"error": "config_lock_timeout", "times": 2}),
        )
        .await;
    let update = pve::lxc::Update {
        settings: pve::lxc::Settings {
            memory: Some(256),
            ..Default::default()
        },
        ..Default::default()
    };
    guest.set_lxc(&update).await.unwrap();
    assert_eq!(guest.config().await.unwrap().text("memory"), Some("256"));
}

#[tokio::test]
async fn a_locked_guest_names_its_lock() {
    let Some((cluster, guest)) = with_container("a_locked_guest_names_its_lock").await else {
        return;
    };
    for lock in ["snapshot", "disk", "backup"] {
        cluster
            .call("snapshot_lock", json!([100, lock]), json!({}))
            .await;
        let error = guest.clone_to(&Cloning::to("101".parse().unwrap())).await;
        let error = match error {
            Err(error) => error,
            Ok(upid) => guest.task_error(&cluster, upid).await,
        };
        assert_eq!(
            error.kind(),
            &Kind::Conflict(Conflict::Locked(lock.to_owned())),
            "{error}"
        );
        assert_eq!(guest.status().await.unwrap().lock.as_deref(), Some(lock));
    }
}

/// The failure of a task.
trait TaskError {
    async fn task_error(&self, cluster: &Cluster, upid: pve::Upid) -> pve::Error;
}

impl TaskError for Guest {
    async fn task_error(&self, cluster: &Cluster, upid: pve::Upid) -> pve::Error {
        match cluster.client().task(&upid, BOUND).await.unwrap() {
            TaskEnd::Failed(error) => error,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_node_that_is_off_is_told_from_a_guest_that_is_gone() {
    let Some((cluster, guest)) = with_container("a_node_that_is_off").await else {
        return;
    };
    cluster.call("add_node", json!(["pve2"]), json!({})).await;
    cluster
        .call("set_node_offline", json!(["pve1"]), json!({}))
        .await;
    let error = guest.status().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (&Kind::Transient, Some(595)),
        "{error}"
    );
    assert!(!error.is_guest_gone());
    cluster
        .call("set_node_offline", json!(["pve1", false]), json!({}))
        .await;
    assert!(!guest.status().await.unwrap().is_running());
}

#[tokio::test]
async fn without_quorum_nothing_is_changed_and_everything_is_read() {
    let Some((cluster, guest)) = with_container("without_quorum").await else {
        return;
    };
    cluster.call("lose_quorum", json!([]), json!({})).await;
    let client = cluster.client();
    assert!(!client.cluster_status().await.unwrap().quorate);
    guest.config().await.unwrap();
    for error in [
        guest.start().await.unwrap_err(),
        client
            .create_lxc(&node(), &wanted("101".parse().unwrap()))
            .await
            .unwrap_err(),
        guest
            .clone_to(&Cloning::to("102".parse().unwrap()))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), &Kind::NoQuorum, "{error}");
        assert!(error.nothing_done() && error.to_string().contains("quorum"));
    }
}

#[tokio::test]
async fn a_number_that_was_taken_in_between_is_told() {
    let Some((cluster, _)) = with_container("a_number_that_was_taken").await else {
        return;
    };
    let error = cluster
        .client()
        .create_lxc(&node(), &wanted(Vmid::MIN))
        .await
        .unwrap_err();
    assert!(error.is_taken() && error.nothing_done(), "{error}");
}

#[tokio::test]
async fn an_answer_that_got_lost_is_ambiguous_and_not_repeated() {
    let Some((cluster, guest)) = with_container("an_answer_that_got_lost").await else {
        return;
    };
    cluster
        .call(
            "fail",
            json!([
                "POST",
                "/nodes/pve1/lxc/100/status/start",
                596,
                "Connection timed out"
            ]),
            json!({"times": 1}),
        )
        .await;
    let error = guest.start().await.unwrap_err();
    assert!(
        error.is_ambiguous() && error.status() == Some(596),
        "{error}"
    );
    // It was not sent a second time, which would have worked.
    assert!(!guest.status().await.unwrap().is_running());
}

#[tokio::test]
async fn a_network_that_drops_requests_does_not_fail_reads() {
    let Some((cluster, guest)) = with_container("a_network_that_drops_requests").await else {
        return;
    };
    let mut endpoint = cluster.endpoint();
    endpoint.limits.attempts = 12;
    let client = pve::Client::new(endpoint).unwrap();
    cluster
        .call(
            "flaky_network",
            json!([]),
            json!({"drop_rate": 0.3, "seed": 4}),
        )
        .await;
    for _ in 0..20 {
        client
            .guest(guest.kind(), guest.node(), guest.vmid())
            .config()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_task_runs_while_it_runs() {
    let Some((cluster, guest)) = with_container("a_task_runs_while_it_runs").await else {
        return;
    };
    cluster
        .set(json!({"time_scale": 0.1, "ct_secs": {"snapshot": 3}}))
        .await;
    let client = cluster.client();
    let upid = guest
        .snapshot(&"before".parse().unwrap(), None)
        .await
        .unwrap();
    assert_eq!(client.task_runs(&upid).await.unwrap(), Some(true));
    let tasks = client
        .tasks_of(&node(), Vmid::MIN, pve::TaskSource::Active)
        .await
        .unwrap();
    assert!(
        tasks.iter().any(|task| task.upid == upid && task.runs()),
        "{tasks:?}"
    );
    assert!(matches!(
        client.task(&upid, Duration::ZERO).await.unwrap(),
        TaskEnd::Running(_)
    ));
    done(&client, upid.clone()).await;
    assert_eq!(client.task_runs(&upid).await.unwrap(), Some(false));
}

#[tokio::test]
async fn a_template_that_is_not_there_is_a_parameter_or_a_volume() {
    let Some((cluster, _)) = with_container("a_template_that_is_not_there").await else {
        return;
    };
    let client = cluster.client();
    let mut create = wanted("101".parse().unwrap());
    create.ostemplate = "local:vztmpl/gone.tar.zst".parse().unwrap();
    let error = match client.create_lxc(&node(), &create).await {
        Err(error) => error,
        Ok(upid) => client.finish(&upid, BOUND).await.unwrap_err(),
    };
    assert!(
        matches!(error.kind(), Kind::Gone(pve::Missing::Volume)),
        "{error:?}"
    );
    assert!(cluster.guests().await.get("101").is_none());
}
