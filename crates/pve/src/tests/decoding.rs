//! Answers in every way a Perl server may write them.

use rstest::rstest;
use serde_json::{Value, json};

use crate::api::config::GuestConfig;
use crate::api::guest::GuestStatus;
use crate::api::nodes::{NodeRow, StorageRow};
use crate::api::storage::Content;
use crate::lenient;
use crate::names::Vmid;

#[rstest]
#[case(json!(1), true)]
#[case(json!("1"), true)]
#[case(json!(true), true)]
#[case(json!("on"), true)]
#[case(json!(0), false)]
#[case(json!("0"), false)]
#[case(json!(false), false)]
#[case(json!(""), false)]
#[case(Value::Null, false)]
#[case(json!([1]), false)]
fn a_flag_is_read(#[case] written: Value, #[case] flag: bool) {
    let status: GuestStatus =
        serde_json::from_value(json!({"status": "running", "template": written})).unwrap();
    assert_eq!(status.template, flag);
}

#[rstest]
#[case(json!(42), Some(42))]
#[case(json!("42"), Some(42))]
#[case(json!(42.9), Some(42))]
#[case(json!("4.2e1"), Some(42))]
#[case(json!(-1), None)]
#[case(json!("many"), None)]
#[case(json!(1e300), None)]
#[case(Value::Null, None)]
#[case(json!({"a": 1}), None)]
fn a_number_is_read(#[case] written: Value, #[case] number: Option<u64>) {
    let status: GuestStatus =
        serde_json::from_value(json!({"status": "running", "uptime": written})).unwrap();
    assert_eq!(status.uptime, number);
}

#[test]
fn unknown_and_missing_fields_do_no_harm() {
    let row: NodeRow =
        serde_json::from_value(json!({"node": "pve1", "news": {"from": ["9.9"]}})).unwrap();
    assert_eq!(
        (row.node.as_str(), row.is_online(), row.mem),
        ("pve1", false, None)
    );
}

#[test]
fn a_row_that_is_not_understood_is_left_out_of_offers_and_fails_a_proof() {
    let rows = json!([{"storage": "local", "content": "iso,vztmpl", "active": "1"}, {"storage": "../etc"}, 7]);
    let usable: Vec<StorageRow> = lenient::usable(rows.clone()).unwrap();
    assert_eq!(usable.len(), 1);
    assert!(
        usable[0].holds(Content::Vztmpl) && !usable[0].holds(Content::Rootdir) && usable[0].active
    );
    assert!(lenient::rows::<StorageRow>(rows).is_err());
}

#[test]
fn null_is_the_empty_list() {
    assert!(lenient::rows::<NodeRow>(Value::Null).unwrap().is_empty());
    assert!(lenient::usable::<NodeRow>(Value::Null).unwrap().is_empty());
    assert!(lenient::rows::<NodeRow>(json!({"a": 1})).is_err());
}

#[test]
fn a_next_id_may_be_text() {
    assert_eq!(
        serde_json::from_value::<Vmid>(json!("100")).unwrap(),
        Vmid::MIN
    );
    assert_eq!(
        serde_json::from_value::<Vmid>(json!(100)).unwrap(),
        Vmid::MIN
    );
    assert!(serde_json::from_value::<Vmid>(json!("99")).is_err());
}

#[test]
fn a_configuration_keeps_what_it_does_not_know() {
    let config: GuestConfig = serde_json::from_value(json!({
        "hostname": "blog", "memory": 512, "template": 1, "tags": "Havre;blog", "lock": "create",
        "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth,host-managed=1",
        "rootfs": "local-btrfs:100/vm-100-disk-0.raw,size=0T", "lxc": [["lxc.cap.drop", "sys_admin"]], "new-in-10": "yes",
    }))
    .unwrap();
    assert_eq!(
        (config.name(), config.text("memory"), config.lock()),
        (Some("blog"), Some("512"), Some("create"))
    );
    assert!(config.is_template() && config.tags().has("havre"));
    assert_eq!(config.text("new-in-10"), Some("yes"));
    let net = config.lxc_net(0).unwrap().unwrap();
    assert_eq!(net.other, [("host-managed".to_owned(), "1".to_owned())]);
    assert!(net.to_string().ends_with(",host-managed=1"));
    assert_eq!(config.rootfs().unwrap().unwrap().size.unwrap().get(), 0);
    assert!(config.lxc_net(1).unwrap().is_none());
}
