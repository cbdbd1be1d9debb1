//! A stream of events that survives a restart of the server: it connects again and resumes after the last event seen.

use std::pin::Pin;

use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream as FuturesStream, StreamExt};

use crate::client::{Client, patiently};
use crate::exit::Fault;

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
    /// Opens a stream. The first connection must succeed; later ones wait for the server.
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
        stream.events = Some(stream.connect().await?);
        Ok(stream)
    }

    /// The next event. `Ok(None)`: the server ended the stream and has nothing after it.
    pub async fn next(&mut self) -> Result<Option<Message>, Fault> {
        loop {
            let Some(events) = &mut self.events else {
                let events = patiently(async || self.connect().await).await?;
                self.events = Some(events);
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

    async fn connect(&self) -> Result<Events, Fault> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let response = self
            .client
            .events(&path, &self.query, self.last_id.as_deref())
            .await?;
        Ok(Box::pin(
            response.bytes_stream().eventsource().map(Result::ok),
        ))
    }
}
