//! Addresses by DHCP, the cluster's firewall, machines that no row names, and bases that are old.

use std::net::TcpStream;
use std::time::Duration;

use domain::guest::*;
use domain::plan::Runtime;
use domain::ports::{Driver, Machines};
use drivers::proxmox::settings::AddressPlan;

use super::bed::{Lab, control, lab_with, need, tidy};

#[tokio::test]
async fn lab_surroundings_are_respected() {
    let lab = lab_with("surroundings", 20_600..=20_699, |config| {
        config.settings.network.addresses = AddressPlan::Dhcp;
        config.settings.network.firewall = true;
    });
    let Some(lab) = lab else {
        return;
    };
    firewall_of_the_datacenter(true);
    let base = lab.base(vec![need(Runtime::Python)]).await;
    let build = lab.spec(1, Role::Build, &base, None);
    lab.driver.create(&build).await.unwrap();
    lab.sh(&build.id, "echo hello > index.html").await.ok();
    let sealed = lab.driver.seal(&build.id).await.unwrap();
    let serve = lab.spec(2, Role::Serve, &base, Some(sealed.id));
    lab.driver.create(&serve).await.unwrap();
    only_the_apps_port_is_open(&lab, &serve).await;
    a_machine_that_no_row_names_is_listed_and_removed(&lab, &build).await;
    an_old_base_goes_with_its_last_clone(&lab, &serve).await;
    firewall_of_the_datacenter(false);
    tidy(&lab).await;
}

fn firewall_of_the_datacenter(on: bool) {
    let call = serde_json::json!({
        "method": "PUT", "path": "/cluster/firewall/options", "values": {"enable": u8::from(on)}
    });
    control("POST", "/emulator", &call.to_string());
}

async fn only_the_apps_port_is_open(lab: &Lab, serve: &GuestSpec) {
    let line = "python3 -m http.server 9000 & exec python3 -m http.server $PORT";
    lab.driver
        .start(&serve.id, &crate::bed::service(line))
        .await
        .unwrap();
    assert!(lab.get(&serve.id, "/").await.ends_with("hello\n"));
    let listens =
        |listening: &Listening| listening.sockets.iter().any(|socket| socket.port() == 9000);
    let began = std::time::Instant::now();
    while !listens(&lab.driver.listening(&serve.id).await.unwrap()) {
        assert!(
            began.elapsed() < super::bed::BOUND,
            "the other port is not served"
        );
    }
    let Upstream::Tcp(mut address) = lab.driver.address(&serve.id).await.unwrap() else {
        panic!("not an address")
    };
    address.set_port(9000);
    let other = TcpStream::connect_timeout(&address, Duration::from_secs(2));
    assert!(other.is_err(), "only SSH and the app come in");
}

async fn a_machine_that_no_row_names_is_listed_and_removed(lab: &Lab, build: &GuestSpec) {
    lab.machines
        .machine_erased(build.id.as_str())
        .await
        .unwrap();
    let other = lab.reopened();
    assert_eq!(other.observe(&build.id).await, Observation::Absent);
    let listed = other.list().await.unwrap();
    let orphan = listed.iter().find(|seen| seen.id == build.id).unwrap();
    assert_eq!(
        (orphan.deployment, orphan.role),
        (build.deployment, Role::Build)
    );
    let before = lab.really().len();
    other.destroy(&build.id).await.unwrap();
    assert_eq!(lab.really().len(), before - 1);
    assert!(
        other
            .list()
            .await
            .unwrap()
            .iter()
            .all(|seen| seen.id != build.id)
    );
}

async fn an_old_base_goes_with_its_last_clone(lab: &Lab, serve: &GuestSpec) {
    let later = lab.reopened_with(|config| config.limits.base_age = Duration::ZERO);
    later.sweep().await.unwrap();
    assert_eq!(lab.really().len(), 2, "a clone of it lives");
    assert!(lab.get(&serve.id, "/").await.ends_with("hello\n"));
    later.destroy(&serve.id).await.unwrap();
    later.sweep().await.unwrap();
    assert_eq!(lab.really().len(), 0, "nothing is left");
}
