//! Every wait ends, and nothing grows without end.

use std::time::Duration;

use gateway::Limits;
use rstest::rstest;
use tokio::io::AsyncWriteExt;

use crate::support::{App, Count, Raw, TestGateway, get, read_head, soon, text};

const SHORT: Duration = Duration::from_millis(60);

#[rstest]
#[case::nothing_at_all("")]
#[case::half_a_head("GET / HTTP/1.1\r\nHost: app.localh")]
#[tokio::test]
async fn clients_that_owe_a_head_are_given_up(#[case] bytes: &str) {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(bytes).await;
    assert!(raw.rest().await.is_empty());
    // After an answer as well.
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    assert_eq!(raw.answer().await.text(), "hello");
    raw.send(bytes).await;
    assert!(raw.rest().await.is_empty());
    gateway.status_is(|status| status.connections == 0).await;
}

#[tokio::test]
async fn a_head_that_trickles_in_is_given_up() {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\n").await;
    soon(async {
        let mut pause = tokio::time::interval(SHORT / 6);
        while raw.try_send("X-A: b\r\n").await.is_ok() {
            pause.tick().await;
        }
    })
    .await;
    gateway.status_is(|status| status.connections == 0).await;
}

#[tokio::test]
async fn a_slow_guest_does_not_count_as_a_slow_client() {
    let limits = Limits {
        head: SHORT,
        client_stall: SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = App::serve(|_| async {
        tokio::time::sleep(4 * SHORT).await;
        text("late")
    })
    .await;
    gateway.route("app", app.upstream()).await;
    assert_eq!(
        get(gateway.address, "app.localhost", "/").await.text(),
        "late"
    );
}

#[tokio::test]
async fn a_guest_that_sends_interim_answers_for_ever_is_given_up() {
    let gateway = TestGateway::with(Limits::default()).await;
    let app = App::raw(|mut stream| async move {
        read_head(&mut stream).await;
        let many = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
        while stream.write_all(many.as_bytes()).await.is_ok() {}
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let answer = soon(get(gateway.address, "app.localhost", "/")).await;
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn an_upload_that_stalls_is_a_408() {
    let limits = Limits {
        client_stall: SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = App::echo().await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 10\r\n\r\nhalf")
        .await;
    assert_eq!(raw.answer().await.status, 408);
    assert!(raw.rest().await.is_empty());
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_given_up() {
    let limits = Limits {
        client_stall: SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = App::serve(|_| async { text("x".repeat(64 * 1024 * 1024)) }).await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    raw.head().await;
    let over = |status: &gateway::Status| status.connections == 0 && status.in_flight == 0;
    gateway.status_is(over).await;
}

#[rstest]
#[case::get("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")]
#[case::post("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 2\r\n\r\nhi")]
#[tokio::test]
async fn a_silent_guest_is_a_504_and_not_asked_again(#[case] request: &str) {
    let limits = Limits {
        response: SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let asked = Count::new();
    let count = asked.clone();
    let app = App::raw(move |mut stream| {
        let asked = count.clone();
        async move {
            read_head(&mut stream).await;
            asked.up();
            std::future::pending::<()>().await;
        }
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(request).await;
    assert_eq!(raw.answer().await.status, 504);
    assert_eq!(asked.get(), 1);
    let status = gateway.client.status().await.unwrap();
    assert_eq!((status.in_flight, status.counters.gateway_timeouts), (0, 1));
}

#[tokio::test]
async fn an_upload_that_moves_holds_the_answers_time_off() {
    let limits = Limits {
        response: 2 * SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = App::echo().await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 10\r\n\r\n")
        .await;
    let mut pause = tokio::time::interval(SHORT / 2);
    for _ in 0..10 {
        pause.tick().await;
        raw.send("x").await;
    }
    let answer = raw.answer().await;
    assert!(
        answer.text().ends_with("\n\nxxxxxxxxxx"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn an_answer_that_falls_silent_is_cut() {
    let limits = Limits {
        stream_idle: SHORT,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = App::raw(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            .await;
        std::future::pending::<()>().await;
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    assert!(raw.head().await.contains(" 200 "));
    assert_eq!(raw.rest().await, b"half");
}

#[rstest]
#[case::one_long_header(format!("X-A: {}\r\n", "a".repeat(40_000)), 431)]
#[case::many_headers("X-A: b\r\n".repeat(200), 431)]
#[case::much_but_not_too_much(format!("X-A: {}\r\n", "a".repeat(20_000)), 200)]
#[tokio::test]
async fn heads_are_bounded(#[case] lines: String, #[case] status: u16) {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send(format!(
        "GET / HTTP/1.1\r\nHost: app.localhost\r\n{lines}\r\n"
    ))
    .await;
    assert_eq!(raw.answer().await.status, status);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let gateway = TestGateway::start().await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\nX-A: ")
        .await;
    let piece = vec![b'a'; 16 * 1024];
    let mut sent = 0;
    while sent < 4096 && soon(raw.try_send(&piece)).await.is_ok() {
        sent += 16;
    }
    // What the kernel buffers on loopback, and no more.
    assert!(sent < 4096, "{sent} KiB were taken");
}

#[tokio::test]
async fn too_many_connections_are_told_so() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    let request = "GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n";
    let mut first = Raw::connect(gateway.address).await;
    let mut second = Raw::connect(gateway.address).await;
    for raw in [&mut first, &mut second] {
        raw.send(request).await;
        assert_eq!(raw.answer().await.status, 200);
    }
    let mut third = Raw::connect(gateway.address).await;
    third.send(request).await;
    let answer = third.answer().await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(answer.header("connection"), Some("close"));
    drop(first);
    gateway.status_is(|status| status.connections == 1).await;
    assert_eq!(get(gateway.address, "app.localhost", "/").await.status, 200);
    assert_eq!(gateway.client.status().await.unwrap().counters.refused, 1);
}

#[tokio::test]
async fn stopping_lets_requests_finish_and_takes_no_new_ones() {
    let mut gateway = TestGateway::start().await;
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let asked = Count::new();
    let (held, count) = (gate.clone(), asked.clone());
    let app = App::serve(move |_| {
        let gate = held.clone();
        count.up();
        async move {
            gate.acquire().await.unwrap().forget();
            text("done")
        }
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let mut idle = Raw::connect(gateway.address).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    asked.is(|asked| *asked == 1).await;
    let address = gateway.address;
    let stopping = gateway.stop();
    // Both its sockets are closed before it has finished.
    assert!(idle.rest().await.is_empty());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    gate.add_permits(1);
    let answer = raw.answer().await;
    assert_eq!(
        (answer.text().as_str(), answer.header("connection")),
        ("done", Some("close"))
    );
    stopping.await;
}

#[tokio::test]
async fn stopping_cuts_what_does_not_finish() {
    let limits = Limits {
        shutdown: SHORT,
        ..Limits::default()
    };
    let mut gateway = TestGateway::with(limits).await;
    let asked = Count::new();
    let count = asked.clone();
    let app = App::serve(move |_| {
        count.up();
        std::future::pending()
    })
    .await;
    gateway.route("app", app.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    asked.is(|asked| *asked == 1).await;
    gateway.stop().await;
    assert!(raw.rest().await.is_empty());
}

#[tokio::test]
async fn a_page_reaches_a_client_that_is_still_sending() {
    let gateway = TestGateway::start().await;
    let mut raw = Raw::connect(gateway.address).await;
    let body = "x".repeat(900_000);
    raw.send(format!(
        "POST / HTTP/1.1\r\nHost: nobody.localhost\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
    .await;
    assert_eq!(raw.answer().await.status, 404);
    // All of it was read, so the connection goes on.
    raw.send("GET / HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n")
        .await;
    assert_eq!(raw.answer().await.status, 404);
}
