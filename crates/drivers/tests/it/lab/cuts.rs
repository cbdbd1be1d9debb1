//! Calls that are cut in the middle, and answers of the cluster that are lost or refused: every call is made again and ends as
//! it would have, and nothing is left behind.

use std::time::Duration;

use domain::guest::*;
use domain::plan::Runtime;
use domain::ports::{Driver, DriverError};

use super::bed::{control, lab, need, tidy};

/// Calls that are made again by the engine end within so many tries.
const TRIES: usize = 12;

/// As the engine does it: what is worth another try is tried again.
pub async fn again<T, F>(what: &str, call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, DriverError>>,
{
    let mut last = None;
    for _ in 0..TRIES {
        match call().await {
            Ok(done) => return done,
            Err(error @ (DriverError::Transient(_) | DriverError::Ambiguous(_))) => {
                println!("  {what}: again, since {error}");
                last = Some(error);
            }
            Err(error) => panic!("{what}: {error:?}"),
        }
    }
    panic!("{what}: {last:?}")
}

#[tokio::test]
async fn lab_calls_that_are_cut_go_on() {
    let Some(lab) = lab("cuts", 20_200..=20_299) else {
        return;
    };
    // Two servers at once make one base.
    let (one, other) = (&lab, lab.reopened());
    let wish = BaseWish {
        kind: domain::DeploymentKind::Lxc,
        node: None,
        needs: vec![need(Runtime::Shell)],
        any_version: false,
    };
    let (base, same) = tokio::join!(
        one.base(wish.needs.clone()),
        other.prepare_base(&wish, &|_| {})
    );
    assert_eq!(base, same.unwrap());
    assert_eq!(lab.really().len(), 1);

    for (number, cut) in [30, 200, 450, 800, 1300, 2000, 3000]
        .into_iter()
        .enumerate()
    {
        let spec = lab.spec(u32::try_from(number).unwrap(), Role::Build, &base, None);
        let cut = Duration::from_millis(cut);
        let first = tokio::time::timeout(cut, lab.driver.create(&spec)).await;
        let other = lab.reopened();
        again("create", || other.create(&spec)).await;
        assert!(
            lab.sh(&spec.id, "hostname")
                .await
                .ok()
                .contains(spec.id.as_str())
        );
        assert_eq!(lab.really().len(), 2, "cut after {cut:?} ({first:?})");
        let _ = tokio::time::timeout(cut, lab.driver.destroy(&spec.id)).await;
        again("destroy", || other.destroy(&spec.id)).await;
        assert_eq!(other.observe(&spec.id).await, Observation::Absent);
        assert_eq!(lab.really().len(), 1, "cut after {cut:?}");
    }
    tidy(&lab).await;
}

/// What may happen to one request of a kind: `(kind, method, path, status, reason)`.
const FAULTS: [(&str, &str, &str, u16, &str); 16] = [
    ("answer", "POST", "/clone", 500, "CT is locked (disk)"),
    ("answer", "POST", "/clone", 595, "No route to host"),
    ("answer", "POST", "/clone", 596, "Connection timed out"),
    (
        "answer_after",
        "POST",
        "/clone",
        596,
        "Connection timed out",
    ),
    ("drop", "POST", "/clone", 0, ""),
    ("drop_after", "POST", "/clone", 0, ""),
    (
        "fail_task",
        "POST",
        "/clone",
        0,
        "can't lock file '/var/lock/pve-manager/pve-storage-x' - got timeout",
    ),
    ("fail_task", "POST", "/clone", 0, "unexpected status"),
    ("answer", "PUT", "/config", 500, "CT is locked (disk)"),
    (
        "answer_after",
        "PUT",
        "/config",
        596,
        "Connection timed out",
    ),
    (
        "answer",
        "POST",
        "/status/start",
        500,
        "can't lock file '/run/lock/lxc/pve-config-1.lock' - got timeout",
    ),
    (
        "answer_after",
        "POST",
        "/status/start",
        596,
        "Connection timed out",
    ),
    ("fail_task", "POST", "/status/start", 0, "got timeout"),
    (
        "answer",
        "POST",
        "/clone",
        500,
        "cluster not ready - no quorum?",
    ),
    (
        "answer",
        "DELETE",
        "/lxc/[0-9]+",
        596,
        "Connection timed out",
    ),
    (
        "answer_after",
        "DELETE",
        "/lxc/[0-9]+",
        596,
        "Connection timed out",
    ),
];

#[tokio::test]
async fn lab_faults_of_the_cluster_leave_nothing_behind() {
    let Some(lab) = lab("faults", 20_300..=20_399) else {
        return;
    };
    let base = lab.base(vec![need(Runtime::Shell)]).await;
    for (number, fault) in FAULTS.into_iter().enumerate() {
        println!("{fault:?}");
        let spec = lab.spec(u32::try_from(number).unwrap(), Role::Build, &base, None);
        set(fault);
        again("create", || lab.driver.create(&spec)).await;
        assert!(
            lab.sh(&spec.id, "hostname")
                .await
                .ok()
                .contains(spec.id.as_str())
        );
        assert_eq!(lab.really().len(), 2, "{fault:?}: one machine");
        again("destroy", || lab.driver.destroy(&spec.id)).await;
        assert_eq!(lab.really().len(), 1, "{fault:?}: nothing left");
        let told = control("GET", "/faults", "");
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert!(hits(&told) > 0, "{fault:?} hit nothing: {told}");
        control("DELETE", "/faults", "");
    }
    tidy(&lab).await;
}

fn set((kind, method, path, status, reason): (&str, &str, &str, u16, &str)) {
    let body = serde_json::json!({
        "kind": kind, "method": method, "path": format!(".*{}", path), "status": status, "reason": reason, "times": 1
    });
    control("POST", "/faults", &body.to_string());
}

/// The requests that were hit.
fn hits(told: &serde_json::Value) -> u64 {
    let rows = told.as_array().or_else(|| told["faults"].as_array());
    rows.unwrap()
        .iter()
        .filter_map(|row| row["hits"].as_u64())
        .sum()
}
