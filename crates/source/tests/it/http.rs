//! Over HTTP: from git's own server half, from plain files, and from servers that misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use domain::GitUrl;
use domain::ports::{FetchRequest, Source, SourceError};

use crate::support::{Fetcher, Repo};

/// A request, as far as it matters.
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, v)| v.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        Some(Self {
            method,
            path,
            headers,
            body,
        })
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }
}

/// Serves every request by `answer`, a whole HTTP answer. Lives as long as the test's process.
pub fn serve(answer: impl Fn(Request) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                if let Some(request) = Request::read(&stream) {
                    let _ = (&stream).write_all(&answer(request));
                }
            });
        }
    });
    format!("http://{address}")
}

/// What git's own server half answers.
fn http_backend(root: &Path, request: &Request) -> Vec<u8> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut child = Command::new("git")
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_PROTOCOL", request.header("git-protocol"))
        .env("HTTP_CONTENT_ENCODING", request.header("content-encoding"))
        .envs([
            ("REQUEST_METHOD", request.method.as_str()),
            ("PATH_INFO", path),
            ("QUERY_STRING", query),
        ])
        .env("CONTENT_TYPE", request.header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&request.body)
        .unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    let status = if output.starts_with(b"Status: 404") {
        "404 Not Found"
    } else {
        "200 OK"
    };
    [
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n").as_bytes(),
        &output,
    ]
    .concat()
}

fn plain(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn url(base: &str, path: &str) -> GitUrl {
    format!("{base}/{path}").parse().unwrap()
}

fn smart(repo: &Repo) -> GitUrl {
    let root: PathBuf = repo.path().to_path_buf();
    url(&serve(move |request| http_backend(&root, &request)), ".git")
}

#[tokio::test]
async fn a_git_server_is_fetched_from_by_branch_and_commit() {
    let repo = Repo::of(&[("a", "one")]);
    let first = repo.head();
    repo.write(&[("a", "two")]);
    let second = repo.commit();
    let (fetcher, url) = (Fetcher::default(), smart(&repo));
    assert_eq!(fetcher.fetch(&url, None).await.unwrap().commit, second);
    for name in [first.as_str(), &first.as_str()[..10]] {
        assert_eq!(fetcher.fetch(&url, Some(name)).await.unwrap().commit, first);
    }
    let says = fetcher
        .fetch(&url, Some("nope"))
        .await
        .unwrap_err()
        .to_string();
    assert!(says.contains("no branch, tag or commit `nope`"), "{says}");
}

#[tokio::test]
async fn plain_files_are_fetched_from_with_their_whole_history() {
    let repo = Repo::of(&[("a", "one")]);
    let first = repo.head();
    repo.write(&[("a", "two")]);
    let second = repo.commit();
    repo.git(&["update-server-info"]);
    let root = repo.path().join(".git");
    let base = serve(move |request| {
        let path = request.path.split('?').next().unwrap_or_default();
        match std::fs::read(root.join(path.trim_start_matches("/app/"))) {
            Ok(body) => plain("200 OK", &body),
            Err(_) => plain("404 Not Found", b""),
        }
    });
    let (fetcher, url) = (Fetcher::default(), url(&base, "app"));
    assert_eq!(fetcher.fetch(&url, None).await.unwrap().commit, second);
    assert_eq!(
        fetcher.fetch(&url, Some("main")).await.unwrap().commit,
        second
    );
    assert_eq!(
        fetcher
            .fetch(&url, Some(first.as_str()))
            .await
            .unwrap()
            .commit,
        first
    );
    assert_eq!(fetcher.files()["a"], "one");
}

#[tokio::test]
async fn what_servers_refuse_is_told_in_words() {
    let cases = [
        ("404 Not Found", "no Git repository"),
        ("403 Forbidden", "may not read"),
        (
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=x",
            "may not read",
        ),
    ];
    for (status, words) in cases {
        let fetcher = Fetcher::default();
        let says = fetcher
            .refusal(&url(&serve(move |_| plain(status, b"no")), "a/b"), None)
            .await;
        assert!(says.contains(words), "{status}: {says}");
    }
}

#[tokio::test]
async fn what_may_pass_is_worth_another_try() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let bases = [
        serve(|_| plain("503 Service Unavailable", b"")),
        serve(|_| Vec::new()),
        format!("http://{closed}"),
        "http://no-such-host.invalid".to_owned(),
    ];
    for base in bases {
        let failed = Fetcher::default().fetch(&url(&base, "a/b"), None).await;
        assert!(
            matches!(failed, Err(SourceError::Transient(_))),
            "{base}: {failed:?}"
        );
    }
}

#[tokio::test]
async fn a_server_cannot_send_git_to_another_protocol_or_folder() {
    let repo = Repo::of(&[("a", "x")]);
    for target in [
        repo.url().to_string(),
        "ext::sh -c true".to_owned(),
        "git://127.0.0.1/a".to_owned(),
    ] {
        let answer = plain(
            &format!("302 Found\r\nLocation: {target}/info/refs?service=git-upload-pack"),
            b"",
        );
        let fetcher = Fetcher::default();
        let refused = fetcher
            .fetch(&url(&serve(move |_| answer.clone()), "a"), None)
            .await;
        assert!(refused.is_err() && !fetcher.place().exists(), "{target}");
    }
}

#[tokio::test]
async fn a_server_that_answers_nonsense_breaks_nothing() {
    for body in [
        &b"\x00\xff\xfe"[..],
        b"001e# service=git-upload-pack\n0000ffff",
        b"zzzz",
    ] {
        let answer = plain(
            "200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement",
            body,
        );
        let refused = Fetcher::default()
            .fetch(&url(&serve(move |_| answer.clone()), "a"), None)
            .await;
        assert!(refused.is_err());
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_runs_into_the_bound() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let base = serve(move |_| {
        let _ = held.lock().unwrap().recv();
        Vec::new()
    });
    let fetcher = Fetcher::default();
    let timeout = std::time::Duration::from_millis(300);
    let request = FetchRequest {
        timeout,
        ..fetcher.request(&url(&base, "a"), None)
    };
    let ended = fetcher.source.fetch(&request).await;
    assert!(matches!(ended, Err(SourceError::TimedOut(_))), "{ended:?}");
    fetcher.assert_nothing_left();
    drop(hold);
}
