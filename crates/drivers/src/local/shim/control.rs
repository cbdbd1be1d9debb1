//! The control socket of a service's shim: one line of JSON in, one out.

use std::io;
use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::super::wire::{Answer, Ask};

/// A question and where its answer goes.
pub type Asked = (Ask, oneshot::Sender<Answer>);

/// Listens at this path, in place of what a predecessor left there.
pub fn listen(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    let fresh = path.with_extension("new");
    super::super::files::gone_is_fine(std::fs::remove_file(&fresh))?;
    let listener = std::os::unix::net::UnixListener::bind(&fresh)?;
    std::fs::rename(&fresh, path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Takes one client after the other: there is one controller.
pub async fn serve(listener: UnixListener, to: mpsc::Sender<Asked>) {
    while let Ok((client, _)) = listener.accept().await {
        let bound = std::time::Duration::from_secs(2);
        let asked = tokio::time::timeout(bound, read(client)).await;
        if let Ok(Ok((ask, client))) = asked {
            tokio::task::spawn_local(answer(ask, client, to.clone()));
        }
    }
}

async fn read(client: UnixStream) -> io::Result<(Ask, UnixStream)> {
    let mut reader = BufReader::new(client.take_limited());
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    Ok((
        serde_json::from_str(&line)?,
        reader.into_inner().into_inner(),
    ))
}

async fn answer(ask: Ask, mut client: UnixStream, to: mpsc::Sender<Asked>) {
    let (sender, receiver) = oneshot::channel();
    if to.send((ask, sender)).await.is_err() {
        return;
    }
    if let Ok(answer) = receiver.await
        && let Ok(mut line) = serde_json::to_vec(&answer)
    {
        line.push(b'\n');
        let _ = client.write_all(&line).await;
    }
}

/// A question is short.
trait Limited: Sized {
    fn take_limited(self) -> tokio::io::Take<Self>;
}

impl Limited for UnixStream {
    fn take_limited(self) -> tokio::io::Take<Self> {
        self.take(1024)
    }
}
