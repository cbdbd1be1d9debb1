//! What the local driver is told.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use domain::ports::Clock;

use super::tier::Tier;
use super::toolchain::HostEnv;
use super::wire::CrashPolicy;

/// Settings of the local driver.
#[derive(Clone)]
pub struct LocalConfig {
    /// Havre's data folder; the driver keeps everything in `local` below it.
    pub data_dir: PathBuf,
    /// The binary that is run again as shim; its `main` gives [`super::GUEST_COMMAND`] to [`super::guest_main`].
    pub exe: PathBuf,
    /// As root, the uid of a deployment is this plus its slot.
    pub uid_base: u32,
    /// Only this tier will do; none: the best that the machine allows.
    pub tier: Option<Tier>,
    /// False: every guest gets a copy of its artifact, as where the kernel has no usable overlay file system.
    pub overlay: bool,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Below this much free disk nothing is built or made.
    pub floor: Floor,
    /// How crashed apps are started again.
    pub crash: CrashPolicy,
    /// Processes and threads in one guest.
    pub pids: u32,
    /// The environment of this process, where toolchains and registry settings are looked up. Guests inherit none of it.
    pub host: HostEnv,
}

/// The free disk that is left alone: a share of the disk, but no more than some bytes.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// Percent of the file system.
    pub percent: u64,
    /// Bytes that are enough, however large the file system is.
    pub bytes: u64,
}

impl Floor {
    /// The floor on a file system of this many bytes: the smaller of the two bounds.
    pub fn of(&self, total: u64) -> u64 {
        (total / 100 * self.percent).min(self.bytes)
    }
}

impl Default for Floor {
    fn default() -> Self {
        Self {
            percent: 5,
            bytes: 2 << 30,
        }
    }
}

impl LocalConfig {
    /// The usual settings.
    pub fn new(data_dir: PathBuf, exe: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self {
            data_dir,
            exe,
            uid_base: 200_000,
            tier: None,
            overlay: true,
            clock,
            floor: Floor::default(),
            crash: CrashPolicy::default(),
            pids: 512,
            host: HostEnv::new(std::env::vars_os().filter_map(text)),
        }
    }
}

/// A variable that is text; others say nothing to a toolchain.
fn text((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}
