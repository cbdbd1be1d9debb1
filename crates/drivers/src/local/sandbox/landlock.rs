//! A second wall around the files, should a mount ever be wrong: only the app's own folders can be written.

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::super::trouble::Trouble;

/// Read and run, below these.
const READ: [&str; 8] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc",
];

/// Restricts this process and all that it starts. Folders that are not there are skipped. False where the kernel has
/// no Landlock: the mounts alone hold then.
pub fn restrict(writable: &[&str], readable: &[&str]) -> Result<bool, Trouble> {
    let abi = ABI::V6;
    let read = AccessFs::from_read(abi);
    let enforced = (|| {
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?;
        for path in READ.iter().chain(readable) {
            rules = allow(rules, path, read)?;
        }
        for path in writable {
            rules = allow(rules, path, AccessFs::from_all(abi))?;
        }
        rules.restrict_self()
    })();
    match enforced {
        Ok(status) => Ok(status.ruleset != RulesetStatus::NotEnforced),
        Err(error) => Err(Trouble::new(
            "restrict files by Landlock",
            error.to_string(),
        )),
    }
}

fn allow(
    rules: RulesetCreated,
    path: &str,
    access: landlock::BitFlags<AccessFs>,
) -> Result<RulesetCreated, landlock::RulesetError> {
    let Ok(folder) = PathFd::new(path) else {
        return Ok(rules);
    };
    // A file takes only what makes sense for files.
    let is_folder = std::path::Path::new(path).is_dir();
    let access = if is_folder {
        access
    } else {
        access & AccessFs::from_file(ABI::V6)
    };
    rules.add_rule(PathBeneath::new(folder, access))
}
