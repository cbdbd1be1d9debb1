//! Guests whose sockets are handed out by a helper, and helpers that cannot be trusted.

use std::io::IoSlice;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::guest::Upstream;
use domain::ports::{Probe, ProbeError, ProbeRequest};
use gateway::{HttpProbe, Limits};
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rstest::rstest;
use tempfile::TempDir;
use tokio::io::Interest;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::support::{App, Count, Raw, TestGateway, get};

/// What a helper sends to one client.
struct Hand {
    bytes: Vec<u8>,
    descriptors: Vec<OwnedFd>,
    /// Says nothing, and keeps the connection.
    hold: bool,
}

impl Hand {
    fn of(bytes: &[u8], descriptors: Vec<OwnedFd>) -> Self {
        Self {
            bytes: bytes.to_vec(),
            descriptors,
            hold: false,
        }
    }
}

/// A helper on a socket of its own; ends when dropped.
struct Helper {
    path: PathBuf,
    asked: Count,
    _dir: TempDir,
    task: JoinHandle<()>,
}

impl Helper {
    async fn new(hand: impl Fn() -> Hand + Send + 'static) -> Self {
        Self::named("app.sock", hand).await
    }

    async fn named(name: &str, hand: impl Fn() -> Hand + Send + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        let folder = path.parent().unwrap();
        std::fs::create_dir_all(folder).unwrap();
        let listener = bind(&path);
        let asked = Count::new();
        let count = asked.clone();
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((client, _)) = listener.accept().await {
                count.up();
                let hand = hand();
                if hand.hold {
                    held.push(client);
                } else {
                    give(&client, &hand).await;
                }
            }
        });
        Self {
            path,
            asked,
            _dir: dir,
            task,
        }
    }

    /// Hands out connections to `app`, as the one of the local driver does.
    async fn to(app: &App) -> Self {
        let address = app.address;
        Self::new(move || {
            let stream = std::net::TcpStream::connect(address).unwrap();
            Hand::of(&[0], vec![stream.into()])
        })
        .await
    }

    fn upstream(&self) -> Upstream {
        Upstream::Handout(self.path.clone())
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Binds at a path of any length, by way of its folder.
fn bind(path: &Path) -> UnixListener {
    let folder = std::fs::File::open(path.parent().unwrap()).unwrap();
    let name = path.file_name().unwrap();
    let short = Path::new("/proc/self/fd")
        .join(folder.as_raw_fd().to_string())
        .join(name);
    UnixListener::bind(short).unwrap()
}

async fn give(client: &UnixStream, hand: &Hand) {
    if hand.bytes.is_empty() {
        return;
    }
    let raw: Vec<RawFd> = hand.descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&raw)];
    let control = if raw.is_empty() { &[][..] } else { &rights[..] };
    let send = || {
        let parts = [IoSlice::new(&hand.bytes)];
        sendmsg::<()>(
            client.as_raw_fd(),
            &parts,
            control,
            MsgFlags::MSG_NOSIGNAL,
            None,
        )
        .map_err(std::io::Error::from)
    };
    let _ = client.async_io(Interest::WRITABLE, send).await;
}

#[tokio::test]
async fn a_handed_out_socket_carries_requests_and_is_used_again() {
    let gateway = TestGateway::start().await;
    let app = App::echo().await;
    let helper = Helper::to(&app).await;
    gateway.route("app", helper.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    for _ in 0..10 {
        raw.send("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 2\r\n\r\nhi")
            .await;
        assert!(raw.answer().await.text().ends_with("\n\nhi"));
    }
    assert_eq!((helper.asked.get(), app.connections()), (1, 1));
}

#[tokio::test]
async fn paths_longer_than_an_address_work() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    let address = app.address;
    let name = format!("{}/{}/app.sock", "a".repeat(120), "b".repeat(120));
    let helper = Helper::named(&name, move || {
        let stream = std::net::TcpStream::connect(address).unwrap();
        Hand::of(&[0], vec![stream.into()])
    })
    .await;
    gateway.route("app", helper.upstream()).await;
    let answer = get(gateway.address, "app.localhost", "/").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
}

