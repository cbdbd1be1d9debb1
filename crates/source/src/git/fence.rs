//! Landlock: git writes in its work folder and to one file, reads programs, certificates and what the fetch is about, and
//! runs nothing that it wrote. Kernels without Landlock go on without it; the other bounds hold there.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use landlock::{
    ABI, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError,
};

/// What programs, name lookup and encryption need of a machine; what is not there is left out. Not `/etc` as a whole:
/// the server may be root, and git is not to read what only root reads.
const SYSTEM: [&str; 33] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/snap",
    "/dev/urandom",
    "/dev/random",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/gai.conf",
    "/etc/gnutls",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssh/ssh_known_hosts",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
];

/// What a child may touch.
pub(crate) struct Fence<'a> {
    /// Written and read; nothing in it is run.
    pub folder: &'a Path,
    /// Written and read beside it.
    pub file: Option<&'a Path>,
    /// Read, and run where it is a program.
    pub reads: Vec<PathBuf>,
}

impl Fence<'_> {
    /// Arranges that the child stays inside. Must be arranged after [`super::hold::hold`], so that the supervisor stays
    /// outside.
    pub fn around(&self, command: &mut Command) -> Result<(), RulesetError> {
        let mut rules = Some(self.rules()?);
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

    fn rules(&self) -> Result<RulesetCreated, RulesetError> {
        let (read, write) = (AccessFs::from_read(ABI::V3), AccessFs::from_write(ABI::V3));
        let mut rules = Ruleset::default().handle_access(read | write)?.create()?;
        let rewrite = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
        let system = SYSTEM.iter().map(Path::new);
        let given = system
            .chain(self.reads.iter().map(PathBuf::as_path))
            .map(|path| (path, read));
        let given = given.chain([(self.folder, write | AccessFs::ReadFile | AccessFs::ReadDir)]);
        let files = self
            .file
            .into_iter()
            .chain([Path::new("/dev/null")])
            .map(|file| (file, rewrite));
        for (path, access) in given.chain(files) {
            rules = allow(rules, path, access)?;
        }
        Ok(rules)
    }
}

/// What is not there needs no rule.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(fd) = PathFd::new(path) else {
        return Ok(rules);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(ABI::V3)
    };
    rules.add_rule(PathBeneath::new(fd, access))
}

/// Where a program and what belongs to it stand: for those that are installed in a place of their own.
pub(crate) fn home_of(program: &Path, path: &str) -> Option<PathBuf> {
    let candidates = path
        .split(':')
        .map(|folder| Path::new(folder).join(program));
    let real = candidates
        .into_iter()
        .find_map(|candidate| candidate.canonicalize().ok())?;
    let folder = real.parent()?;
    let prefix = folder
        .parent()
        .filter(|prefix| folder.ends_with("bin") && prefix.parent().is_some());
    Some(prefix.unwrap_or(folder).to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_of_a_program_is_its_prefix_and_never_everything() {
        assert_eq!(
            home_of(Path::new("sh"), "/nowhere:/usr/bin"),
            Some("/usr".into())
        );
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("git");
        std::fs::write(&program, "").unwrap();
        assert_eq!(
            home_of(&program, "/usr/bin"),
            Some(folder.path().canonicalize().unwrap())
        );
        assert_eq!(home_of(Path::new("no-such-program"), "/usr/bin"), None);
    }
}
