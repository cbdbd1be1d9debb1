//! Requests on their way: nothing that is not declared, everything encoded.

use crate::call::Call;
use crate::error::Kind;
use crate::names::Vmid;
use crate::props::SshKeys;
use crate::routes;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5mMbiFeo7cQ3H6YvQdJ8Qy7WfD5mYq0i0kXw6o1m+/ a@b";

fn node() -> crate::NodeName {
    "pve1".parse().unwrap()
}

#[test]
fn a_parameter_that_is_not_declared_is_never_sent() {
    let call = Call::new(&routes::LXC_START)
        .at(&node())
        .at(&Vmid::MIN)
        .set("skiplock", 1);
    let error = call.check().unwrap_err();
    assert!(*error.kind() == Kind::BadParameters && error.nothing_done());
    assert!(error.to_string().contains("skiplock"));
}

#[test]
fn a_word_that_is_not_declared_is_never_sent() {
    let bad = Call::new(&routes::RESOURCES).set("type", "sdn");
    assert!(bad.check().is_err());
    assert!(
        Call::new(&routes::RESOURCES)
            .set("type", "vm")
            .check()
            .is_ok()
    );
}

#[test]
fn a_path_with_an_open_place_or_one_value_too_many_is_never_sent() {
    assert!(Call::new(&routes::LXC_START).at(&node()).check().is_err());
    assert!(Call::new(&routes::NODES).at(&node()).check().is_err());
}

#[test]
fn parameters_of_a_delete_go_into_the_query() {
    let call = Call::new(&routes::LXC_DESTROY)
        .at(&node())
        .at(&Vmid::MIN)
        .flag("purge", true)
        .flag("force", true);
    assert_eq!(call.target(), "/nodes/pve1/lxc/100?purge=1&force=1");
}

#[test]
fn what_parts_parameters_is_encoded() {
    let call = Call::new(&routes::LXC_CONFIG_PUT)
        .at(&node())
        .at(&Vmid::MIN);
    let call = call
        .set("tags", "a;b")
        .set("description", "x&y=z\n+ü")
        .set("net0", "name=eth0,ip=dhcp");
    assert_eq!(call.target(), "/nodes/pve1/lxc/100/config");
    assert_eq!(
        call.form(),
        "tags=a%3Bb&description=x%26y%3Dz%0A%2B%C3%BC&net0=name%3Deth0%2Cip%3Ddhcp"
    );
}

#[test]
fn a_task_and_a_volume_are_encoded_in_the_path() {
    let upid: crate::Upid = "UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:root@pam!x:"
        .parse()
        .unwrap();
    let call = Call::new(&routes::TASK_STATUS).at(upid.node()).at(&upid);
    assert_eq!(
        call.target(),
        "/nodes/pve1/tasks/UPID%3Apve1%3A0001A2B3%3A1234ABCD%3A65F0A1B2%3Avzclone%3A100%3Aroot%40pam%21x%3A/status"
    );
    let volume: crate::Volid = "local:vztmpl/a+b.tar.gz".parse().unwrap();
    let call = Call::new(&routes::CONTENT_DELETE)
        .at(&node())
        .at(volume.storage())
        .at(&volume);
    assert_eq!(
        call.target(),
        "/nodes/pve1/storage/local/content/local%3Avztmpl%2Fa%2Bb.tar.gz"
    );
}

#[test]
fn a_vms_keys_are_encoded_twice_and_a_containers_once() {
    let keys = SshKeys(vec![KEY.parse().unwrap(), KEY.parse().unwrap()]);
    let once = keys.encoded();
    assert!(
        once.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-%_.!~*'()".contains(c)),
        "{once}"
    );
    assert!(once.contains("%20") && once.contains("%2B%2F") && once.contains("%0A"));
    let form = Call::new(&routes::QEMU_CREATE)
        .at(&node())
        .set("sshkeys", &once)
        .form();
    assert!(form.starts_with("sshkeys=ssh-ed25519%2520AAAA") && form.contains("%252B%252F"));
    let form = Call::new(&routes::LXC_CREATE)
        .at(&node())
        .set("ssh-public-keys", keys.lines())
        .form();
    assert!(form.contains("%20a%40b%0Assh-ed25519"));
}

#[test]
fn an_option_of_nine_is_known_as_one() {
    let call = Call::new(&routes::LXC_CONFIG_PUT)
        .at(&node())
        .at(&Vmid::MIN)
        .set("env", "A=b");
    assert_eq!(call.needs_nine(), Some("env"));
    assert_eq!(
        Call::new(&routes::LXC_CONFIG_PUT)
            .at(&node())
            .at(&Vmid::MIN)
            .set("cores", 2)
            .needs_nine(),
        None
    );
}
