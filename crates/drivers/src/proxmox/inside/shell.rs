//! What is needed of SSH.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::DriverError;
use tokio::io::{AsyncRead, AsyncWrite};

/// How a command on the other side ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// By itself.
    Code(u32),
    /// By a signal: `TERM`, `KILL`.
    Signal(String),
}

/// A command that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// How it ended.
    pub exit: Exit,
    /// The beginning of what it printed.
    pub stdout: String,
    /// The beginning of what it complained about.
    pub stderr: String,
}

impl Said {
    /// Whether it exited with 0.
    pub fn is_success(&self) -> bool {
        self.exit == Exit::Code(0)
    }
}

/// What a command is given to read.
pub type Input = Pin<Box<dyn AsyncRead + Send>>;

/// Where what a command prints goes; what is not ready holds back the other side.
pub type Output = Pin<Box<dyn AsyncWrite + Send>>;

/// Hears what a command says, as it comes.
pub type Hear<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

/// Runs commands as root in one guest. Arguments arrive exactly as given.
///
/// Every method fails with [`DriverError::Transient`] when the guest cannot be reached or the connection goes away, and
/// with another kind when trying again would not help. That the command fails is no error. Dropping a future gives up on
/// the command, which may live on.
#[async_trait]
pub trait Shell: Send + Sync + 'static {
    /// Runs a short command with this input to its end, within a bound.
    async fn run(&self, argv: &[&str], input: &[u8], bound: Duration) -> Result<Said, DriverError>;

    /// Runs a command of any length, with a small input.
    async fn stream(
        &self,
        argv: &[&str],
        input: Vec<u8>,
        on_stdout: Hear<'_>,
        on_stderr: Hear<'_>,
    ) -> Result<Exit, DriverError>;

    /// Runs a command that reads much.
    async fn upload(&self, argv: &[&str], from: Input) -> Result<Said, DriverError>;

    /// Runs a command that prints much; [`Said::stdout`] stays empty.
    async fn download(&self, argv: &[&str], into: Output) -> Result<Said, DriverError>;
}
