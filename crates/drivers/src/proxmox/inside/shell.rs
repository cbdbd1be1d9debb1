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

/// A short command that ended: the first mebibyte of what it printed, and of what it complained about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// How it ended.
    pub exit: Exit,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// What a command is given to read.
pub type Input = Pin<Box<dyn AsyncRead + Send>>;

/// Where the output of a command goes, as it comes; what is not ready holds back the other side.
pub type Into<'a> = Pin<Box<dyn AsyncWrite + Send + 'a>>;

/// Runs commands as root in one guest. Arguments arrive exactly as given.
#[async_trait]
pub trait Shell: Send + Sync + 'static {
    /// Runs a short command with this input to its end, within a bound.
    ///
    /// # Errors
    /// [`DriverError::Transient`] when the guest cannot be reached, [`DriverError::Ambiguous`] when the command may have
    /// run. That it fails is no error.
    async fn run(&self, argv: &[&str], input: &[u8], bound: Duration) -> Result<Said, DriverError>;

    /// Runs a command of any length with any amount of input and output. Dropping the future gives up on it; the command
    /// itself may live on. Of its complaints 64 KiB are kept; [`Said::stdout`] stays empty.
    ///
    /// # Errors
    /// As [`Self::run`], and when the input cannot be read or the output not be written.
    async fn stream(
        &self,
        argv: &[&str],
        input: Input,
        output: Into<'_>,
    ) -> Result<Said, DriverError>;
}
