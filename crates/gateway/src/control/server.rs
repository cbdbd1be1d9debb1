//! The gateway's end of the control socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::Uid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::protocol::{Answer, Call, Request, Status, VERSION, read_line, write_line};
use crate::listener::Shared;
use crate::text;

/// Connections at once; more wait.
const CONNECTIONS: usize = 32;
/// How long the other end may take for one line, either way.
const LINE: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const UNUSED: Duration = Duration::from_secs(300);
/// The longest drain.
const LONGEST_DRAIN: Duration = Duration::from_secs(3600);
/// How long to wait when the process has no descriptors left.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// What the controller is told about this gateway.
struct Desk {
    shared: Arc<Shared>,
    listen: SocketAddr,
    since: Instant,
}

/// Serves the control socket for ever.
pub async fn serve(shared: Arc<Shared>, control: UnixListener, listen: SocketAddr) {
    let since = Instant::now();
    let desk = Arc::new(Desk {
        shared,
        listen,
        since,
    });
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    // Ends them when it is dropped: a gateway that stops no longer changes its table.
    let mut attended = JoinSet::new();
    loop {
        while attended.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        match control.accept().await {
            Ok((stream, _)) if is_ours(&stream) => {
                let desk = Arc::clone(&desk);
                attended.spawn(async move {
                    if let Err(error) = desk.attend(stream).await {
                        tracing::debug!(%error, "a control connection ended");
                    }
                    drop(permit);
                });
            }
            Ok(_) => tracing::warn!("a control connection of another user was refused"),
            Err(error) => {
                tracing::warn!(%error, "no control connection can be accepted; trying again");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// The file's mode says it already; this says it again where somebody moved the file.
fn is_ours(stream: &UnixStream) -> bool {
    let ours = Uid::effective().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == ours || peer.uid() == 0)
}

impl Desk {
    async fn attend(&self, stream: UnixStream) -> io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        loop {
            if timeout(UNUSED, read.fill_buf()).await??.is_empty() {
                return Ok(());
            }
            let Some(line) = timeout(LINE, read_line(&mut read)).await?? else {
                return Ok(());
            };
            let answer = match parse(&line) {
                Ok(call) => self.answer(call).await,
                Err(why) => Answer::Refused(why),
            };
            timeout(LINE, write_line(&mut write, &answer)).await??;
        }
    }

    async fn answer(&self, call: Call) -> Answer {
        let routes = &self.shared.routes;
        let done = |result: Result<(), String>| match result {
            Ok(()) => Answer::Done,
            Err(why) => Answer::Refused(why),
        };
        match call {
            Call::Set { label, route } => done(routes.set(label, route).await),
            Call::Replace { table } => done(routes.replace(table).await),
            Call::Drain { upstream, limit_ms } => {
                let limit = Duration::from_millis(limit_ms).min(LONGEST_DRAIN);
                match routes.drain(&upstream, limit).await {
                    Ok(cut) => Answer::Drained(cut),
                    Err(why) => Answer::Refused(why),
                }
            }
            Call::Status => Answer::Status(Box::new(self.status().await)),
        }
    }

    async fn status(&self) -> Status {
        let shared = &self.shared;
        Status {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            listen: self.listen,
            base_domain: shared.base_domain.clone(),
            uptime: self.since.elapsed(),
            routes: shared.routes.len(),
            in_flight: shared.routes.in_flight().await,
            connections: shared.clients.len(),
            counters: shared.metrics.snapshot(),
        }
    }
}

/// Reads a request; the version first, so that a controller of another version is told so and not that it talks garbage.
fn parse(line: &[u8]) -> Result<Call, String> {
    let garbage = |error: serde_json::Error| text::control_garbage(&error.to_string());
    let value: Value = serde_json::from_slice(line).map_err(garbage)?;
    let theirs = value.get("v").and_then(Value::as_u64);
    match theirs.and_then(|v| u32::try_from(v).ok()) {
        Some(VERSION) => {}
        Some(theirs) => return Err(text::control_version(theirs, VERSION)),
        None => return Err(text::control_garbage("it has no version `v`")),
    }
    let request: Request = serde_json::from_value(value).map_err(garbage)?;
    Ok(request.call)
}
