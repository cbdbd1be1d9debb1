//! Limits per process: always against core files and endless files; all there is where cgroups are not to be had.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::super::trouble::{On, Trouble};
use super::super::wire::Limits;

/// How far a build steps back.
const NICE: i32 = 10;
/// Descriptors that one process may hold.
const FILES: u64 = 65_536;

/// Lowers the limits of this process and of all that it starts. Never above what the host allows.
pub fn apply(limits: &Limits, instead_of_cgroups: bool) -> Result<(), Trouble> {
    lower(Resource::RLIMIT_CORE, 0)?;
    lower(Resource::RLIMIT_NOFILE, FILES)?;
    lower(Resource::RLIMIT_FSIZE, limits.disk)?;
    if instead_of_cgroups {
        // Counted per user namespace, so one guest's processes do not eat another's share.
        lower(Resource::RLIMIT_NPROC, u64::from(limits.pids))?;
        lower(Resource::RLIMIT_DATA, limits.memory)?;
        if limits.background {
            // SAFETY: takes integers only; 0 is this process.
            unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
        }
    }
    Ok(())
}

fn lower(resource: Resource, to: u64) -> Result<(), Trouble> {
    let what = || format!("set {resource:?}");
    let (_, hard) = getrlimit(resource).on(what())?;
    let limit = to.min(hard);
    setrlimit(resource, limit, limit).on(what())
}
