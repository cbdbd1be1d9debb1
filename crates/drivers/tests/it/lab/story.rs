//! The life of guests, from the base to the end.

use domain::guest::*;
use domain::plan::Runtime;
use domain::ports::Driver;

use super::bed::{BOUND, is_gone, lab, need, tidy};

#[tokio::test]
async fn lab_a_build_becomes_an_app_that_answers() {
    let Some(lab) = lab("story", 20_100..=20_199) else {
        return;
    };
    let base = lab.base(vec![need(Runtime::Python)]).await;
    assert_eq!(base.id.as_str(), "lxc-debian12-python-3.11_r1");
    assert!(base.versions[0].starts_with("python 3.11."), "{base:?}");
    // Made once.
    let sent = lab.driver.sent().all;
    assert_eq!(lab.base(vec![need(Runtime::Python)]).await, base);
    assert_eq!(
        lab.driver.sent().all,
        sent,
        "nothing is asked for a base that is ready"
    );

    let before = lab.driver.sent();
    let build = lab.spec(1, Role::Build, &base, None);
    lab.driver.create(&build).await.unwrap();
    lab.driver.create(&build).await.unwrap();
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("index.html"), "hello from a guest").unwrap();
    lab.driver.put(&build.id, tree.path()).await.unwrap();
    let said = lab
        .sh(
            &build.id,
            "id -un && cat index.html && mkdir sub && cp index.html sub",
        )
        .await;
    assert!(said.ok().starts_with("app"));
    let sealed = lab.driver.seal(&build.id).await.unwrap();
    lab.driver.destroy(&build.id).await.unwrap();
    lab.driver.destroy(&build.id).await.unwrap();
    assert_eq!(lab.driver.observe(&build.id).await, Observation::Absent);

    let serve = lab.spec(2, Role::Serve, &base, Some(sealed.id));
    lab.driver.create(&serve).await.unwrap();
    assert_eq!(lab.app(&serve.id).await.unwrap(), AppState::Stopped);
    let mut web = crate::bed::service("exec python3 -m http.server $PORT");
    web.env.insert("PORT".into(), "8000".into());
    lab.driver.start(&serve.id, &web).await.unwrap();
    assert!(
        lab.get(&serve.id, "/sub/index.html")
            .await
            .ends_with("hello from a guest")
    );
    let after = lab.driver.sent();
    let asked = (after.all - after.polls) - (before.all - before.polls);
    println!("requests of a deploy besides polling: {asked}");
    assert!(asked <= 25, "{asked} requests");

    let seen = lab.until(&serve.id, |seen| matches!(seen, Observation::Present(seen) if matches!(seen.app, AppState::Running { .. }))).await;
    let Observation::Present(seen) = seen else {
        unreachable!()
    };
    let machine = seen.machine.unwrap();
    assert!(lab.vmids().contains(&machine.vmid) && machine.node == "pve1");
    let listed = lab.driver.list().await.unwrap();
    assert_eq!(
        listed.iter().map(|guest| &guest.id).collect::<Vec<_>>(),
        [&serve.id]
    );

    // Another server finds everything.
    let other = lab.reopened();
    assert_eq!(
        other.address(&serve.id).await.unwrap(),
        lab.driver.address(&serve.id).await.unwrap()
    );
    assert_eq!(other.list().await.unwrap().len(), 1);

    lab.driver.stop(&serve.id, BOUND).await.unwrap();
    assert_eq!(lab.app(&serve.id).await.unwrap(), AppState::Stopped);
    lab.driver.start(&serve.id, &web).await.unwrap();
    assert!(lab.get(&serve.id, "/").await.contains("hello"));

    tidy(&lab).await;
    assert!(is_gone(lab.driver.start(&serve.id, &web).await));
    let left = lab.really();
    assert_eq!(left.len(), 1, "only the base is left: {left:?}");
}

#[tokio::test]
async fn lab_a_vm_goes_the_same_way() {
    let Some(mut lab) = lab("vm", 20_500..=20_599) else {
        return;
    };
    lab.kind = domain::DeploymentKind::Vm;
    let base = lab.base(vec![need(Runtime::Shell)]).await;
    assert_eq!(base.id.as_str(), "vm-debian12-plain_r1");
    let build = lab.spec(1, Role::Build, &base, None);
    lab.driver.create(&build).await.unwrap();
    lab.sh(&build.id, "echo hello > index.html").await.ok();
    let sealed = lab.driver.seal(&build.id).await.unwrap();
    lab.driver.destroy(&build.id).await.unwrap();
    let serve = lab.spec(2, Role::Serve, &base, Some(sealed.id));
    lab.driver.create(&serve).await.unwrap();
    let web = crate::bed::service(
        "exec perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 8000, Listen => 9, ReuseAddr => 1); \
         while ($c = $s->accept) { <$c>; print $c \"HTTP/1.0 200 OK\\r\\n\\r\\nfrom a vm\"; close $c }'",
    );
    lab.driver.start(&serve.id, &web).await.unwrap();
    assert!(lab.get(&serve.id, "/").await.ends_with("from a vm"));
    // A VM holds its memory, so it is shut down with its app, and started with it.
    lab.driver.stop(&serve.id, BOUND).await.unwrap();
    assert_eq!(lab.app(&serve.id).await.unwrap(), AppState::Stopped);
    assert!(lab.really().iter().all(|row| row["status"] != "running"));
    lab.driver.start(&serve.id, &web).await.unwrap();
    assert!(lab.get(&serve.id, "/").await.ends_with("from a vm"));
    tidy(&lab).await;
    assert_eq!(lab.really().len(), 1, "only the base is left");
}
