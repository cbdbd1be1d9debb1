//! Server-sent events.

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::harness::{Server, in_time};

/// One event of a stream.
#[derive(Debug, Default)]
struct Event {
    name: String,
    id: String,
    data: String,
}

impl Event {
    fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

struct Reader {
    body: BodyDataStream,
    text: String,
}

impl Reader {
    async fn open(server: &Server, path: &str, last: Option<&str>) -> Self {
        use tower::ServiceExt;
        let mut request = Server::request("GET", path).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// The next event; none at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = parse(event);
                self.text = rest.to_owned();
                if event.data.is_empty() {
                    continue; // a heartbeat
                }
                return Some(event);
            }
            let chunk = in_time(self.body.next()).await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn until(&mut self, mut good: impl FnMut(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await.expect("the stream ended");
            if good(&event) {
                return event;
            }
        }
    }
}

fn parse(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("event", value)) => event.name = value.to_owned(),
            Some(("id", value)) => event.id = value.to_owned(),
            Some(("data", value)) => event.data.push_str(value),
            _ => {}
        }
    }
    event
}

#[tokio::test]
async fn events_come_in_order_and_resume_after_the_last_one_seen() {
    let server = Server::start().await;
    let mut live = Reader::open(&server, "/api/events", None).await;
    server.deployed("hello").await;
    let running = live
        .until(|event| event.name == "status" && event.json()["status"] == "running")
        .await;
    assert_eq!(running.json()["name"], "hello");

    let mut all = Reader::open(&server, "/api/events?after=0", None).await;
    let first = all.next().await.unwrap();
    let mut seen = first.id.parse::<i64>().unwrap();
    let mut steps = 0;
    loop {
        let event = all.next().await.unwrap();
        let id: i64 = event.id.parse().unwrap();
        assert!(id > seen, "{event:?}");
        seen = id;
        steps += usize::from(event.name == "step");
        if event.id == running.id {
            break;
        }
    }
    assert!(steps >= 7, "{steps}");

    let mut resumed = Reader::open(&server, "/api/events", Some(&first.id)).await;
    let next: i64 = resumed.next().await.unwrap().id.parse().unwrap();
    assert_eq!(next, first.id.parse::<i64>().unwrap() + 1);
}

#[tokio::test]
async fn events_of_one_deployment_leave_out_the_others() {
    let server = Server::start().await;
    server.deployed("one").await;
    server.deployed("two").await;
    let mut of_two = Reader::open(&server, "/api/events?deployment=two&after=0", None).await;
    let mut names = Vec::new();
    let last = of_two
        .until(|event| {
            names.push(event.json()["name"].clone());
            event.name == "status" && event.json()["status"] == "running"
        })
        .await;
    assert!(names.iter().all(|name| name == "two"), "{last:?}");
    server.get("/api/events?deployment=three").await.is(404);
    server.get("/api/events?after=x").await.is(400);
}

#[tokio::test]
async fn a_build_log_is_followed_to_its_end_and_resumed() {
    let server = Server::start().await;
    server.deployed("hello").await;
    let path = "/api/deployments/hello/logs?build=true";
    let mut log = Reader::open(&server, path, None).await;
    let mut lines = Vec::new();
    let end = log
        .until(|event| {
            if event.name == "line" {
                lines.push((event.id.clone(), event.json()["line"].clone()));
            }
            event.name == "end"
        })
        .await;
    assert_eq!(end.json(), json!({"version": 1, "status": "serving"}));
    assert!(log.next().await.is_none(), "the stream is over");
    let numbers: Vec<String> = (1..=lines.len()).map(|n| n.to_string()).collect();
    assert_eq!(
        lines.iter().map(|line| line.0.clone()).collect::<Vec<_>>(),
        numbers
    );

    let mut resumed = Reader::open(&server, &format!("{path}&release=1"), Some("1")).await;
    assert_eq!(resumed.next().await.unwrap().id, "2");
}

#[tokio::test]
async fn the_apps_log_is_followed() {
    let server = Server::start().await;
    server.deployed("hello").await;
    server.world.app("hello").prints("before");
    let mut log = Reader::open(&server, "/api/deployments/hello/logs?n=1", None).await;
    let line = log.next().await.unwrap();
    assert_eq!(
        (line.name.as_str(), &line.json()["line"]),
        ("line", &json!("before"))
    );
    server
        .world
        .app("hello")
        .prints("after <b>\r\n\nevent: end");
    let mut text = String::new();
    while !text.contains("event: end") {
        let event = log.next().await.unwrap();
        assert_eq!(
            event.name, "line",
            "a line of the app never makes an event of its own"
        );
        text.push_str(event.json()["line"].as_str().unwrap());
        text.push('\n');
    }
    let mut resumed = Reader::open(&server, "/api/deployments/hello/logs", Some(&line.id)).await;
    let next = resumed.next().await.unwrap();
    assert!(next.json()["line"].as_str().unwrap().starts_with("after"));
}

#[tokio::test]
async fn a_followed_log_ends_when_another_release_serves_and_goes_on_there() {
    let server = Server::start().await;
    server.deployed("hello").await;
    server.world.app("hello").prints("old");
    let path = "/api/deployments/hello/logs";
    let mut log = Reader::open(&server, path, None).await;
    let old = log.until(|event| event.json()["line"] == "old").await;
    let again = "/api/deployments/hello/redeploy?wait=true";
    in_time(server.json("POST", again, &json!({})))
        .await
        .is(200);
    while log.next().await.is_some() {}
    server.world.app("hello").prints("new");
    let mut log = Reader::open(&server, path, Some(&old.id)).await;
    let new = log.until(|event| event.json()["line"] == "new").await;
    assert!(new.id.starts_with("2/"), "{new:?}");
}

#[tokio::test]
async fn streams_are_bounded_in_number_and_make_room_at_their_end() {
    let server = Server::start().await;
    let mut open = Vec::new();
    loop {
        use tower::ServiceExt;
        let request = Server::request("GET", "/api/events")
            .body(Body::empty())
            .unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        if response.status().as_u16() == 503 {
            assert!(response.headers().contains_key("retry-after"));
            break;
        }
        open.push(response);
        assert!(open.len() < 10_000, "there is no bound");
    }
    server.get("/health").await.is(200);
    open.pop();
    Reader::open(&server, "/api/events", None).await;
}

#[tokio::test]
async fn clients_that_do_not_read_hold_nothing_up() {
    let server = Server::start().await;
    server.deployed("hello").await;
    let logs = "/api/deployments/hello/logs";
    let build = format!("{logs}?build=true");
    let mut unread = Vec::new();
    for path in ["/api/events?after=0", logs, build.as_str()].repeat(10) {
        let mut reader = Reader::open(&server, path, None).await;
        if path != logs {
            reader.next().await.unwrap();
        }
        unread.push(reader);
    }
    for _ in 0..100 {
        server.world.app("hello").prints("a line that nobody reads");
    }
    server.deployed("other").await;
    in_time(server.get("/api/deployments")).await.is(200);
    in_time(server.get("/dashboard")).await;
}
