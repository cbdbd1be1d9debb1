//! Nothing of git outlives whoever started it.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::ports::Source;

use crate::support::Fetcher;

const ROLE: &str = "HAVRE_TEST_FETCH_FROM";

/// Waits for git's request, and leaves it without an answer.
fn accept(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).unwrap();
    stream
}

/// The connection ends once the process behind it is gone; reading fails the test when that does not come.
fn assert_ends(mut stream: TcpStream) {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(error) => assert_eq!(
            error.kind(),
            std::io::ErrorKind::ConnectionReset,
            "git lives on: {error}"
        ),
        Ok(_) => assert!(rest.starts_with(b"ET /")),
    }
}

#[tokio::test]
async fn a_dropped_fetch_ends_git_and_removes_its_folder() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let fetcher = Fetcher::default();
    let request = fetcher.request(&url, None);
    let accepted = tokio::task::spawn_blocking(move || accept(&listener));
    // Pinned in a box of its own, to be dropped only once its folder is held.
    let mut fetch = Box::pin(fetcher.source.fetch(&request));
    let stream = tokio::select! {
        ended = &mut fetch => panic!("{ended:?}"),
        stream = accepted => stream.unwrap(),
    };
    let scratch = fetcher.folder.path().join("fetching");
    let folder = std::fs::read_dir(&scratch)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let lock = std::fs::File::open(folder.join("lock")).unwrap();
    drop(fetch);
    tokio::task::spawn_blocking(move || assert_ends(stream))
        .await
        .unwrap();
    // The lock is let go once the folder is removed.
    let gone = tokio::task::spawn_blocking(move || lock.lock());
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(!folder.exists() && !fetcher.place().exists());
}

/// The role of a controller: fetches from where the environment says, until it is killed.
#[tokio::test]
#[ignore = "not a test: the role of a process that another test kills"]
async fn in_another_process() {
    let base = std::env::var(ROLE).unwrap();
    let fetcher = Fetcher::default();
    let url = format!("{base}/a").parse().unwrap();
    let ended = fetcher.source.fetch(&fetcher.request(&url, None)).await;
    panic!("{ended:?}");
}

#[test]
fn a_killed_controller_takes_git_with_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut controller = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--ignored",
            "death::in_another_process",
            "--nocapture",
        ])
        .env(ROLE, format!("http://{}", listener.local_addr().unwrap()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stream = accept(&listener);
    controller.kill().unwrap();
    controller.wait().unwrap();
    assert_ends(stream);
}
