//! The output of a release on its way: `-----> Step` lines and the indented output of its commands, in one file per
//! release, so that it outlives the controller and can be read again at any time.

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::ReleaseId;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::mask::Mask;

/// A build log grows to this size; the rest of the output is counted, not kept.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// Lines that may wait for the disk; a flood beyond them is counted, not kept.
const QUEUE: usize = 4096;
/// Lines kept at hand for the story of a failure.
const TAIL: usize = 20;

/// One line of a build log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildLine {
    /// Its number, from 1; a listener resumes after the last one it saw.
    pub number: u64,
    /// The text, already masked.
    pub text: String,
}

/// The folder of all build logs.
pub(crate) struct BuildLogs {
    folder: PathBuf,
    /// Logs that this process writes to now.
    open: Arc<Mutex<HashSet<ReleaseId>>>,
}

impl BuildLogs {
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            open: Arc::default(),
        }
    }

    /// True while lines may come that are not on disk yet: a release goes live before its log says so.
    pub fn is_open(&self, release: &ReleaseId) -> bool {
        lock(&self.open).contains(release)
    }

    fn path(&self, release: &ReleaseId) -> PathBuf {
        self.folder.join(format!("{release}.log"))
    }

    /// Opens the log of a release for more lines.
    pub async fn append(&self, release: &ReleaseId, mask: Mask) -> std::io::Result<BuildLog> {
        tokio::fs::create_dir_all(&self.folder).await?;
        let file = tokio::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path(release))
            .await?;
        let size = file.metadata().await?.len();
        let (sender, receiver) = mpsc::channel(QUEUE);
        lock(&self.open).insert(*release);
        let open = Open(self.open.clone(), *release);
        let writer = tokio::spawn(async move {
            write_lines(file, size, receiver).await;
            drop(open);
        });
        Ok(BuildLog {
            sender,
            mask: Mutex::new(mask),
            tail: Mutex::default(),
            writer,
        })
    }

    /// Removes the log of a release.
    pub async fn remove(&self, release: &ReleaseId) {
        if let Err(error) = tokio::fs::remove_file(self.path(release)).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%release, %error, "a build log could not be removed");
        }
    }

    /// The lines after a number. At the end of the file it asks `more`: true reads on, false ends the stream.
    pub fn read<F, Fut>(
        &self,
        release: &ReleaseId,
        after: u64,
        more: F,
    ) -> BoxStream<'static, BuildLine>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = bool> + Send,
    {
        let state = Reading {
            path: self.path(release),
            file: None,
            number: 0,
            after,
            partial: String::new(),
            more,
        };
        Box::pin(futures_util::stream::unfold(
            state,
            |mut state| async move {
                let line = state.next().await?;
                Some((line, state))
            },
        ))
    }
}

/// While it lives, its log counts as open.
struct Open(Arc<Mutex<HashSet<ReleaseId>>>, ReleaseId);

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.0).remove(&self.1);
    }
}

struct Reading<F> {
    path: PathBuf,
    file: Option<BufReader<tokio::fs::File>>,
    number: u64,
    after: u64,
    /// A line whose end is not written yet.
    partial: String,
    more: F,
}

impl<F, Fut> Reading<F>
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = bool> + Send,
{
    async fn next(&mut self) -> Option<BuildLine> {
        // After the release is over the file is read once more: its last lines may have come in between.
        let mut last_round = false;
        loop {
            while let Some(text) = self.line().await {
                self.number += 1;
                if self.number > self.after {
                    return Some(BuildLine {
                        number: self.number,
                        text,
                    });
                }
            }
            if last_round {
                return None;
            }
            last_round = !(self.more)().await;
        }
    }

    async fn line(&mut self) -> Option<String> {
        if self.file.is_none() {
            self.file = tokio::fs::File::open(&self.path)
                .await
                .ok()
                .map(BufReader::new);
        }
        let file = self.file.as_mut()?;
        match file.read_line(&mut self.partial).await {
            Ok(count) if count > 0 && self.partial.ends_with('\n') => {
                let mut line = std::mem::take(&mut self.partial);
                line.pop();
                Some(line)
            }
            _ => None,
        }
    }
}

/// The open log of one release.
pub(crate) struct BuildLog {
    sender: mpsc::Sender<String>,
    mask: Mutex<Mask>,
    tail: Mutex<VecDeque<String>>,
    writer: JoinHandle<()>,
}

