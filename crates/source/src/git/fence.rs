//! Landlock: git may write in its work folder only. Kernels without it go on without it; the other bounds hold there.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use landlock::{
    ABI, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError,
};

/// Arranges that the child may write below these folders only. Must be arranged after [`super::hold::hold`], so that
/// the supervisor stays outside.
pub(crate) fn fence(command: &mut Command, writable: &[&Path]) -> Result<(), RulesetError> {
    let mut rules = Some(rules(writable)?);
    // SAFETY: two system calls; the ruleset was made before the fork. Closing its descriptor is one, too.
    unsafe {
        command.pre_exec(move || {
            let enforced = rules.take().map(RulesetCreated::restrict_self);
            enforced
                .transpose()
                .map(drop)
                .map_err(|_| std::io::Error::from_raw_os_error(libc::EPERM))
        });
    }
    Ok(())
}

fn rules(writable: &[&Path]) -> Result<RulesetCreated, RulesetError> {
    let abi = ABI::V3;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_write(abi))?
        .create()?;
    for folder in writable {
        if let Ok(fd) = PathFd::new(folder) {
            rules = rules.add_rule(PathBeneath::new(fd, AccessFs::from_write(abi)))?;
        }
    }
    if let Ok(null) = PathFd::new("/dev/null") {
        rules = rules.add_rule(PathBeneath::new(
            null,
            AccessFs::WriteFile | AccessFs::Truncate,
        ))?;
    }
    Ok(rules)
}
