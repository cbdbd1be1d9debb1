//! The control socket of a service's shim: one line of JSON in, one out.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::super::wire::{Answer, Ask};

/// A question and where its answer goes.
pub type Asked = (Ask, Asker);

/// Who asked.
pub struct Asker(UnixStream);

impl Asker {
    /// Answers; whoever asked may be gone.
    pub async fn answer(mut self, answer: Answer) {
        if let Ok(mut line) = serde_json::to_vec(&answer) {
            line.push(b'\n');
            let _ = tokio::time::timeout(PATIENCE, self.0.write_all(&line)).await;
        }
    }
}

/// How long one who asks may take to do so, or to take the answer.
const PATIENCE: Duration = Duration::from_secs(2);

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
        if let Ok(Ok(asked)) = tokio::time::timeout(PATIENCE, read(client)).await
            && to.send(asked).await.is_err()
        {
            return;
        }
    }
}

/// A question is short.
async fn read(client: UnixStream) -> io::Result<Asked> {
    let mut reader = BufReader::new(client.take(1024));
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    let ask = serde_json::from_str(&line)?;
    Ok((ask, Asker(reader.into_inner().into_inner())))
}
