//! Version 1: one folder per controller.

use std::fs;
use std::io;
use std::path::Path;

use super::super::wire::Limits;

/// Writes the limits of one controller.
pub fn limit(controller: &str, group: &Path, limits: &Limits) -> io::Result<()> {
    match controller {
        "memory" => memory(group, limits.memory),
        "pids" => fs::write(group.join("pids.max"), limits.pids.to_string()),
        "cpu" => cpu(group, limits),
        _ => Ok(()),
    }
}

/// Swap counts too where the kernel counts it; else a guest could use the machine's swap without end.
fn memory(group: &Path, bytes: u64) -> io::Result<()> {
    fs::write(group.join("memory.limit_in_bytes"), bytes.to_string())?;
    let with_swap = group.join("memory.memsw.limit_in_bytes");
    if with_swap.exists() {
        fs::write(with_swap, bytes.to_string())?;
    }
    Ok(())
}

fn cpu(group: &Path, limits: &Limits) -> io::Result<()> {
    if limits.background {
        fs::write(group.join("cpu.shares"), "256")?;
    }
    let period = 100_000u64;
    fs::write(group.join("cpu.cfs_period_us"), period.to_string())?;
    let quota = period * u64::from(limits.cores.max(1));
    fs::write(group.join("cpu.cfs_quota_us"), quota.to_string())
}

/// Freezes or thaws. The kernel freezes by and by: `FREEZING` becomes `FROZEN` when it is asked again.
pub fn freeze(group: &Path, frozen: bool) -> io::Result<()> {
    let state = group.join("freezer.state");
    let word = if frozen { "FROZEN" } else { "THAWED" };
    super::group::until(|| {
        fs::write(&state, word)?;
        Ok(fs::read_to_string(&state)?.trim() == word)
    })
}

/// How many processes the kernel killed for memory.
pub fn oom_kills(group: &Path) -> u64 {
    let text = fs::read_to_string(group.join("memory.oom_control")).unwrap_or_default();
    super::group::counter(&text, "oom_kill")
}
