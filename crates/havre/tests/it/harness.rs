//! Runs the real binary in a world of its own: an empty environment, home and working folder.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The binary under test.
pub const HAVRE: &str = env!("CARGO_BIN_EXE_havre");

/// A machine's corner with nothing in it.
pub struct World {
    folder: TempDir,
    /// The environment beside PATH and HOME.
    pub env: BTreeMap<String, String>,
}

/// What a run gave. Must be looked at.
#[must_use = "look at the exit code or take a snapshot"]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What it said to stdout.
    pub stdout: String,
    /// What it said to stderr.
    pub stderr: String,
}

impl World {
    /// A world where no server answers.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("work")).unwrap();
        let url = format!("http://127.0.0.1:{}", free_port());
        Self {
            folder,
            env: BTreeMap::from([("HAVRE_URL".to_owned(), url)]),
        }
    }

    /// The working folder.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A command of the binary in this world.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(HAVRE);
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .envs(&self.env)
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// Replaces what differs from run to run.
    pub fn steady(&self, text: &str) -> String {
        let url = self.env.get("HAVRE_URL").map_or("", String::as_str);
        let text = text
            .replace(url, "http://127.0.0.1:PORT")
            .replace(self.folder.path().to_str().unwrap(), "[TOP]")
            .replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
        regex::Regex::new("E-[0-9a-f]{8}")
            .unwrap()
            .replace_all(&text, "[REFERENCE]")
            .into_owned()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Exit code and both outputs, for a snapshot.
    pub fn shown(&self, world: &World) -> String {
        format!(
            "exit: {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            world.steady(self.stdout.trim_end()),
            world.steady(self.stderr.trim_end())
        )
    }

    /// Asserts success and gives stdout.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(
            self.code, 0,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self.stdout
    }
}

/// A port that nobody listens on now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
