//! What others do to our machines behind our back: it is seen, and what is gone is made again.

use domain::guest::*;
use domain::plan::Runtime;
use domain::ports::Driver;

use super::bed::{BOUND, Lab, control, lab, need, tidy};
use super::cuts::again;

fn is_running(seen: &Observation) -> bool {
    matches!(seen, Observation::Present(seen) if matches!(seen.app, AppState::Running { .. }))
}

fn vmid(lab: &Lab) -> u64 {
    let serving = lab
        .really()
        .into_iter()
        .find(|row| row["status"] == "running" || row["running"] == true);
    serving.expect("one machine runs")["vmid"].as_u64().unwrap()
}

#[tokio::test]
async fn lab_drift_is_seen_and_healed() {
    let Some(lab) = lab("drift", 20_400..=20_499) else {
        return;
    };
    let base = lab.base(vec![need(Runtime::Python)]).await;
    let build = lab.spec(1, Role::Build, &base, None);
    lab.driver.create(&build).await.unwrap();
    lab.sh(&build.id, "echo hello > index.html").await.ok();
    let sealed = lab.driver.seal(&build.id).await.unwrap();
    lab.driver.destroy(&build.id).await.unwrap();
    let serve = lab.spec(2, Role::Serve, &base, Some(sealed.id));
    lab.driver.create(&serve).await.unwrap();
    let web = crate::bed::service("exec python3 -m http.server $PORT");
    lab.driver.start(&serve.id, &web).await.unwrap();
    lab.until(&serve.id, is_running).await;
    let number = vmid(&lab);

    // The app's process is killed: it comes back by itself.
    lab.sh(&serve.id, "true").await;
    control(
        "POST",
        &format!("/guests/{number}/exec"),
        r#"{"argv": ["pkill", "-9", "-f", "http.server"], "stdin": ""}"#,
    );
    lab.until(&serve.id, is_running).await;
    assert!(lab.get(&serve.id, "/").await.ends_with("hello\n"));

    // The machine is rebooted: the app comes back, and its address is confirmed anew.
    control("POST", &format!("/guests/{number}/reboot"), "{}");
    lab.until(&serve.id, is_running).await;
    assert!(lab.get(&serve.id, "/").await.ends_with("hello\n"));

    // The machine is stopped: that is not how it should be, and a start brings it back.
    control("POST", &format!("/guests/{number}/stop"), "{}");
    let down = |seen: &Observation| matches!(seen, Observation::Present(seen) if matches!(seen.app, AppState::Down { crash_loop: false, .. }));
    lab.until(&serve.id, down).await;
    // Nobody is sent to a machine that is off, once its last confirmation is some seconds old.
    let began = std::time::Instant::now();
    while lab.driver.address(&serve.id).await.is_ok() {
        assert!(
            began.elapsed() < BOUND,
            "the address of a machine that is off"
        );
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    lab.driver.start(&serve.id, &web).await.unwrap();
    lab.until(&serve.id, is_running).await;
    assert!(lab.get(&serve.id, "/").await.ends_with("hello\n"));

    // The cluster does not answer: the guest is unknown, never absent, and its address holds.
    let address = lab.driver.address(&serve.id).await.unwrap();
    control(
        "POST",
        "/faults",
        r#"{"kind": "answer", "method": "GET", "path": ".*", "status": 595, "reason": "No route to host", "times": 0}"#,
    );
    lab.until(&serve.id, |seen| matches!(seen, Observation::Unknown(_)))
        .await;
    assert_eq!(lab.driver.address(&serve.id).await.unwrap(), address);
    control("DELETE", "/faults", "");
    lab.until(&serve.id, is_running).await;

    // The machine is destroyed: absent, and made again under the same id.
    control("POST", &format!("/guests/{number}/destroy"), "{}");
    lab.until(&serve.id, |seen| *seen == Observation::Absent)
        .await;
    again("create", || lab.driver.create(&serve)).await;
    lab.driver.start(&serve.id, &web).await.unwrap();
    assert!(lab.get(&serve.id, "/").await.ends_with("hello\n"));

    // Somebody makes another machine under the number and the address: nothing is sent there, and it is left alone.
    let number = vmid(&lab);
    control(
        "POST",
        &format!("/guests/{number}/recreate"),
        r#"{"keep": ["net0"]}"#,
    );
    lab.until(&serve.id, |seen| *seen == Observation::Absent)
        .await;
    again("create", || lab.driver.create(&serve)).await;
    lab.driver.start(&serve.id, &web).await.unwrap();
    assert!(lab.get(&serve.id, "/").await.ends_with("hello\n"));
    tidy(&lab).await;
    let left = lab.really();
    assert!(
        left.iter().any(|row| row["vmid"] == number),
        "the stranger's machine stays: {left:?}"
    );
    assert_eq!(left.len(), 2, "{left:?}");
}
