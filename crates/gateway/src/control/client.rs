//! The controller's end of the control socket.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use domain::HostLabel;
use domain::guest::Upstream;
use domain::ports::{Route, Router, RouterError, Table};
use tokio::io::BufReader;
use tokio::net::UnixStream;

use super::protocol::{Answer, Call, Request, Status, VERSION, read_line, write_line};
use crate::text;
use crate::unix_path::ShortPath;

/// How long the gateway may take for an answer, the time of a drain not counted.
const PATIENCE: Duration = Duration::from_secs(10);

/// The gateway behind a control socket. Every call connects anew, so that a gateway that was restarted in between is found
/// again; calls are rare.
#[derive(Debug, Clone)]
pub struct GatewayClient {
    control: PathBuf,
}

impl GatewayClient {
    /// The gateway behind this socket; nothing is connected yet.
    pub fn new(control: PathBuf) -> Self {
        Self { control }
    }

    /// How the gateway stands.
    pub async fn status(&self) -> Result<Status, RouterError> {
        match self.call(Call::Status, PATIENCE).await? {
            Answer::Status(status) => Ok(*status),
            other => Err(unexpected(&other)),
        }
    }

    async fn call(&self, call: Call, limit: Duration) -> Result<Answer, RouterError> {
        match tokio::time::timeout(limit, self.exchange(call)).await {
            Ok(Ok(Answer::Refused(why))) => Err(RouterError::Refused(why)),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(RouterError::Unavailable(error.to_string())),
            Err(_) => {
                let why = text::control_timeout(limit.as_secs());
                Err(RouterError::Unavailable(why))
            }
        }
    }

    async fn exchange(&self, call: Call) -> io::Result<Answer> {
        let stream = UnixStream::connect(ShortPath::of(&self.control)?.as_path()).await?;
        let (read, mut write) = stream.into_split();
        write_line(&mut write, &Request { v: VERSION, call }).await?;
        let line = read_line(&mut BufReader::new(read)).await?;
        let line = line.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_slice(&line)?)
    }

    async fn done(&self, call: Call) -> Result<(), RouterError> {
        match self.call(call, PATIENCE).await? {
            Answer::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }
}

fn unexpected(answer: &Answer) -> RouterError {
    RouterError::Unavailable(format!("an answer to something else: {answer:?}"))
}

#[async_trait]
impl Router for GatewayClient {
    async fn set(&self, label: &HostLabel, route: Option<Route>) -> Result<(), RouterError> {
        let label = label.clone();
        self.done(Call::Set { label, route }).await
    }

    async fn replace(&self, table: &Table) -> Result<(), RouterError> {
        let table = table.clone();
        self.done(Call::Replace { table }).await
    }

    async fn drain(&self, upstream: &Upstream, limit: Duration) -> Result<usize, RouterError> {
        let call = Call::Drain {
            upstream: upstream.clone(),
            limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
        };
        let patience = limit.saturating_add(PATIENCE);
        match self.call(call, patience).await? {
            Answer::Drained(cut) => Ok(usize::try_from(cut).unwrap_or(usize::MAX)),
            other => Err(unexpected(&other)),
        }
    }
}
