//! The cluster's sentences, as they were seen or as the sources have them, and what they mean.

use std::collections::BTreeMap;

use rstest::rstest;

use crate::error::{Conflict, Kind, Missing, sort_answer, sort_task};

fn sorted(status: u16, reason: &str) -> (Kind, bool) {
    sort_answer(status, reason, &BTreeMap::new())
}

#[rstest]
#[case(500, "CT is locked (disk)", Kind::Conflict(Conflict::Locked("disk".into())), true)]
#[case(500, "VM is locked (snapshot-delete)", Kind::Conflict(Conflict::Locked("snapshot-delete".into())), true)]
#[case(
    500,
    "CT 100 already running",
    Kind::Conflict(Conflict::AlreadyRunning),
    true
)]
#[case(
    500,
    "VM 100 already running",
    Kind::Conflict(Conflict::AlreadyRunning),
    true
)]
#[case(500, "CT 100 not running", Kind::Conflict(Conflict::NotRunning), true)]
#[case(
    500,
    "VM 101 is running - destroy failed",
    Kind::Conflict(Conflict::AlreadyRunning),
    true
)]
#[case(
    500,
    "unable to create CT 102 - CT 102 already exists on node 'x'",
    Kind::Conflict(Conflict::AlreadyExists),
    true
)]
#[case(
    500,
    "CT 100 already exists on node 'pve1'",
    Kind::Conflict(Conflict::AlreadyExists),
    true
)]
#[case(
    500,
    "refusing to override existing file 'x.tar.gz'",
    Kind::Conflict(Conflict::AlreadyExists),
    true
)]
#[case(
    500,
    "can't remove CT 100 - protection mode enabled",
    Kind::Conflict(Conflict::Protected),
    true
)]
#[case(
    500,
    "detected modified configuration - file changed by other user? Try again.",
    Kind::Conflict(Conflict::Changed),
    true
)]
#[case(
    500,
    "can't lock file '/run/lock/lxc/pve-config-100.lock' - got timeout",
    Kind::Transient,
    true
)]
#[case(
    500,
    "can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout",
    Kind::Transient,
    true
)]
#[case(
    500,
    "cfs-lock 'storage-ceph' error: got lock request timeout",
    Kind::Transient,
    true
)]
#[case(
    500,
    "VM 100 qmp command 'quit' failed - got timeout",
    Kind::Ambiguous,
    false
)]
#[case(595, "No route to host", Kind::Transient, true)]
#[case(595, "Connection refused", Kind::Transient, true)]
#[case(596, "Connection timed out", Kind::Ambiguous, false)]
#[case(596, "broken pipe", Kind::Ambiguous, false)]
#[case(597, "", Kind::Ambiguous, false)]
#[case(599, "Too many redirections", Kind::Transient, true)]
#[case(502, "Bad Gateway", Kind::Ambiguous, false)]
#[case(504, "Gateway Time-out", Kind::Ambiguous, false)]
#[case(401, "authentication failure", Kind::Credentials, true)]
#[case(401, "permission denied - invalid PVE ticket", Kind::Credentials, true)]
#[case(500, "cluster not ready - no quorum?", Kind::NoQuorum, true)]
#[case(
    500,
    "unable to open file '/etc/pve/nodes/a/lxc/100.conf.tmp.12' - Permission denied",
    Kind::NoQuorum,
    true
)]
#[case(
    501,
    "Method 'POST /nodes/pve/lxc/100/exec' not implemented",
    Kind::NotThere,
    true
)]
#[case(
    500,
    "Configuration file 'nodes/pve/lxc/999.conf' does not exist",
    Kind::Gone(Missing::Guest),
    true
)]
#[case(
    500,
    "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist",
    Kind::Gone(Missing::Guest),
    true
)]
#[case(500, "CT 100 does not exist", Kind::Gone(Missing::Guest), true)]
#[case(
    500,
    "storage 'nfs' does not exist",
    Kind::Gone(Missing::Storage),
    false
)]
#[case(
    500,
    "snapshot 'before' does not exist",
    Kind::Gone(Missing::Snapshot),
    false
)]
#[case(
    500,
    "volume 'local:vztmpl/x.tar.gz' does not exist",
    Kind::Gone(Missing::Volume),
    false
)]
#[case(
    500,
    "bridge 'vmbr9' does not exist",
    Kind::Gone(Missing::Thing),
    false
)]
#[case(400, "no such task", Kind::Gone(Missing::Task), true)]
#[case(500, "storage 'nfs' is not online", Kind::Transient, false)]
#[case(500, "No space left on device", Kind::Capacity, false)]
#[case(500, "out of memory", Kind::Capacity, false)]
#[case(500, "got no worker upid - start worker failed", Kind::Transient, true)]
#[case(500, "No QEMU guest agent configured", Kind::Other, false)]
#[case(500, "QEMU guest agent is not running", Kind::Other, false)]
#[case(500, "something else", Kind::Other, false)]
#[case(400, "Parameter verification failed.", Kind::BadParameters, true)]
fn an_answer_is_sorted(
    #[case] status: u16,
    #[case] reason: &str,
    #[case] kind: Kind,
    #[case] nothing_done: bool,
) {
    assert_eq!(sorted(status, reason), (kind, nothing_done), "{reason}");
}

