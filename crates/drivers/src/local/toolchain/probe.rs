//! Tries an interpreter, in an empty environment and for a bounded time.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::de::DeserializeOwned;

/// A cold start on a busy machine is slow; a hung one must not hold up a deploy.
const WITHIN: Duration = Duration::from_secs(20);

/// Runs a program and reads the last line that it prints as JSON. None when it does not work, for whatever reason.
pub(super) async fn ask<T: DeserializeOwned>(program: &Path, arguments: &[&OsStr]) -> Option<T> {
    let text = run(program, arguments).await?;
    serde_json::from_str(text.lines().last()?).ok()
}

/// Runs a program and gives what it prints when it succeeds.
pub(super) async fn run(program: &Path, arguments: &[&OsStr]) -> Option<String> {
    let mut command = tokio::process::Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", "/nonexistent");
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    match tokio::time::timeout(WITHIN, command.output()).await {
        Ok(Ok(output)) if output.status.success() => String::from_utf8(output.stdout).ok(),
        Ok(Ok(_)) => None,
        Ok(Err(error)) => {
            tracing::debug!(program = %program.display(), %error, "an interpreter does not start");
            None
        }
        Err(_) => {
            tracing::warn!(program = %program.display(), "an interpreter does not answer");
            None
        }
    }
}
