//! The ways to run a command.

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::copy::Sink;
use super::exec::Exec;
use super::live::Session;
use crate::command::Line;
use crate::error::SshError;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It returned this; 0 is success, 127 usually means that there is no such program.
    Code(u32),
    /// It was ended by this signal: `TERM`, `KILL`, without `SIG`.
    Signal(String),
}

impl Exit {
    /// Whether it returned 0.
    pub fn is_success(&self) -> bool {
        *self == Self::Code(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(name) => write!(f, "ended by SIG{name}"),
        }
    }
}

/// How long a command may take, connecting aside, and how much of its output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// From asking for it until its end.
    pub time: Duration,
    /// Bytes kept of stdout, and as many of stderr. The rest is read and thrown away.
    pub output: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            output: 1024 * 1024,
        }
    }
}

impl Bounds {
    /// The default with another time.
    pub fn time(time: Duration) -> Self {
        Self {
            time,
            ..Self::default()
        }
    }
}

/// The beginning of an output, and how much more there was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// What was kept.
    pub bytes: Vec<u8>,
    /// Bytes that were thrown away behind it.
    pub dropped: u64,
}

impl Captured {
    /// As text; what is not UTF-8 is replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    fn take(&mut self, data: &[u8], most: usize) {
        let room = most.saturating_sub(self.bytes.len()).min(data.len());
        let (kept, rest) = data.split_at(room);
        self.bytes.extend_from_slice(kept);
        self.dropped = self.dropped.saturating_add(rest.len() as u64);
    }
}

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// How.
    pub exit: Exit,
    /// What it printed. Empty after `download`.
    pub stdout: Captured,
    /// What it complained about.
    pub stderr: Captured,
}

impl Session {
    /// Runs a program with these arguments and this input, and waits for its end.
    ///
    /// The arguments reach the program exactly as given: they are quoted for the user's shell there, which must be a
    /// POSIX one (sh, dash, bash, zsh), and started by `exec`. A program is a path or a name in that shell's `PATH`.
    ///
    /// # Errors
    /// [`SshError::TooLong`] after `bounds.time`; [`SshError::Lost`], [`SshError::Refused`], [`SshError::Command`]. That
    /// the program fails is not an error: see [`Output::exit`].
    pub async fn run<S: AsRef<str>>(
        &self,
        argv: &[S],
        stdin: &[u8],
        bounds: Bounds,
    ) -> Result<Output, SshError> {
        let line = Line::new(argv)?;
        let work = async {
            self.exec(&line, None)
                .await?
                .capture(stdin, bounds.output)
                .await
        };
        self.within(bounds.time, work).await
    }

    /// Runs a program and hands over its output as it comes. No bound in time: drop the future to give up.
    ///
    /// While `stdin` has nothing, only the input waits. The other side is held back while a callback works, and `stdin`
    /// is read only as fast as the program takes it.
    ///
    /// # Errors
    /// As [`Session::run`], except `TooLong`; [`SshError::Local`] when `stdin` cannot be read.
    pub async fn stream<S: AsRef<str>>(
        &self,
        argv: &[S],
        stdin: impl AsyncRead + Send,
        on_stdout: impl FnMut(&[u8]) + Send,
        on_stderr: impl FnMut(&[u8]) + Send,
    ) -> Result<Exit, SshError> {
        let mut exec = self.exec(&Line::new(argv)?, None).await?;
        exec.stream(stdin, on_stdout, on_stderr).await
    }

    /// Runs a program and writes its output to `into`, at constant memory. `into` is flushed, and not shut down. Check
    /// [`Output::exit`] before believing what came. The first 64 KiB of its complaints are kept.
    ///
    /// # Errors
    /// As [`Session::stream`]; [`SshError::Local`] when `into` cannot be written.
    pub async fn download<S: AsRef<str>>(
        &self,
        argv: &[S],
        into: impl AsyncWrite + Send,
    ) -> Result<Output, SshError> {
        self.exec(&Line::new(argv)?, None)
            .await?
            .download(into)
            .await
    }

