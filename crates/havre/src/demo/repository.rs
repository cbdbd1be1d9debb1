//! Makes a Git repository of an example app.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::exit::{Exit, Fault};
use crate::text;

/// Commits everything in a folder. Nobody's Git configuration takes part.
pub fn make(folder: &Path) -> Result<(), Fault> {
    git(folder, &["init", "--quiet", "--initial-branch=main"])?;
    git(folder, &["add", "--all"])?;
    git(
        folder,
        &["commit", "--quiet", "--message", text::DEMO_COMMIT],
    )
}

fn git(folder: &Path, args: &[&str]) -> Result<(), Fault> {
    let output = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Havre")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "demo@localhost")))
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Fault::new(Exit::Platform, text::demo_git(args[0])).why(why))
        }
        Err(error) => Err(Fault::new(Exit::Platform, text::missing("git"))
            .why(error.to_string())
            .cure(text::install("git"))),
    }
}
