//! What git is told.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;

use super::fence::{Fence, home_of};
use super::hold::{Limits, hold};
use super::run::{Bounds, Cancel, Ended, Stop, run};
use crate::config::GitConfig;
use crate::remote::Remote;
use crate::work::Work;

/// Where git and ssh are looked for: the server's own PATH is not passed on.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Settings of every call. What a repository's own configuration says is not read: there is none but the empty one
/// that `git init` writes.
const SETTINGS: [(&str, &str); 28] = [
    ("core.hooksPath", "/dev/null"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.symlinks", "true"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("core.fsync", "none"),
    ("core.askPass", ""),
    ("credential.helper", ""),
    ("credential.interactive", "false"),
    ("init.templateDir", ""),
    ("init.defaultBranch", "none"),
    ("gc.auto", "0"),
    // A fetch must not starve what serves.
    ("pack.threads", "2"),
    ("maintenance.auto", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("transfer.bundleURI", "false"),
    ("transfer.credentialsInUrl", "die"),
    ("fetch.fsckObjects", "true"),
    // Faults that old but honest histories have; none of them can do harm here.
    ("fetch.fsck.badTimezone", "ignore"),
    ("fetch.fsck.zeroPaddedFilemode", "ignore"),
    ("fetch.fsck.missingSpaceBeforeDate", "ignore"),
    ("http.lowSpeedLimit", "100"),
    ("http.lowSpeedTime", "60"),
];

/// One fetch's way to call git.
pub(crate) struct Git<'a> {
    pub config: &'a GitConfig,
    pub remote: &'a Remote,
    pub work: &'a Work,
    pub until: Instant,
    pub cancel: &'a Cancel,
}

impl Git<'_> {
    /// Runs git on the work repository, keeping at most `keep` bytes of its output.
    pub fn call<S: AsRef<OsStr>>(&self, args: &[S], keep: usize) -> Result<(Ended, Vec<u8>), Stop> {
        let mut output = Vec::new();
        let ended = self.stream(args, &mut |piece| {
            output.extend_from_slice(&piece[..piece.len().min(keep - output.len())]);
            ControlFlow::Continue(())
        })?;
        Ok((ended, output))
    }

    /// Runs git on the work repository; `take` gets its output as it comes.
    pub fn stream<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Ended, Stop> {
        let bytes = self.config.caps.bytes.saturating_mul(2);
        let mut command = Command::new(&self.config.git);
        command
            .arg(join("--git-dir=", &self.work.repo()))
            .args(args);
        command.current_dir(self.work.tree());
        self.surroundings(&mut command);
        let left = self.until.saturating_duration_since(Instant::now()) + Duration::from_secs(1);
        let cpu_seconds = left.as_secs().saturating_mul(2).max(1);
        // A pack is one file: what a single file of the tree may have is checked by its listing.
        hold(
            &mut command,
            Limits {
                cpu_seconds,
                file_bytes: bytes,
            },
        );
        self.fence()
            .around(&mut command)
            .map_err(std::io::Error::other)?;
        let bounds = Bounds {
            until: self.until,
            cancel: self.cancel,
            folder: (self.work.path(), bytes),
        };
        run(command, &bounds, take)
    }

    fn fence(&self) -> Fence<'_> {
        let programs = [&self.config.git, &self.config.ssh]
            .into_iter()
            .filter_map(|program| home_of(program, PATH));
        let certificates = self.config.host_env.certificates();
        let reads = programs
            .chain(certificates)
            .chain(self.remote.reads.iter().cloned())
            .collect();
        Fence {
            folder: self.work.path(),
            file: self.remote.writes.as_deref(),
            reads,
        }
    }

    /// The whole environment, and with it every setting: arguments can be read by everybody on the machine.
    fn surroundings(&self, command: &mut Command) {
        let home = self.work.home();
        command.env_clear().envs(self.config.host_env.iter());
        command
            .env("PATH", PATH)
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", &home)
            .env("TMPDIR", &home);
        command.env("GIT_CONFIG_GLOBAL", self.work.config());
        let fixed = [
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ASKPASS", ""),
            ("SSH_ASKPASS_REQUIRE", "never"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_ALLOW_PROTOCOL", self.remote.protocol),
            ("GIT_PROTOCOL_FROM_USER", "0"),
        ];
        command.envs(fixed);
        let protocol = format!("protocol.{}.allow", self.remote.protocol);
        let ours = SETTINGS
            .into_iter()
            .chain([("protocol.allow", "never"), (protocol.as_str(), "always")]);
        let secret = self
            .remote
            .settings
            .iter()
            .map(|(key, value)| (key.as_str(), value.expose_secret()));
        let mut count = 0;
        for (key, value) in ours.chain(secret) {
            command
                .env(format!("GIT_CONFIG_KEY_{count}"), key)
                .env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
        command.env("GIT_CONFIG_COUNT", count.to_string());
    }
}

fn join(option: &str, path: &Path) -> std::ffi::OsString {
    let mut text = std::ffi::OsString::from(option);
    text.push(path);
    text
}
