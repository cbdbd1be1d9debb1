//! Follows a release to its end, whatever happens to the server meanwhile.

use api::events::{End, LogLine};
use api::{ReleaseList, ReleaseObject};

use crate::client::{Client, NO_QUERY, Stream, patiently};
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
    let path = ["api", "deployments", key, "logs"];
    let open = async || {
        let query = vec![
            ("build", "true".to_owned()),
            ("release", version.to_string()),
        ];
        Stream::open(client, &path, query).await
    };
    let mut stream = patiently(open).await?;
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
    let path = ["api", "deployments", key, "releases"];
    let answer = patiently(async || client.get(&path, NO_QUERY).await).await?;
    let list: ReleaseList = answer.good()?.parse()?;
    let found = list
        .releases
        .into_iter()
        .find(|release| release.version == version);
    Ok(found
        .filter(|release| !matches!(release.status.as_str(), "queued" | "building" | "starting"))
        .map(|release| Ended { release }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use axum::Router;
    use axum::extract::State;
    use axum::http::{HeaderMap, header};
    use axum::response::IntoResponse;
    use axum::routing::get;
    use serde_json::json;

    use super::*;

    /// A server that dies in the middle of a log once, and has the release ready only after that.
    #[derive(Clone, Default)]
    struct Dying(Arc<AtomicU32>);

    async fn logs(State(dying): State<Dying>, headers: HeaderMap) -> impl IntoResponse {
        let line = |id: u32| format!("id: {id}\nevent: line\ndata: {{\"line\":\"line {id}\"}}\n\n");
        let last = headers
            .get("last-event-id")
            .map(|id| id.to_str().unwrap().to_owned());
        let body = match (dying.0.fetch_add(1, Ordering::SeqCst), last.as_deref()) {
            (0, None) => format!("{}: heartbeat\n\n{}", line(1), line(2)),
            (1, Some("2")) => format!(
                "{}event: end\ndata: {{\"version\":3,\"status\":\"serving\"}}\n\n",
                line(3)
            ),
            other => panic!("asked for {other:?}"),
        };
        ([(header::CONTENT_TYPE, "text/event-stream")], body)
    }

    async fn releases(State(dying): State<Dying>) -> impl IntoResponse {
        let status = if dying.0.load(Ordering::SeqCst) < 2 {
            "building"
        } else {
            "serving"
        };
        let release = json!({
            "version": 3, "status": status, "ref": null, "commit": null, "created_at": "", "serving": true,
            "kept": true, "disk_bytes": 0, "cause": "deploy", "framework": null, "why": [], "tier": null,
            "steps": [], "warnings": [], "error": null, "error_kind": null
        });
        axum::Json(json!({"success": true, "releases": [release]}))
    }

    #[tokio::test]
    async fn a_log_that_is_cut_goes_on_after_the_last_line_seen() {
        let router = Router::new()
            .route("/api/deployments/{d}/logs", get(logs))
            .route("/api/deployments/{d}/releases", get(releases))
            .with_state(Dying::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::new(&url).unwrap();
        let mut lines = Vec::new();
        let ended = follow_build(&client, "app", 3, |line| lines.push(line.to_owned()))
            .await
            .unwrap();
        assert_eq!(lines, ["line 1", "line 2", "line 3"]);
        assert_eq!(ended.exit(), Exit::Done);
    }

    #[test]
    fn how_a_release_ended_becomes_an_exit_code() {
        let exit = |status: &str, kind: Option<&str>| {
            let release = serde_json::from_value(json!({
                "version": 1, "status": status, "ref": null, "commit": null, "created_at": "", "serving": false,
                "kept": false, "disk_bytes": 0, "cause": "deploy", "framework": null, "why": [], "tier": null,
                "steps": [], "warnings": [], "error": null, "error_kind": kind
            }));
            Ended {
                release: release.unwrap(),
            }
            .exit()
        };
        assert_eq!(exit("serving", None), Exit::Done);
        assert_eq!(exit("failed", Some("build")), Exit::AppFailed);
        assert_eq!(exit("failed", Some("platform")), Exit::Platform);
        assert_eq!(exit("failed", Some("would_lose_data")), Exit::Refused);
        assert_eq!(exit("cancelled", None), Exit::AppFailed);
        assert_eq!(exit("superseded", None), Exit::Refused);
    }
}
