//! What a session can do, over whichever session there is.

use tokio::io::{AsyncRead, AsyncWrite};

use super::Pool;
use super::lease::Lease;
use super::place::Use;
use crate::command::Line;
use crate::error::{Ran, SshError};
use crate::session::{Bounds, COMPLAINTS, Exec, Exit, Forward, Output};
use crate::target::{Host, Target};

impl Pool {
    /// [`Session::run`](crate::Session::run) over the target's shared session. `bounds.time` begins when there is one.
    ///
    /// # Errors
    /// As `Session::connect` and `Session::run`; [`SshError::Busy`].
    pub async fn run<S: AsRef<str>>(
        &self,
        target: &Target,
        argv: &[S],
        stdin: &[u8],
        bounds: Bounds,
    ) -> Result<Output, SshError> {
        let line = Line::new(argv)?;
        let mut exec = self.exec(target, &line, Use::Shared).await?;
        let session = exec.session();
        session
            .within(bounds.time, exec.capture(stdin, bounds.output))
            .await
    }

    /// [`Session::stream`](crate::Session::stream) over the target's shared session: the callbacks must not dawdle.
    ///
    /// # Errors
    /// As `Session::connect` and `Session::stream`; [`SshError::Busy`].
    pub async fn stream<S: AsRef<str>>(
        &self,
        target: &Target,
        argv: &[S],
        stdin: impl AsyncRead + Send,
        on_stdout: impl FnMut(&[u8]) + Send,
        on_stderr: impl FnMut(&[u8]) + Send,
    ) -> Result<Exit, SshError> {
        let mut exec = self.exec(target, &Line::new(argv)?, Use::Shared).await?;
        exec.stream(stdin, on_stdout, on_stderr).await
    }

    /// [`Session::download`](crate::Session::download) over a session of its own; `into` may be as slow as it likes.
    ///
    /// # Errors
    /// As `Session::connect` and `Session::download`; [`SshError::Busy`].
    pub async fn download<S: AsRef<str>>(
        &self,
        target: &Target,
        argv: &[S],
        into: impl AsyncWrite + Send,
    ) -> Result<Output, SshError> {
        let mut exec = self.exec(target, &Line::new(argv)?, Use::Own).await?;
        exec.download(into).await
    }

    /// [`Session::upload`](crate::Session::upload) over the target's shared session.
    ///
    /// # Errors
    /// As `Session::connect` and `Session::upload`; [`SshError::Busy`].
    pub async fn upload<S: AsRef<str>>(
        &self,
        target: &Target,
        argv: &[S],
        from: impl AsyncRead + Send,
    ) -> Result<Output, SshError> {
        let mut exec = self.exec(target, &Line::new(argv)?, Use::Shared).await?;
        exec.capture(from, COMPLAINTS).await
    }

    /// [`Session::forward`](crate::Session::forward) over a session of its own, which is kept for the next one. To
    /// reach a guest's port through a jump host, `target` is the jump host.
    ///
    /// # Errors
    /// As `Session::connect` and `Session::forward`; [`SshError::Busy`].
    pub async fn forward(
        &self,
        target: &Target,
        host: &Host,
        port: u16,
    ) -> Result<Forward, SshError> {
        let lease = self.take(target, Use::Own).await?;
        match forward(lease, host, port).await {
            Err(SshError::Lost { ran: Ran::No, .. }) => {
                forward(self.take(target, Use::Own).await?, host, port).await
            }
            done => done,
        }
    }

    /// Sends a command. A session can have died unnoticed, or be full of commands that live on after their channel was
    /// closed: what it did not start is sent once more, over a new one.
    async fn exec(&self, target: &Target, line: &Line, usage: Use) -> Result<Exec, SshError> {
        let lease = self.take(target, usage).await?;
        match exec(lease, line).await {
            Err(SshError::Lost { ran: Ran::No, .. } | SshError::Refused { .. }) => {
                exec(self.take(target, usage).await?, line).await
            }
            done => done,
        }
    }
}

async fn exec(lease: Lease, line: &Line) -> Result<Exec, SshError> {
    let (session, pooled, place) = lease.parts();
    let done = session.exec(line, Some(Box::new(lease))).await;
    if let Err(SshError::Lost { .. } | SshError::Refused { .. }) = &done {
        place.retire(&pooled);
    }
    done
}

async fn forward(lease: Lease, host: &Host, port: u16) -> Result<Forward, SshError> {
    let (session, pooled, place) = lease.parts();
    let hold = Some(Box::new(lease) as Box<_>);
    let done = session.forward_holding(host, port, hold).await;
    if let Err(SshError::Lost { .. }) = &done {
        place.retire(&pooled);
    }
    done
}
