//! One command on its channel: from the request to its end.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use russh::ChannelMsg;
use russh::client::Msg;
use tokio::time::timeout;

use super::channel::{Channel, Hold, Reader};
use super::live::{Purpose, Session};
use super::run::Exit;
use super::watcher::words;
use crate::command::Line;
use crate::error::{Ran, SshError};
use crate::text;

/// The extended data that is stderr.
const STDERR: u32 = 1;

/// What a command does.
pub(super) enum Event {
    Stdout(Bytes),
    Stderr(Bytes),
    End(Exit),
}

/// A command that the other side has accepted.
pub(crate) struct Exec {
    channel: Channel,
    early: VecDeque<ChannelMsg>,
}

impl Session {
    /// Sends a command. An error that says [`Ran::No`] means that it was not started.
    pub(crate) async fn exec(&self, line: &Line, hold: Hold) -> Result<Exec, SshError> {
        let mut channel = self.channel(Purpose::Command, hold).await?;
        let bound = self.timeouts().dead;
        let early = match timeout(bound, start(&mut channel, line)).await {
            Ok(early) => early?,
            Err(_) => return Err(self.lost(Ran::Maybe)),
        };
        Ok(Exec { channel, early })
    }
}

/// Asks and waits for the yes. Some servers say something before it.
async fn start(channel: &mut Channel, line: &Line) -> Result<VecDeque<ChannelMsg>, SshError> {
    let session = channel.session.clone();
    let Some(write) = &channel.write else {
        return Err(session.lost(Ran::No));
    };
    let sent = write.exec(true, line.as_bytes()).await;
    sent.map_err(|_| session.lost(Ran::No))?;
    let mut early = VecDeque::new();
    loop {
        match channel.reader.next().await {
            Some(ChannelMsg::Success) => return Ok(early),
            Some(ChannelMsg::Failure) => return Err(session.refused(text::EXEC.to_owned())),
            Some(ChannelMsg::Close) | None => return Err(session.lost(Ran::Maybe)),
            Some(message @ (ChannelMsg::Data { .. } | ChannelMsg::ExtendedData { .. })) => {
                // What speaks runs.
                early.push_back(message);
                return Ok(early);
            }
            Some(_) => {}
        }
    }
}

impl Exec {
    /// Its session.
    pub(crate) fn session(&self) -> Session {
        self.channel.session.clone()
    }

    /// Its two directions, to be used at the same time.
    pub(super) fn split(&mut self) -> (Listener<'_>, Option<&russh::ChannelWriteHalf<Msg>>) {
        let listener = Listener {
            session: &self.channel.session,
            reader: &mut self.channel.reader,
            early: &mut self.early,
            exit: None,
        };
        (listener, self.channel.write.as_ref())
    }
}

/// The reading direction.
pub(super) struct Listener<'a> {
    session: &'a Session,
    reader: &'a mut Reader,
    early: &'a mut VecDeque<ChannelMsg>,
    exit: Option<Exit>,
}

impl Listener<'_> {
    /// What comes next. May be dropped and called again; after `End` and after an error there is nothing more.
    pub(super) async fn next(&mut self) -> Result<Event, SshError> {
        loop {
            let message = match self.early.pop_front() {
                Some(message) => Some(message),
                None => match self.receive().await {
                    Ok(message) => message,
                    Err(exit) => return Ok(Event::End(exit)),
                },
            };
            match message {
                Some(ChannelMsg::Data { data }) => return Ok(Event::Stdout(data)),
                Some(ChannelMsg::ExtendedData { data, ext: STDERR }) => {
                    return Ok(Event::Stderr(data));
                }
                Some(ChannelMsg::ExitStatus { exit_status }) => {
                    self.exit = Some(Exit::Code(exit_status));
                }
                Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                    self.exit = Some(Exit::Signal(signal(&signal_name)));
                }
                Some(ChannelMsg::Close) => return self.end(text::NO_STATUS),
                None => return self.end(""),
                Some(_) => {}
            }
        }
    }

    /// The next message, or the exit once nobody says anything after it.
    async fn receive(&mut self) -> Result<Option<ChannelMsg>, Exit> {
        match &self.exit {
            None => Ok(self.reader.next().await),
            Some(exit) => {
                let received = timeout(linger(self.session), self.reader.next()).await;
                received.map_err(|_| exit.clone())
            }
        }
    }

    /// A known exit counts even when the connection went away right after it.
    fn end(&mut self, why: &str) -> Result<Event, SshError> {
        if let Some(exit) = self.exit.take() {
            return Ok(Event::End(exit));
        }
        match (self.session.lost(Ran::Maybe), why) {
            (SshError::Lost { place, ran, .. }, why) if !why.is_empty() => Err(SshError::Lost {
                place,
                ran,
                why: why.to_owned(),
            }),
            (lost, _) => Err(lost),
        }
    }
}

/// After a command has ended, something it left behind may hold its output open for ever. When that is silent for this
/// long, the command counts as done.
fn linger(session: &Session) -> Duration {
    session.timeouts().dead / 3
}

/// The name without `SIG`.
fn signal(signal: &russh::Sig) -> String {
    match signal {
        russh::Sig::Custom(name) => words(name).chars().take(20).collect(),
        known => format!("{known:?}"),
    }
}
