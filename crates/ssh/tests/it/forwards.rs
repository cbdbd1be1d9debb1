//! TCP connections that the other side makes.

use ssh::{Bounds, Session, SshError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::sshd::Sshd;
use crate::support::{code, loopback, soon};

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Sends back what comes until it ends, then `bye`.
async fn echo(listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut read, mut write) = stream.split();
    tokio::io::copy(&mut read, &mut write).await.unwrap();
    write.write_all(b"bye").await.unwrap();
}

#[tokio::test]
async fn bytes_go_both_ways_and_each_way_ends_by_itself() {
    let Some(sshd) = Sshd::start("bytes_go_both_ways_and_each_way_ends_by_itself") else {
        return;
    };
    let (listener, port) = listener().await;
    tokio::spawn(echo(listener));
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let forward = soon(session.forward(&loopback(), port)).await.unwrap();
    let (mut read, mut write) = tokio::io::split(forward);
    let sent = vec![3_u8; 5_000_000];
    let sending = async {
        write.write_all(&sent).await.unwrap();
        write.shutdown().await.unwrap();
    };
    let mut back = Vec::new();
    let (_, read) = soon(async { tokio::join!(sending, read.read_to_end(&mut back)) }).await;
    read.unwrap();
    assert!(back.len() == sent.len() + 3 && back.starts_with(&sent) && back.ends_with(b"bye"));
}

#[tokio::test]
async fn nobody_there_is_refused() {
    let Some(sshd) = Sshd::start("nobody_there_is_refused") else {
        return;
    };
    let (gone, port) = listener().await;
    drop(gone);
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let error = soon(session.forward(&loopback(), port)).await.unwrap_err();
    assert!(matches!(error, SshError::Refused { .. }), "{error}");
    let after = soon(session.run(&["true"], b"", Bounds::default())).await;
    assert_eq!(code(&after), Some(0));
}

#[tokio::test]
async fn a_dropped_forward_closes_the_connection() {
    let Some(sshd) = Sshd::start("a_dropped_forward_closes_the_connection") else {
        return;
    };
    let (listener, port) = listener().await;
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let forward = soon(session.forward(&loopback(), port)).await.unwrap();
    let (mut far, _): (TcpStream, _) = soon(listener.accept()).await.unwrap();
    drop(forward);
    assert_eq!(soon(far.read(&mut [0])).await.unwrap(), 0);
}

#[tokio::test]
async fn both_ends_fail_when_the_connection_is_killed() {
    let Some(mut sshd) = Sshd::start("both_ends_fail_when_the_connection_is_killed") else {
        return;
    };
    let (listener, port) = listener().await;
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let forward = soon(session.forward(&loopback(), port)).await.unwrap();
    let (_far, _) = soon(listener.accept()).await.unwrap();
    let (mut read, mut write) = tokio::io::split(forward);
    // More than fits: nobody reads there, so the writer waits for room.
    let writing = tokio::spawn(async move {
        let block = vec![0; 65536];
        loop {
            if let Err(error) = write.write_all(&block).await {
                return error.kind();
            }
        }
    });
    sshd.kill();
    let kind = soon(writing).await.unwrap();
    assert!(
        matches!(
            kind,
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe
        ),
        "{kind}"
    );
    let error = soon(read.read(&mut [0])).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}