impl BuildLog {
    /// A `-----> ` line.
    pub fn header(&self, text: &str) {
        self.line(format!("-----> {text}"), text);
    }

    /// An indented line.
    pub fn output(&self, text: &str) {
        self.line(format!("       {text}"), text);
    }

    /// A ` !     ` line.
    pub fn warning(&self, text: &str) {
        self.line(format!(" !     {text}"), text);
    }

    /// Other values to mask from now on.
    pub fn set_mask(&self, mask: Mask) {
        *lock(&self.mask) = mask;
    }

    /// The last lines of output, without what frames them.
    pub fn tail(&self) -> Vec<String> {
        lock(&self.tail).iter().cloned().collect()
    }

    /// Forgets the last lines: another command begins.
    pub fn new_tail(&self) {
        lock(&self.tail).clear();
    }

    /// Waits until every line is on disk.
    pub async fn close(self) {
        drop(self.sender);
        if let Err(error) = self.writer.await {
            tracing::warn!(%error, "the writer of a build log ended badly");
        }
    }

    fn line(&self, framed: String, bare: &str) {
        let mask = lock(&self.mask);
        let mut tail = lock(&self.tail);
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(mask.apply(bare));
        // A full queue drops the line: output must never hold up the command, nor fill the memory.
        let _ = self.sender.try_send(mask.apply(&framed));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn write_lines(mut file: tokio::fs::File, mut size: u64, mut lines: mpsc::Receiver<String>) {
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, 256).await > 0 {
        let mut bytes = Vec::new();
        for line in batch.drain(..) {
            let length = line.len() as u64 + 1;
            if size < MAX_BYTES && size + length >= MAX_BYTES {
                bytes.extend_from_slice(format!(" !     {}\n", crate::text::LOG_CUT).as_bytes());
            }
            size += length;
            if size < MAX_BYTES {
                // One line is one line, whatever it holds.
                bytes.extend(line.bytes().map(|b| if b == b'\n' { b' ' } else { b }));
                bytes.push(b'\n');
            }
        }
        let written = async {
            file.write_all(&bytes).await?;
            file.flush().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "lines of a build log could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    fn release() -> ReleaseId {
        "550e8400-e29b-41d4-a716-446655440000".parse().unwrap()
    }

    #[tokio::test]
    async fn lines_are_numbered_masked_and_read_again_after_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let logs = BuildLogs::new(folder.path().join("builds"));
        let mut env = domain::EnvVars::default();
        env.set("KEY".parse().unwrap(), "topsecret").unwrap();
        let log = logs.append(&release(), Mask::new(&env, [])).await.unwrap();
        log.header("Building");
        log.output("the key is topsecret");
        assert_eq!(log.tail(), ["Building", "the key is ********"]);
        log.close().await;

        let lines: Vec<_> = logs.read(&release(), 1, || async { false }).collect().await;
        assert_eq!(
            lines,
            [BuildLine {
                number: 2,
                text: "       the key is ********".into()
            }]
        );
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let logs = BuildLogs::new(folder.path().to_owned());
        let log = logs.append(&release(), Mask::default()).await.unwrap();
        let long = "x".repeat(16 * 1024);
        for _ in 0..1024 {
            log.sender.send(long.clone()).await.unwrap();
        }
        log.close().await;
        let size = std::fs::metadata(logs.path(&release())).unwrap().len();
        assert!(size <= MAX_BYTES + 200, "{size}");
        let last = logs
            .read(&release(), 0, || async { false })
            .collect::<Vec<_>>()
            .await
            .pop()
            .unwrap();
        assert!(last.text.contains(crate::text::LOG_CUT));
    }

    #[tokio::test]
    async fn a_reader_that_follows_gets_what_is_written_before_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let logs = BuildLogs::new(folder.path().to_owned());
        let log = logs.append(&release(), Mask::default()).await.unwrap();
        assert!(logs.is_open(&release()));
        let (sender, receiver) = tokio::sync::watch::channel(true);
        let reader = logs.read(&release(), 0, move || {
            let mut receiver = receiver.clone();
            async move {
                let _ = receiver.changed().await;
                *receiver.borrow()
            }
        });
        let reading = tokio::spawn(reader.collect::<Vec<_>>());
        log.header("one");
        log.close().await;
        assert!(!logs.is_open(&release()));
        sender.send(false).unwrap();
        assert_eq!(reading.await.unwrap().len(), 1);
    }
}
