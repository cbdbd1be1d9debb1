//! Landlock: git may write in its work folder only. Kernels without it go on without it; the other bounds hold there.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use landlock::{
    ABI, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError,
};

/// Arranges that the child may write below this folder and to this file only. Must be arranged after
/// [`super::hold::hold`], so that the supervisor stays outside.
pub(crate) fn fence(
    command: &mut Command,
    folder: &Path,
    file: Option<&Path>,
) -> Result<(), RulesetError> {
    let mut rules = Some(rules(folder, file)?);
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

fn rules(folder: &Path, file: Option<&Path>) -> Result<RulesetCreated, RulesetError> {
    let every = AccessFs::from_write(ABI::V3);
    let mut rules = Ruleset::default().handle_access(every)?.create()?;
    if let Ok(fd) = PathFd::new(folder) {
        rules = rules.add_rule(PathBeneath::new(fd, every))?;
    }
    for file in file.into_iter().chain([Path::new("/dev/null")]) {
        if let Ok(fd) = PathFd::new(file) {
            rules = rules.add_rule(PathBeneath::new(
                fd,
                AccessFs::WriteFile | AccessFs::Truncate,
            ))?;
        }
    }
    Ok(rules)
}
