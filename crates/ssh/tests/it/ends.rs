//! Connections that do not come about, and those that end in the middle.

use std::time::Duration;

use nix::sys::signal::Signal;
use ssh::{Bounds, Exit, HostKey, Ran, Session, SshError, Target, Trust, Unreachable};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::sshd::Sshd;
use crate::support::{client_key, code, host_pair, silent, soon, target, until};

async fn refused(target: &Target) -> SshError {
    soon(Session::connect(target)).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_host_key_is_not_talked_to() {
    let Some(sshd) = Sshd::start("a_wrong_host_key_is_not_talked_to") else {
        return;
    };
    let other = host_pair(7).public().clone();
    let mut target = sshd.target();
    target.trust = Trust::Pinned(other.clone());
    match refused(&target).await {
        SshError::HostKey { expected, seen, .. } => {
            assert_eq!(expected, [other]);
            assert_eq!(seen.as_ref(), Some(sshd.pair.public()));
        }
        error => panic!("{error}"),
    }
    assert_eq!(sshd.logins(), 0);
    assert!(
        !sshd.log().contains("Failed publickey"),
        "our key was shown"
    );
}

#[tokio::test]
async fn a_host_key_can_be_one_of_several_or_be_learnt() {
    let Some(sshd) = Sshd::start("a_host_key_can_be_one_of_several_or_be_learnt") else {
        return;
    };
    let (other, right) = (host_pair(7).public().clone(), sshd.pair.public().clone());
    let mut target = sshd.target();
    for trust in [
        Trust::AnyOf(vec![other.clone(), right.clone()]),
        Trust::Learn,
    ] {
        target.trust = trust;
        let session = soon(Session::connect(&target)).await.unwrap();
        assert_eq!(*session.host_key(), right);
    }
    for keys in [vec![], vec![other]] {
        target.trust = Trust::AnyOf(keys);
        assert!(matches!(refused(&target).await, SshError::HostKey { .. }));
    }
}

#[tokio::test]
async fn a_wrong_client_key_is_said_so() {
    let Some(sshd) = Sshd::start("a_wrong_client_key_is_said_so") else {
        return;
    };
    let mut target = sshd.target();
    target.key = client_key(2);
    let error = refused(&target).await;
    assert!(matches!(error, SshError::AuthRefused { .. }), "{error}");
    target.key = client_key(1);
    target.user = "nobody-at-all".to_owned();
    let error = refused(&target).await;
    assert!(matches!(error, SshError::AuthRefused { .. }), "{error}");
}

fn why(error: SshError) -> Unreachable {
    match error {
        SshError::Unreachable { why, .. } => why,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn nobody_there_is_told_apart() {
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let mut to = target(port, "x", Trust::Learn);
    assert_eq!(why(refused(&to).await), Unreachable::Refused);
    to.host = "no-such-host.invalid".parse().unwrap();
    assert_eq!(why(refused(&to).await), Unreachable::Name);
}

#[tokio::test]
async fn a_port_that_never_speaks_is_given_up_and_left() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut to = target(listener.local_addr().unwrap().port(), "x", Trust::Learn);
    to.timeouts.connect = Duration::from_millis(300);
    let connecting = refused(&to);
    let (error, accepted) = tokio::join!(connecting, listener.accept());
    assert_eq!(why(error), Unreachable::TimedOut(to.timeouts.connect));
    // Our side is closed as well: nothing of the attempt stays.
    let (mut stream, _) = accepted.unwrap();
    let mut greeting = Vec::new();
    soon(stream.read_to_end(&mut greeting)).await.unwrap();
}

#[tokio::test]
async fn a_port_that_stops_after_its_greeting_is_left_too() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut to = target(listener.local_addr().unwrap().port(), "x", Trust::Learn);
    to.timeouts.connect = Duration::from_millis(300);
    let greeting = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        let mut said = Vec::new();
        // Until our side closes, though the library waits for an answer.
        let _ = stream.read_to_end(&mut said).await;
        said.len()
    };
    let (error, said) = soon(async { tokio::join!(refused(&to), greeting) }).await;
    assert_eq!(why(error), Unreachable::TimedOut(to.timeouts.connect));
    assert!(said > 100, "greeting and proposals: {said}");
}