#[rstest]
#[case("Permission check failed (/vms/100, VM.Allocate)", "/vms/100", &["VM.Allocate"])]
#[case("Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)", "/sdn/zones/localnetwork/vmbr0", &["SDN.Use"])]
#[case("Permission check failed (/, Sys.Modify)", "/", &["Sys.Modify"])]
#[case("Permission check failed (/storage/x, Datastore.Audit|Datastore.AllocateSpace)", "/storage/x", &["Datastore.Audit", "Datastore.AllocateSpace"])]
#[case("Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)", "", &[])]
#[case("Permission check failed", "", &[])]
#[case(")(", "", &[])]
fn a_missing_privilege_names_itself_and_its_path(
    #[case] reason: &str,
    #[case] path: &str,
    #[case] names: &[&str],
) {
    let privileges = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        sorted(403, reason),
        (
            Kind::MissingPrivilege {
                path: path.to_owned(),
                privileges
            },
            true
        )
    );
}

#[test]
fn a_number_that_is_taken_is_told_by_the_parameter() {
    let errors = BTreeMap::from([("vmid".to_owned(), "VM 100 already exists".to_owned())]);
    let (kind, _) = sort_answer(400, "Parameter verification failed.", &errors);
    assert_eq!(kind, Kind::Conflict(Conflict::AlreadyExists));
}

#[rstest]
#[case("command 'zfs snapshot x' failed: out of space", &[], Kind::Capacity)]
#[case("unable to create CT 103 - cfs-lock 'storage-x' error: got lock request timeout", &[], Kind::Transient)]
#[case("clone failed: can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout", &[], Kind::Transient)]
#[case("command 'tar xpf' failed: exit code 2", &["tar: write error: No space left on device", "done"], Kind::Capacity)]
#[case("snapshot feature is not available", &["TASK ERROR: snapshot feature is not available"], Kind::Other)]
#[case("Permission check failed (/vms/100, VM.Audit)", &[], Kind::MissingPrivilege { path: "/vms/100".into(), privileges: vec!["VM.Audit".into()] })]
fn a_failed_task_is_sorted_by_its_status_then_by_its_log(
    #[case] status: &str,
    #[case] log: &[&str],
    #[case] kind: Kind,
) {
    let log: Vec<String> = log.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(sort_task(status, &log), kind);
}

#[rstest]
#[case(
    "unable to destroy CT 100 - container is running",
    Kind::Conflict(Conflict::AlreadyRunning)
)]
#[case(
    "disk 'rootfs' is already at specified size",
    Kind::Conflict(Conflict::SameSize)
)]
#[case("no such cluster node 'storage-1'", Kind::Gone(Missing::Node))]
#[case("another backup job is running", Kind::Other)]
#[case("service 'pve-ha-crm' not running", Kind::Other)]
#[case(
    "unable to find configuration file for CT 100 on node 'pve1'",
    Kind::Gone(Missing::Guest)
)]
#[case("vm 100 disk 'x' does not exist", Kind::Gone(Missing::Volume))]
#[case("mount failed: No such file or directory", Kind::Gone(Missing::Thing))]
fn words_that_only_look_alike_are_told_apart(#[case] reason: &str, #[case] kind: Kind) {
    assert_eq!(sorted(500, reason).0, kind);
}
