//! The wire between an engine and its database, which can be held (the server is frozen: connections stay, nothing
//! comes) and cut (the server is gone: connections end, new ones are refused).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Open,
    Held,
    Cut,
}

pub struct Wire {
    flow: watch::Sender<Flow>,
    dialled: Arc<AtomicUsize>,
    port: u16,
    _tasks: JoinSet<()>,
}

impl Wire {
    /// A wire to the server of this URL, and the URL of its near end.
    pub async fn to(url: &str) -> (Self, String) {
        let far: u16 = port_of(url).parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (flow, dialled) = (
            watch::Sender::new(Flow::Open),
            Arc::new(AtomicUsize::new(0)),
        );
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, far, flow.subscribe(), dialled.clone()));
        let near = url.replacen(&format!(":{far}/"), &format!(":{port}/"), 1);
        let wire = Self {
            flow,
            dialled,
            port,
            _tasks: tasks,
        };
        assert!(
            near.contains(&wire.port.to_string()),
            "the URL names a port"
        );
        (wire, near)
    }

    pub fn set(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }

    /// How often somebody dialled.
    pub fn dialled(&self) -> usize {
        self.dialled.load(Ordering::Relaxed)
    }
}

/// `scheme://user:password@host:PORT/database`.
fn port_of(url: &str) -> &str {
    let server = url.rsplit_once('/').unwrap().0;
    server.rsplit_once(':').unwrap().1
}

async fn accept(
    listener: TcpListener,
    far: u16,
    flow: watch::Receiver<Flow>,
    dialled: Arc<AtomicUsize>,
) {
    let mut pairs = JoinSet::new();
    loop {
        let (near, _) = listener.accept().await.unwrap();
        dialled.fetch_add(1, Ordering::Relaxed);
        if *flow.borrow() == Flow::Cut {
            continue;
        }
        pairs.spawn(join(near, far, flow.clone()));
        while pairs.try_join_next().is_some() {}
    }
}

async fn join(near: TcpStream, far: u16, mut flow: watch::Receiver<Flow>) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", far)).await else {
        return;
    };
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = pump(near_in, far_out, flow.clone()) => {}
        () = pump(far_in, near_out, flow.clone()) => {}
        _ = flow.wait_for(|flow| *flow == Flow::Cut) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut flow: watch::Receiver<Flow>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if flow.wait_for(|flow| *flow != Flow::Held).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
