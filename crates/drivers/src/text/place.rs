//! Sentences about what this machine offers.

/// The tier that was asked for is not to be had.
pub const NO_L1: &str =
    "tier L1 was asked for, and this machine does not let Havre make control groups";
/// The technical side of it.
pub const NO_GROUPS: &str = "no writable hierarchy with the memory and pids controllers";

/// No tier works.
pub fn no_sandbox(why: &str) -> String {
    format!(
        "this machine does not let Havre make sandboxes ({why}). Run Havre as root, or allow user namespaces: \
         sysctl user.max_user_namespaces=10000, and on Ubuntu 24.04 sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    )
}

/// What tier L1 means.
pub const L1: &str = "L1: each app runs in namespaces of its own, and the kernel holds it to its memory, processor and process limits by control groups.";
/// What tier L2 means.
pub const L2: &str = "L2: each app runs in namespaces of its own; its memory and processes are limited per process only, since control groups cannot be made here.";

/// How guests reach the network.
pub const NETWORK: &str = "Each guest has a network of its own with a way out; it cannot reach this machine's loopback, Havre, other guests or link-local addresses.";

/// Guests have no network.
pub fn no_network(why: &str) -> String {
    format!(
        "Guests have no network but their own loopback ({why}): builds cannot download anything."
    )
}

/// No Landlock.
pub const NO_LANDLOCK: &str = "The kernel has no Landlock: files are guarded by mounts alone.";
/// No overlay.
pub const NO_OVERLAY: &str = "The kernel has no usable overlay file system here: every guest has a copy of its artifact, which takes disk and time.";
/// Not root.
pub const ONE_USER: &str =
    "Havre does not run as root: all apps run as this user, kept apart by their namespaces alone.";

/// Memory.
pub const MEMORY_BY_GROUP: &str = "Memory: enforced for the whole guest; an app over it is killed.";
/// Memory, weaker.
pub const MEMORY_BY_PROCESS: &str = "Memory: enforced per process, not for the guest as a whole.";
/// Processor.
pub const CPU: &str = "Cores: enforced.";
/// Processor, not.
pub const NO_CPU: &str = "Cores: not enforced.";
/// Processes.
pub const PIDS: &str = "Processes: enforced.";
/// Disk.
pub const DISK: &str = "Disk: watched; an app over it is ended within seconds.";

/// Too little disk.
pub fn below_floor(free: u64, floor: u64) -> String {
    format!(
        "only {} MB of disk are free; below {} MB nothing is built or deployed, so that what runs goes on",
        free >> 20,
        floor >> 20
    )
}

/// What to do about it.
pub fn make_room(folder: &std::path::Path) -> String {
    format!(
        "Free disk space on the file system of {}: `havre destroy` apps that are not needed.",
        folder.display()
    )
}

/// A data folder whose sockets would have names that are too long.
pub fn long_data_dir(folder: &std::path::Path) -> String {
    format!(
        "the data folder {} has too long a path: unix sockets below it would not work. Choose one of at most 60 characters",
        folder.display()
    )
}

/// A guest whose base is not known here.
pub fn no_base(id: &domain::BaseId) -> domain::ports::DriverError {
    domain::ports::DriverError::Toolchain {
        what: format!("the base {id} was never prepared on this machine, or its note was removed"),
        cure: "Deploy the app again: that prepares it.".into(),
    }
}
