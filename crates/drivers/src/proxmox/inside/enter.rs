//! The small programs in the guest: the one that becomes what a launch names, and the one around its life.

use std::sync::OnceLock;
use std::time::Duration;

use domain::ports::DriverError;
use sha2::{Digest, Sha256};

use super::files;
use super::shell::Shell;

const ENTER: &str = include_str!("scripts/enter.pl");
const LIFE: &str = include_str!("scripts/life.sh");

/// Where it is: named by its content, so that another version of Havre brings its own.
pub fn path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| format!("/opt/havre/enter-{}", short_hash(ENTER.as_bytes())))
}

/// What runs as root before and after a life of the app, and after a command.
pub fn life() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| format!("/opt/havre/life-{}", short_hash(LIFE.as_bytes())))
}

/// Names a content.
pub fn short_hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

/// Puts both there.
pub async fn install(shell: &dyn Shell) -> Result<(), DriverError> {
    files::write(shell, life(), 0o755, "root", LIFE.as_bytes()).await?;
    files::write(shell, path(), 0o755, "root", ENTER.as_bytes()).await
}

/// Small things in a guest take less than this.
pub const SHORT: Duration = Duration::from_secs(60);
