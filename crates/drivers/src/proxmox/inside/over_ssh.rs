//! The real shell: a target behind a pool of SSH sessions.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::DriverError;
use ssh::{Bounds, Pool, SshError, Target};

use super::shell::{Exit, Hear, Input, Output, Said, Shell};

/// Commands as the user of a target, who must be root.
#[derive(Clone)]
pub struct SshShell {
    pool: Pool,
    target: Target,
}

impl SshShell {
    /// A shell at this target; connects at the first need.
    pub fn new(pool: Pool, target: Target) -> Self {
        Self { pool, target }
    }
}

#[async_trait]
impl Shell for SshShell {
    async fn run(&self, argv: &[&str], input: &[u8], bound: Duration) -> Result<Said, DriverError> {
        let ran = self
            .pool
            .run(&self.target, argv, input, Bounds::time(bound));
        ran.await.map(said).map_err(failed)
    }

    async fn stream(
        &self,
        argv: &[&str],
        input: Vec<u8>,
        on_stdout: Hear<'_>,
        on_stderr: Hear<'_>,
    ) -> Result<Exit, DriverError> {
        let input = std::io::Cursor::new(input);
        let ran = self
            .pool
            .stream(&self.target, argv, input, on_stdout, on_stderr);
        ran.await.map(exit).map_err(failed)
    }

    async fn upload(&self, argv: &[&str], from: Input) -> Result<Said, DriverError> {
        let ran = self.pool.upload(&self.target, argv, from).await;
        ran.map(said).map_err(failed)
    }

    async fn download(&self, argv: &[&str], into: Output) -> Result<Said, DriverError> {
        let ran = self.pool.download(&self.target, argv, into).await;
        ran.map(said).map_err(failed)
    }
}

fn said(output: ssh::Output) -> Said {
    Said {
        exit: exit(output.exit),
        stdout: output.stdout.text().into_owned(),
        stderr: output.stderr.text().into_owned(),
    }
}

fn exit(exit: ssh::Exit) -> Exit {
    match exit {
        ssh::Exit::Code(code) => Exit::Code(code),
        ssh::Exit::Signal(name) => Exit::Signal(name),
    }
}

/// All that is run here may be run again, so that a command which may have run is no riddle.
fn failed(error: SshError) -> DriverError {
    match &error {
        SshError::Unreachable { .. }
        | SshError::Lost { .. }
        | SshError::Busy { .. }
        | SshError::TooLong { .. } => DriverError::Transient(error.to_string()),
        _ => DriverError::other(error.to_string(), error),
    }
}
