//! The table of everything this client can send. A test compares it with the official schemas of 8.4 and 9.2.

use crate::api::firewall::{Policy, RuleKind};
use crate::api::guest::Feature;
use crate::api::lxc::LXC_OPTIONS;
use crate::api::nodes::TaskSource;
use crate::api::qemu::{DiskFormat, QEMU_OPTIONS};
use crate::api::storage::{Checksum, Content, Uploadable};
use crate::route::{Param, Route, Verb, any, one_of};

macro_rules! routes {
    ($($name:ident = $verb:ident $path:literal [$($group:expr),* $(,)?];)*) => {
        $(pub(crate) static $name: Route = Route { verb: Verb::$verb, path: $path, takes: &[$($group),*] };)*

        /// Every request, for the test against the schemas.
        #[cfg(test)]
        pub(crate) static ALL: &[&Route] = &[$(&$name),*];
    };
}

const DESTROY: &[Param] = &[any("purge"), any("destroy-unreferenced-disks")];
const CLONE: &[Param] = &[
    any("newid"),
    any("full"),
    any("storage"),
    any("snapname"),
    any("pool"),
    any("target"),
    any("description"),
];
const FEATURE: &[Param] = &[one_of("feature", Feature::WORDS), any("snapname")];
const SNAPSHOT: &[Param] = &[any("snapname"), any("description")];
const CONFIG_PUT: &[Param] = &[any("delete"), any("digest")];
const SHUTDOWN: &[Param] = &[any("timeout"), any("forceStop")];
const RULE: &[Param] = &[
    one_of("type", RuleKind::WORDS),
    one_of("action", Policy::WORDS),
    any("enable"),
    any("proto"),
    any("dport"),
    any("source"),
    any("iface"),
    any("comment"),
    any("pos"),
];
const FIREWALL: &[Param] = &[
    any("enable"),
    any("dhcp"),
    any("ndp"),
    any("ipfilter"),
    any("macfilter"),
    one_of("policy_in", Policy::WORDS),
    one_of("policy_out", Policy::WORDS),
    any("digest"),
];
const POOL: &[Param] = &[any("poolid"), any("comment")];
const POOL_PUT: &[Param] = &[any("vms"), any("storage"), any("delete"), any("allow-move")];
const CHECKSUM: &[Param] = &[
    any("checksum"),
    one_of("checksum-algorithm", Checksum::WORDS),
];