#[tokio::test]
async fn a_connection_killed_in_the_middle_is_lost() {
    let Some(mut sshd) = Sshd::start("a_connection_killed_in_the_middle_is_lost") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let (begun, mut begins) = mpsc::channel(1);
    let running = session.stream(
        &["sh", "-c", "echo begun; cat"],
        silent(),
        |_| begun.try_send(()).unwrap_or(()),
        |_| {},
    );
    let killing = async {
        begins.recv().await;
        sshd.kill();
    };
    let (end, ()) = soon(async { tokio::join!(running, killing) }).await;
    let error = end.unwrap_err();
    assert!(
        matches!(
            error,
            SshError::Lost {
                ran: Ran::Maybe,
                ..
            }
        ),
        "{error}"
    );
    soon(session.closed()).await;
    let after = soon(session.run(&["true"], b"", Bounds::default())).await;
    let after = after.unwrap_err();
    assert!(
        matches!(after, SshError::Lost { ran: Ran::No, .. }),
        "{after}"
    );
}

/// Freezes the peer while a command runs that gets this input, and expects that it is noticed.
async fn frozen(name: &str, input: impl tokio::io::AsyncRead + Send) {
    let Some(sshd) = Sshd::start(name) else {
        return;
    };
    let mut target = sshd.target();
    target.timeouts.dead = Duration::from_millis(900);
    let session = soon(Session::connect(&target)).await.unwrap();
    let (begun, mut begins) = mpsc::channel(1);
    let running = session.stream(
        &["sh", "-c", "echo begun; exec cat >/dev/null"],
        input,
        |_| begun.try_send(()).unwrap_or(()),
        |_| {},
    );
    let freezing = async {
        begins.recv().await;
        sshd.signal(Signal::SIGSTOP);
    };
    let (end, ()) = soon(async { tokio::join!(running, freezing) }).await;
    sshd.signal(Signal::SIGCONT);
    let error = end.unwrap_err();
    assert!(
        matches!(
            error,
            SshError::Lost {
                ran: Ran::Maybe,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_frozen_peer_is_noticed_while_we_wait() {
    frozen("a_frozen_peer_is_noticed_while_we_wait", silent()).await;
}

#[tokio::test]
async fn a_frozen_peer_is_noticed_while_we_send() {
    frozen(
        "a_frozen_peer_is_noticed_while_we_send",
        tokio::io::repeat(0),
    )
    .await;
}

#[tokio::test]
async fn a_dropped_command_leaves_the_session_usable() {
    let Some(sshd) = Sshd::start("a_dropped_command_leaves_the_session_usable") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    // Dropped at every point of its life: more often than sshd allows channels.
    for n in 0..40 {
        let running = session.run(&["echo", "x"], b"", Bounds::default());
        let _ = tokio::time::timeout(Duration::from_micros(200 * n), running).await;
    }
    let output = soon(session.run(&["echo", "fine"], b"", Bounds::default())).await;
    assert_eq!(output.unwrap().exit, Exit::Code(0));
}

#[tokio::test]
async fn a_session_that_is_closed_ends() {
    let Some(sshd) = Sshd::start("a_session_that_is_closed_ends") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let one = soon(session.run(&["true"], b"", Bounds::default())).await;
    assert_eq!(code(&one), Some(0));
    session.close().await;
    soon(session.closed()).await;
    until("sshd sees it", || {
        sshd.log().contains("Received disconnect")
    })
    .await;
}

#[test]
fn errors_say_what_to_do_and_no_secret() {
    let key: HostKey = host_pair(3).public().clone();
    let error = SshError::HostKey {
        place: "root@10.0.0.1:22".to_owned(),
        expected: vec![key.clone()],
        seen: None,
    };
    let text = error.to_string();
    assert!(
        text.contains(&key.fingerprint()) && text.contains("root@10.0.0.1:22"),
        "{text}"
    );
    assert!(!format!("{:?}", target(1, "x", Trust::Learn)).contains("PRIVATE"));
}
