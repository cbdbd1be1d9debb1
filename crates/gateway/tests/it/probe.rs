//! The health check's request.

use std::time::Duration;

use domain::guest::Upstream;
use domain::ports::{Probe, ProbeAnswer, ProbeError, ProbeRequest};
use gateway::HttpProbe;
use rstest::rstest;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::support::{App, read_head, soon, text};

fn request(upstream: Upstream) -> ProbeRequest {
    ProbeRequest {
        upstream,
        path: "/health?x=1".into(),
        host: "app.localhost:8080".into(),
        proto: "http".into(),
        timeout: Duration::from_secs(5),
    }
}

async fn probe(upstream: Upstream) -> Result<ProbeAnswer, ProbeError> {
    soon(HttpProbe.probe(&request(upstream))).await
}

#[tokio::test]
async fn it_asks_as_a_client_of_the_app_would() {
    let app = App::echo().await;
    let answer = probe(app.upstream()).await.unwrap();
    assert_eq!(answer.status, 200);
    for line in [
        "GET /health?x=1 HTTP/1.1\n",
        "host: app.localhost:8080\n",
        "x-forwarded-proto: http\n",
        "x-forwarded-for: 127.0.0.1\n",
        "user-agent: havre-health\n",
    ] {
        assert!(
            answer.body.contains(line),
            "{line} is not in {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_body_is_read_to_4_kib_only() {
    let app = App::serve(|_| async { text("x".repeat(100_000)) }).await;
    assert_eq!(probe(app.upstream()).await.unwrap().body.len(), 4096);
}

#[rstest]
#[case(
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\nDisallowedHost",
    "DisallowedHost"
)]
#[case(b"HTTP/1.0 400 Bad Request\r\n\r\nDisallowedHost", "DisallowedHost")]
#[case(
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\n\xff\xfe!",
    "\u{fffd}\u{fffd}!"
)]
#[tokio::test]
async fn bodies_that_break_off_count_as_far_as_they_came(
    #[case] bytes: &'static [u8],
    #[case] body: &str,
) {
    let app = App::raw(move |mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(bytes).await;
    })
    .await;
    let answer = probe(app.upstream()).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (400, body));
}

#[tokio::test]
async fn a_port_without_a_listener_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(
        probe(Upstream::Tcp(address)).await,
        Err(ProbeError::Refused)
    );
}

#[tokio::test]
async fn silence_is_told_from_nonsense() {
    let silent = App::raw(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let mut request = request(silent.upstream());
    request.timeout = Duration::from_millis(50);
    let error = soon(HttpProbe.probe(&request)).await.unwrap_err();
    assert_eq!(error, ProbeError::TimedOut);
    let closing = App::raw(|stream| async { drop(stream) }).await;
    let error = probe(closing.upstream()).await.unwrap_err();
    assert!(matches!(error, ProbeError::NotHttp(_)), "{error}");
    let ssh = App::answering(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    let error = probe(ssh.upstream()).await.unwrap_err();
    assert!(matches!(error, ProbeError::NotHttp(_)), "{error}");
}
