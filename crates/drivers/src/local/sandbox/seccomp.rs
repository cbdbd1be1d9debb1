//! System calls that no app or build needs and that open the kernel's least tried doors.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::super::trouble::{On, Trouble};

/// Answered with EPERM, whatever the arguments.
const FORBIDDEN: &[i64] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_userfaultfd,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
];

/// New namespaces by `clone`.
const NEW_NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Restricts this process and all that it starts, for good. Needs `no_new_privs`.
pub fn apply() -> Result<(), Trouble> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        FORBIDDEN.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, namespace_rules()?);
    rules.insert(libc::SYS_ioctl, terminal_rules()?);
    rules.insert(libc::SYS_socket, vec![family_rule()?]);
    install(rules, libc::EPERM)?;
    // The flags of clone3 are behind a pointer, which a filter cannot read; libraries take ENOSYS as "use clone".
    install([(libc::SYS_clone3, Vec::new())].into(), libc::ENOSYS)
}

fn namespace_rules() -> Result<Vec<SeccompRule>, Trouble> {
    let masked = |flag: i32| {
        let flag = u64::from(flag.cast_unsigned());
        rule(
            0,
            SeccompCmpArgLen::Qword,
            SeccompCmpOp::MaskedEq(flag),
            flag,
        )
    };
    NEW_NAMESPACES.into_iter().map(masked).collect()
}

/// Families of sockets that a guest may make. Others reach past its network namespace (vsock: the machine's own host) or
/// into corners of the kernel that apps have no use for.
const FAMILIES: [i32; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];

fn family_rule() -> Result<SeccompRule, Trouble> {
    let other_than = |family: i32| {
        let family = u64::from(family.cast_unsigned());
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family)
    };
    FAMILIES
        .into_iter()
        .map(other_than)
        .collect::<Result<Vec<_>, _>>()
        .and_then(SeccompRule::new)
        .map_err(std::io::Error::other)
        .on("make a seccomp rule")
}

/// Typing into the terminal of whoever started us.
fn terminal_rules() -> Result<Vec<SeccompRule>, Trouble> {
    let forbidden = [libc::TIOCSTI, libc::TIOCLINUX];
    let equal = |request: libc::Ioctl| rule(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request);
    forbidden.into_iter().map(equal).collect()
}

fn rule(
    argument: u8,
    length: SeccompCmpArgLen,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, Trouble> {
    SeccompCondition::new(argument, length, operator, value)
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(std::io::Error::other)
        .on("make a seccomp rule")
}

fn install(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: i32) -> Result<(), Trouble> {
    let target = TargetArch::try_from(ARCH)
        .map_err(std::io::Error::other)
        .on("name the machine")?;
    let refuse = SeccompAction::Errno(errno.cast_unsigned());
    let program: BpfProgram = SeccompFilter::new(rules, SeccompAction::Allow, refuse, target)
        .and_then(BpfProgram::try_from)
        .map_err(std::io::Error::other)
        .on("compile the seccomp filter")?;
    apply_filter(&program)
        .map_err(std::io::Error::other)
        .on("apply the seccomp filter")
}
