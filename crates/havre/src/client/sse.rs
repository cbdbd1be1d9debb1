//! A stream of events that survives a restart of the server: it connects again and resumes after the last event seen.

use std::pin::Pin;
use std::time::Duration;

use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream as FuturesStream, StreamExt};

use crate::client::Client;
use crate::exit::{Exit, Fault};

/// How long the server may be away before it counts as unreachable.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

type Events = Pin<Box<dyn FuturesStream<Item = Option<Event>> + Send>>;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its kind.
    pub event: String,
    /// Its data.
    pub data: String,
}

/// A stream of events.
pub struct Stream {
    client: Client,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    last_id: Option<String>,
    events: Option<Events>,
}

impl Stream {
    /// Opens a stream. The first connection must succeed; later ones are tried again for a while.
    pub async fn open(
        client: &Client,
        path: &[&str],
        query: Vec<(&'static str, String)>,
    ) -> Result<Self, Fault> {
        let mut stream = Self {
            client: client.clone(),
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            query,
            last_id: None,
            events: None,
        };
        stream.connect().await?;
        Ok(stream)
    }

    /// The next event. `Ok(None)`: the server ended the stream and has nothing after it.
    pub async fn next(&mut self) -> Result<Option<Message>, Fault> {
        loop {
            let Some(events) = &mut self.events else {
                self.reconnect().await?;
                continue;
            };
            match events.next().await {
                Some(Some(event)) => {
                    if !event.id.is_empty() {
                        self.last_id = Some(event.id);
                    }
                    return Ok(Some(Message {
                        event: event.event,
                        data: event.data,
                    }));
                }
                Some(None) => self.events = None,
                None => return Ok(None),
            }
        }
    }

    /// Forces a new connection: the caller knows that the stream ended too early.
    pub fn lost(&mut self) {
        self.events = None;
    }

    async fn connect(&mut self) -> Result<(), Fault> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let response = self
            .client
            .events(&path, &self.query, self.last_id.as_deref())
            .await?;
        let events = response.bytes_stream().eventsource().map(Result::ok);
        self.events = Some(Box::pin(events));
        Ok(())
    }

    async fn reconnect(&mut self) -> Result<(), Fault> {
        let mut pause = FIRST_PAUSE;
        let mut waited = Duration::ZERO;
        loop {
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
            match self.connect().await {
                Err(fault) if fault.exit == Exit::Unreachable && waited < PATIENCE => {}
                // A server that is just starting may not be ready to answer yet.
                Err(fault) if fault.exit == Exit::Platform && waited < PATIENCE => {}
                other => return other,
            }
        }
    }
}
