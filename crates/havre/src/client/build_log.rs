//! Follows a release to its end, whatever happens to the server meanwhile.

use api::events::{End, LogLine};
use api::{ReleaseList, ReleaseObject};

use crate::client::{Client, Stream};
use crate::exit::{Exit, Fault};
use crate::text;

/// How many times a stream may end without telling how the release ended before that is a fault of the server.
const EMPTY_STREAMS: u32 = 20;

/// A release that is over.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The release.
    pub release: ReleaseObject,
}

impl Ended {
    /// The exit code that follows from how it ended.
    pub fn exit(&self) -> Exit {
        match (
            self.release.status.as_str(),
            self.release.error_kind.as_deref(),
        ) {
            ("serving" | "kept", _) => Exit::Done,
            ("superseded", _) => Exit::Refused,
            ("failed", Some("platform" | "capacity")) => Exit::Platform,
            ("failed", Some("would_lose_data")) => Exit::Refused,
            _ => Exit::AppFailed,
        }
    }
}

/// Hands every line of a release's build log to `line` until the release is over.
pub async fn follow_build(
    client: &Client,
    key: &str,
    version: u32,
    mut line: impl FnMut(&str),
) -> Result<Ended, Fault> {
    let query = vec![
        ("build", "true".to_owned()),
        ("release", version.to_string()),
    ];
    let path = ["api", "deployments", key, "logs"];
    let mut stream = Stream::open(client, &path, query).await?;
    let mut empty = 0;
    loop {
        match stream.next().await? {
            Some(message) if message.event == "end" => {
                // Written by the server once the release is over; the release itself says the rest.
                let _: Option<End> = serde_json::from_str(&message.data).ok();
                return ended(client, key, version).await?.ok_or_else(too_early);
            }
            Some(message) if message.event == "line" => {
                if let Ok(log) = serde_json::from_str::<LogLine>(&message.data) {
                    line(&log.line);
                }
            }
            Some(_) => {}
            None => {
                // A server that shuts down ends its streams: what counts is how the release stands.
                if let Ok(Some(over)) = ended(client, key, version).await {
                    return Ok(over);
                }
                empty += 1;
                if empty > EMPTY_STREAMS {
                    return Err(too_early());
                }
                stream.lost();
            }
        }
    }
}

fn too_early() -> Fault {
    Fault::new(Exit::Platform, text::LOG_ENDED_EARLY).cure(text::LOG_ENDED_EARLY_CURE)
}

async fn ended(client: &Client, key: &str, version: u32) -> Result<Option<Ended>, Fault> {
    let list: ReleaseList = client
        .get(&["api", "deployments", key, "releases"], &[])
        .await?
        .good()?
        .parse()?;
    let found = list
        .releases
        .into_iter()
        .find(|release| release.version == version);
    Ok(found
        .filter(|release| !matches!(release.status.as_str(), "queued" | "building" | "starting"))
        .map(|release| Ended { release }))
}
