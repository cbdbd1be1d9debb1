//! What the doctor says.

use std::net::SocketAddr;
use std::path::Path;

pub const DOCTOR_OK: &str = "ok";
pub const DOCTOR_WARN: &str = "warn";
pub const DOCTOR_FAIL: &str = "fail";
pub const DOCTOR_GOOD: &str = "Nothing must be mended.";
pub const DOCTOR_BAD: &str = "Something must be mended before apps can be deployed.";
pub const DISK_CURE: &str = "Make room, or move the data with HAVRE_DATA_DIR: builds stop below 5 % or 2 GB free. `havre releases NAME` shows what each release takes.";
pub const SERVER_LOG_CURE: &str =
    "Its log says more (journalctl -u havre, or where `havre serve` runs).";
pub const PART_READY: &str = "ready";

pub fn missing(program: &str) -> String {
    format!("{program} is not installed.")
}

pub fn runtime_missing(programs: &str, apps: &str) -> String {
    format!("{programs} cannot be run: {apps} apps cannot be deployed.")
}

pub fn without_venv(version: &str) -> String {
    format!("{version} lacks venv or pip: Python apps cannot be deployed.")
}

pub fn with(version: &str, other: &str) -> String {
    format!("{version} with {other}")
}

pub fn install(packages: &str) -> String {
    format!("apt install {packages}")
}

/// Sizes in GB, to one digit.
fn gigabytes(bytes: u64) -> String {
    format!(
        "{}.{} GB",
        bytes / 1_000_000_000,
        bytes % 1_000_000_000 / 100_000_000
    )
}

pub fn disk_free(data_dir: &Path, free: u64, all: u64) -> String {
    format!(
        "{} of {} free at {}",
        gigabytes(free),
        gigabytes(all),
        data_dir.display()
    )
}

pub fn port_ours(address: SocketAddr) -> String {
    format!("{address} is in use by Havre")
}

pub fn port_free(address: SocketAddr) -> String {
    format!("{address} is free")
}

pub fn port_cure(variable: &str) -> String {
    format!("Find who holds it with `ss -ltnp`, or choose another address with {variable}.")
}

pub fn name_known(domain: &str) -> String {
    format!("NAME.{domain} leads here")
}

pub fn name_unknown(domain: &str) -> String {
    format!("The resolver of this machine does not know NAME.{domain}.")
}

pub fn name_elsewhere(domain: &str) -> String {
    format!("The resolver of this machine sends NAME.{domain} elsewhere.")
}

pub fn name_cure(domain: &str) -> String {
    if domain == "localhost" {
        "Browsers and curl find it all the same; for other programs: apt install libnss-myhostname, or send the Host header to the gateway's address.".to_owned()
    } else {
        format!("Let a wildcard record *.{domain} lead to the gateway.")
    }
}

pub fn server_answers(url: &str, version: &str) -> String {
    format!("Havre {version} answers at {url}")
}

pub fn other_version(ours: &str) -> String {
    format!("This program is {ours}: restart the server with the same version.")
}

pub fn no_sandbox(why: &str) -> String {
    format!("No sandbox can be made here: {why}")
}

pub const SANDBOX_CURE: &str = "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces above 0), or run as root.";

pub fn tier(tier: &str, meaning: &str) -> String {
    if meaning.starts_with(tier) {
        return meaning.to_owned();
    }
    format!("{tier}: {meaning}")
}