routes! {
    VERSION = Get "/version" [];
    LOGIN = Post "/access/ticket" [&[any("username"), any("password")]];
    PERMISSIONS = Get "/access/permissions" [&[any("path")]];

    CLUSTER_STATUS = Get "/cluster/status" [];
    RESOURCES = Get "/cluster/resources" [&[one_of("type", &["vm", "storage", "node"])]];
    NEXT_ID = Get "/cluster/nextid" [&[any("vmid")]];
    CLUSTER_OPTIONS = Get "/cluster/options" [];
    CLUSTER_FIREWALL = Get "/cluster/firewall/options" [];

    NODES = Get "/nodes" [];
    NODE_STATUS = Get "/nodes/{node}/status" [];
    BRIDGES = Get "/nodes/{node}/network" [&[one_of("type", &["any_bridge"])]];
    STORAGES = Get "/nodes/{node}/storage" [&[any("content"), any("enabled"), any("storage")]];
    APPLIANCES = Get "/nodes/{node}/aplinfo" [];
    APPLIANCE_GET = Post "/nodes/{node}/aplinfo" [&[any("storage"), any("template")]];

    TASKS = Get "/nodes/{node}/tasks" [&[
        any("vmid"), any("limit"), any("start"), any("since"), any("typefilter"), one_of("source", TaskSource::WORDS),
    ]];
    TASK_STATUS = Get "/nodes/{node}/tasks/{upid}/status" [];
    TASK_LOG = Get "/nodes/{node}/tasks/{upid}/log" [&[any("start"), any("limit")]];
    TASK_ABORT = Delete "/nodes/{node}/tasks/{upid}" [];

    CONTENT = Get "/nodes/{node}/storage/{storage}/content" [&[one_of("content", Content::WORDS), any("vmid")]];
    CONTENT_DELETE = Delete "/nodes/{node}/storage/{storage}/content/{volume}" [];
    DOWNLOAD = Post "/nodes/{node}/storage/{storage}/download-url" [CHECKSUM, &[
        any("url"), any("filename"), one_of("content", Uploadable::WORDS), any("verify-certificates"),
    ]];
    UPLOAD = Post "/nodes/{node}/storage/{storage}/upload" [CHECKSUM, &[any("filename"), one_of("content", Uploadable::WORDS)]];

    POOLS = Get "/pools" [&[any("poolid")]];
    POOL_CREATE = Post "/pools" [POOL];
    POOL_UPDATE = Put "/pools" [POOL, POOL_PUT];

    LXC_CREATE = Post "/nodes/{node}/lxc" [LXC_OPTIONS, &[
        any("vmid"), any("ostemplate"), any("unprivileged"), any("ssh-public-keys"), any("pool"), any("start"),
    ]];
    LXC_CLONE = Post "/nodes/{node}/lxc/{vmid}/clone" [CLONE, &[any("hostname")]];
    LXC_CONFIG = Get "/nodes/{node}/lxc/{vmid}/config" [&[any("current")]];
    LXC_CONFIG_PUT = Put "/nodes/{node}/lxc/{vmid}/config" [LXC_OPTIONS, CONFIG_PUT];
    LXC_PENDING = Get "/nodes/{node}/lxc/{vmid}/pending" [];
    LXC_STATUS = Get "/nodes/{node}/lxc/{vmid}/status/current" [];
    LXC_START = Post "/nodes/{node}/lxc/{vmid}/status/start" [];
    LXC_STOP = Post "/nodes/{node}/lxc/{vmid}/status/stop" [&[any("overrule-shutdown")]];
    LXC_SHUTDOWN = Post "/nodes/{node}/lxc/{vmid}/status/shutdown" [SHUTDOWN];
    LXC_REBOOT = Post "/nodes/{node}/lxc/{vmid}/status/reboot" [&[any("timeout")]];
    LXC_INTERFACES = Get "/nodes/{node}/lxc/{vmid}/interfaces" [];
    LXC_RESIZE = Put "/nodes/{node}/lxc/{vmid}/resize" [&[one_of("disk", &["rootfs", "mp0", "mp1", "mp2", "mp3"]), any("size")]];
    LXC_FEATURE = Get "/nodes/{node}/lxc/{vmid}/feature" [FEATURE];
    LXC_TEMPLATE = Post "/nodes/{node}/lxc/{vmid}/template" [];
    LXC_SNAPSHOTS = Get "/nodes/{node}/lxc/{vmid}/snapshot" [];
    LXC_SNAPSHOT = Post "/nodes/{node}/lxc/{vmid}/snapshot" [SNAPSHOT];
    LXC_SNAPSHOT_DELETE = Delete "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}" [&[any("force")]];
    LXC_ROLLBACK = Post "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback" [&[any("start")]];
    LXC_MIGRATE = Post "/nodes/{node}/lxc/{vmid}/migrate" [&[any("target"), any("restart"), any("timeout"), any("target-storage")]];
    LXC_DESTROY = Delete "/nodes/{node}/lxc/{vmid}" [DESTROY, &[any("force")]];

    QEMU_CREATE = Post "/nodes/{node}/qemu" [QEMU_OPTIONS, &[any("vmid"), any("pool"), any("start")]];
    QEMU_CLONE = Post "/nodes/{node}/qemu/{vmid}/clone" [CLONE, &[any("name"), one_of("format", DiskFormat::WORDS)]];
    QEMU_CONFIG = Get "/nodes/{node}/qemu/{vmid}/config" [&[any("current")]];
    QEMU_CONFIG_PUT = Put "/nodes/{node}/qemu/{vmid}/config" [QEMU_OPTIONS, CONFIG_PUT];
    QEMU_CONFIG_POST = Post "/nodes/{node}/qemu/{vmid}/config" [QEMU_OPTIONS, CONFIG_PUT];
    QEMU_PENDING = Get "/nodes/{node}/qemu/{vmid}/pending" [];
    QEMU_STATUS = Get "/nodes/{node}/qemu/{vmid}/status/current" [];
    QEMU_START = Post "/nodes/{node}/qemu/{vmid}/status/start" [];
    QEMU_STOP = Post "/nodes/{node}/qemu/{vmid}/status/stop" [&[any("overrule-shutdown")]];
    QEMU_SHUTDOWN = Post "/nodes/{node}/qemu/{vmid}/status/shutdown" [SHUTDOWN];
    QEMU_REBOOT = Post "/nodes/{node}/qemu/{vmid}/status/reboot" [&[any("timeout")]];
    QEMU_AGENT_PING = Post "/nodes/{node}/qemu/{vmid}/agent/ping" [];
    QEMU_INTERFACES = Get "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces" [];
    QEMU_RESIZE = Put "/nodes/{node}/qemu/{vmid}/resize" [&[
        one_of("disk", &["scsi0", "scsi1", "virtio0", "virtio1", "sata0", "ide0"]), any("size"),
    ]];
    QEMU_FEATURE = Get "/nodes/{node}/qemu/{vmid}/feature" [FEATURE];
    QEMU_TEMPLATE = Post "/nodes/{node}/qemu/{vmid}/template" [];
    QEMU_SNAPSHOTS = Get "/nodes/{node}/qemu/{vmid}/snapshot" [];
    QEMU_SNAPSHOT = Post "/nodes/{node}/qemu/{vmid}/snapshot" [SNAPSHOT, &[any("vmstate")]];
    QEMU_SNAPSHOT_DELETE = Delete "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}" [&[any("force")]];
    QEMU_ROLLBACK = Post "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback" [&[any("start")]];
    QEMU_MIGRATE = Post "/nodes/{node}/qemu/{vmid}/migrate" [&[any("target"), any("online"), any("with-local-disks"), any("targetstorage")]];
    QEMU_DESTROY = Delete "/nodes/{node}/qemu/{vmid}" [DESTROY];
    QEMU_CLOUDINIT_PENDING = Get "/nodes/{node}/qemu/{vmid}/cloudinit" [];
    QEMU_CLOUDINIT = Put "/nodes/{node}/qemu/{vmid}/cloudinit" [];

    LXC_FIREWALL = Get "/nodes/{node}/lxc/{vmid}/firewall/options" [];
    LXC_FIREWALL_PUT = Put "/nodes/{node}/lxc/{vmid}/firewall/options" [FIREWALL];
    LXC_RULES = Get "/nodes/{node}/lxc/{vmid}/firewall/rules" [];
    LXC_RULE_ADD = Post "/nodes/{node}/lxc/{vmid}/firewall/rules" [RULE];
    LXC_RULE_DELETE = Delete "/nodes/{node}/lxc/{vmid}/firewall/rules/{pos}" [&[any("digest")]];
    QEMU_FIREWALL = Get "/nodes/{node}/qemu/{vmid}/firewall/options" [];
    QEMU_FIREWALL_PUT = Put "/nodes/{node}/qemu/{vmid}/firewall/options" [FIREWALL];
    QEMU_RULES = Get "/nodes/{node}/qemu/{vmid}/firewall/rules" [];
    QEMU_RULE_ADD = Post "/nodes/{node}/qemu/{vmid}/firewall/rules" [RULE];
    QEMU_RULE_DELETE = Delete "/nodes/{node}/qemu/{vmid}/firewall/rules/{pos}" [&[any("digest")]];
}

/// Whether a request asks how something is going.
pub(crate) fn is_poll(route: &Route) -> bool {
    [
        &TASK_STATUS,
        &TASK_LOG,
        &LXC_INTERFACES,
        &QEMU_INTERFACES,
        &QEMU_AGENT_PING,
    ]
    .iter()
    .any(|poll| std::ptr::eq(*poll, route))
}