#[tokio::test]
async fn many_at_once_wait_for_their_turn() {
    let gateway = Arc::new(TestGateway::start().await);
    let app = App::saying("hello").await;
    let helper = Helper::to(&app).await;
    gateway.route("app", helper.upstream()).await;
    let clients: Vec<_> = (0..100)
        .map(|_| {
            let address = gateway.address;
            tokio::spawn(async move { get(address, "app.localhost", "/").await.status })
        })
        .collect();
    for client in clients {
        assert_eq!(client.await.unwrap(), 200);
    }
}

fn udp() -> OwnedFd {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(socket.local_addr().unwrap()).unwrap();
    socket.into()
}

fn listening() -> OwnedFd {
    TcpListener::bind("127.0.0.1:0").unwrap().into()
}

fn unix() -> OwnedFd {
    StdUnixStream::pair().unwrap().0.into()
}

fn file() -> OwnedFd {
    std::fs::File::open("/etc/passwd").unwrap().into()
}

fn refused() -> u8 {
    u8::try_from(Errno::ECONNREFUSED as i32).unwrap()
}

#[rstest]
#[case::refused(|| Hand::of(&[refused()], vec![]))]
#[case::unreachable(|| Hand::of(&[113], vec![]))]
#[case::closes(|| Hand::of(&[], vec![]))]
#[case::nothing_with_the_byte(|| Hand::of(&[0], vec![]))]
#[case::errno_and_descriptor(|| Hand::of(&[refused()], vec![unix()]))]
#[case::a_file(|| Hand::of(&[0], vec![file()]))]
#[case::udp(|| Hand::of(&[0], vec![udp()]))]
#[case::listening(|| Hand::of(&[0], vec![listening()]))]
#[case::unix(|| Hand::of(&[0], vec![unix()]))]
#[case::many(|| Hand::of(&[0], (0..253).map(|_| unix()).collect()))]
#[tokio::test]
async fn hostile_helpers_get_a_502_and_nothing_leaks(#[case] hand: fn() -> Hand) {
    let gateway = TestGateway::start().await;
    let helper = Helper::new(hand).await;
    gateway.route("app", helper.upstream()).await;
    let answer = get(gateway.address, "app.localhost", "/").await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(!answer.text().contains("sock"));
    // Twice: nothing was sent.
    assert_eq!(helper.asked.get(), 2);
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    for _ in 0..5 {
        get(gateway.address, "app.localhost", "/").await;
    }
    gateway.status_is(|status| status.connections == 0).await;
    // Tests beside this one in the same process open and close some of their own.
    let closed = async {
        while open() > before + 2 {
            tokio::task::yield_now().await;
        }
    };
    let closed = tokio::time::timeout(Duration::from_secs(20), closed).await;
    assert!(closed.is_ok(), "{before} descriptors, then {}", open());
}

#[tokio::test]
async fn a_silent_helper_is_a_504() {
    let limits = Limits {
        connect: Duration::from_millis(50),
        ..Limits::default()
    };
    let gateway = TestGateway::with(limits).await;
    let helper = Helper::new(|| Hand {
        hold: true,
        ..Hand::of(&[], vec![])
    })
    .await;
    gateway.route("app", helper.upstream()).await;
    let answer = get(gateway.address, "app.localhost", "/").await;
    assert_eq!(answer.status, 504);
}

#[tokio::test]
async fn a_missing_helper_is_a_502() {
    let gateway = TestGateway::start().await;
    let upstream = Upstream::Handout("/nonexistent/app.sock".into());
    gateway.route("app", upstream).await;
    assert_eq!(get(gateway.address, "app.localhost", "/").await.status, 502);
}

#[rstest]
#[case(|| Hand::of(&[refused()], vec![]), true)]
#[case(|| Hand::of(&[113], vec![]), false)]
#[case(|| Hand::of(&[0], vec![file()]), false)]
#[tokio::test]
async fn the_probe_tells_refused_from_unreachable(
    #[case] hand: fn() -> Hand,
    #[case] refused: bool,
) {
    let helper = Helper::new(hand).await;
    let request = ProbeRequest {
        upstream: helper.upstream(),
        path: "/".into(),
        host: "app.localhost".into(),
        proto: "http".into(),
        timeout: Duration::from_secs(5),
    };
    let error = HttpProbe.probe(&request).await.unwrap_err();
    assert_eq!(error == ProbeError::Refused, refused, "{error}");
    assert!(refused || matches!(error, ProbeError::Unreachable(_)));
}