    /// Runs a program and gives it all of `from` as input, at constant memory. The first 64 KiB of each of its outputs
    /// are kept. A program that ends early leaves the rest unread: check [`Output::exit`].
    ///
    /// # Errors
    /// As [`Session::stream`].
    pub async fn upload<S: AsRef<str>>(
        &self,
        argv: &[S],
        from: impl AsyncRead + Send,
    ) -> Result<Output, SshError> {
        let mut exec = self.exec(&Line::new(argv)?, None).await?;
        exec.capture(from, COMPLAINTS).await
    }

    /// The work, within a time.
    pub(crate) async fn within<T>(
        &self,
        after: Duration,
        work: impl Future<Output = Result<T, SshError>>,
    ) -> Result<T, SshError> {
        timeout(after, work).await.unwrap_or_else(|_| {
            Err(SshError::TooLong {
                place: self.place().to_owned(),
                after,
            })
        })
    }
}

/// What is kept of a copy's complaints.
pub(crate) const COMPLAINTS: usize = 64 * 1024;

impl Exec {
    pub(crate) async fn capture(
        &mut self,
        stdin: impl AsyncRead + Send,
        most: usize,
    ) -> Result<Output, SshError> {
        let mut sink = Capture {
            most,
            ..Capture::default()
        };
        let exit = self.drive(stdin, &mut sink).await?;
        Ok(Output {
            exit,
            stdout: sink.stdout,
            stderr: sink.stderr,
        })
    }

    pub(crate) async fn stream(
        &mut self,
        stdin: impl AsyncRead + Send,
        on_stdout: impl FnMut(&[u8]) + Send,
        on_stderr: impl FnMut(&[u8]) + Send,
    ) -> Result<Exit, SshError> {
        let mut sink = Callbacks {
            on_stdout,
            on_stderr,
        };
        self.drive(stdin, &mut sink).await
    }

    pub(crate) async fn download(
        &mut self,
        into: impl AsyncWrite + Send,
    ) -> Result<Output, SshError> {
        let mut sink = Into {
            writer: Box::pin(into),
            stderr: Captured::default(),
        };
        let exit = self.drive(tokio::io::empty(), &mut sink).await?;
        sink.writer.flush().await.map_err(SshError::local)?;
        Ok(Output {
            exit,
            stdout: Captured::default(),
            stderr: sink.stderr,
        })
    }
}

/// Keeps the beginning of both.
#[derive(Default)]
pub(crate) struct Capture {
    most: usize,
    stdout: Captured,
    stderr: Captured,
}

impl Sink for Capture {
    async fn stdout(&mut self, data: Bytes) -> io::Result<()> {
        self.stdout.take(&data, self.most);
        Ok(())
    }

    async fn stderr(&mut self, data: Bytes) -> io::Result<()> {
        self.stderr.take(&data, self.most);
        Ok(())
    }
}

struct Callbacks<O, E> {
    on_stdout: O,
    on_stderr: E,
}

impl<O: FnMut(&[u8]) + Send, E: FnMut(&[u8]) + Send> Sink for Callbacks<O, E> {
    async fn stdout(&mut self, data: Bytes) -> io::Result<()> {
        (self.on_stdout)(&data);
        Ok(())
    }

    async fn stderr(&mut self, data: Bytes) -> io::Result<()> {
        (self.on_stderr)(&data);
        Ok(())
    }
}

struct Into<W> {
    writer: std::pin::Pin<Box<W>>,
    stderr: Captured,
}

impl<W: AsyncWrite + Send> Sink for Into<W> {
    async fn stdout(&mut self, data: Bytes) -> io::Result<()> {
        self.writer.write_all(&data).await
    }

    async fn stderr(&mut self, data: Bytes) -> io::Result<()> {
        self.stderr.take(&data, COMPLAINTS);
        Ok(())
    }
}
