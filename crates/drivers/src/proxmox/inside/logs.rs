//! The app's log: the journal of its guest.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::ports::{LogLine, LogQuery, LogStream};
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, duplex};
use tokio::task::JoinHandle;

use super::journal::{self, FIELDS, Reader};
use super::shell::Shell;
use super::unit::UNIT;

/// Newest lines given when the query names no number.
const DEFAULT_LAST: usize = 1000;
/// Lines held for a query that wants the newest after a cursor.
const HELD: usize = 10_000;
/// What is on its way at a time.
const ROOM: usize = 64 * 1024;

/// The lines that a query asks for, oldest first. A followed stream ends when the guest is gone; dropping it ends all.
pub fn read(shell: &Arc<dyn Shell>, query: &LogQuery, memory: u32) -> LogStream {
    let after = query.after.as_deref().filter(|cursor| is_cursor(cursor));
    let argv = argv(query, after);
    let (near, far) = duplex(ROOM);
    let shell = shell.clone();
    let running = tokio::spawn(async move {
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        match shell.download(&argv, Box::pin(far)).await {
            Ok(said) if said.is_success() => {}
            Ok(said) => tracing::debug!(stderr = said.stderr, "the journal is not read to its end"),
            Err(error) => tracing::debug!(%error, "the journal is no longer read"),
        }
    });
    let lines = Lines {
        entries: BufReader::with_capacity(ROOM, near),
        reader: Reader::new(memory),
        _running: Aborted(running),
    };
    let all = futures_util::stream::unfold(lines, |mut lines| async move {
        lines.next().await.map(|line| (line, lines))
    });
    let newest = query.last.filter(|_| after.is_some() && !query.follow);
    match newest {
        // The journal itself would give the oldest ones after the cursor.
        Some(count) => {
            let count = count.min(HELD);
            futures_util::stream::once(newest_of(all.boxed(), count))
                .flat_map(futures_util::stream::iter)
                .boxed()
        }
        None => all.boxed(),
    }
}

async fn newest_of(mut all: LogStream, count: usize) -> VecDeque<LogLine> {
    let mut held = VecDeque::new();
    while let Some(line) = all.next().await {
        held.push_back(line);
        if held.len() > count {
            held.pop_front();
        }
    }
    held
}

fn argv(query: &LogQuery, after: Option<&str>) -> Vec<String> {
    let fixed = [
        "journalctl",
        "--quiet",
        "--unit",
        UNIT,
        "--all",
        "--no-pager",
        "--output=json",
    ];
    let mut argv: Vec<String> = fixed.map(str::to_owned).to_vec();
    argv.push(format!("--output-fields={FIELDS}"));
    match after {
        Some(cursor) => argv.push(format!("--after-cursor={cursor}")),
        None => argv.push(format!("--lines={}", query.last.unwrap_or(DEFAULT_LAST))),
    }
    if let Some(since) = query.since {
        let micros = since.timestamp_subsec_micros();
        argv.push(format!("--since=@{}.{micros:06}", since.timestamp()));
    }
    if query.follow {
        argv.push("--follow".into());
    }
    argv
}

/// A place in a journal. A text that is none says nothing, as one of a journal that was replaced.
fn is_cursor(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'=' || byte == b';';
    text.starts_with("s=") && text.len() <= 300 && text.bytes().all(legal)
}

/// Ends a task when nobody wants what it does.
struct Aborted(JoinHandle<()>);

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Lines<R> {
    entries: BufReader<R>,
    reader: Reader,
    _running: Aborted,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    async fn next(&mut self) -> Option<LogLine> {
        loop {
            let entry = bounded_line(&mut self.entries).await?;
            if let Some(line) = self.reader.line(&entry) {
                return Some(line);
            }
        }
    }
}

/// The next line, cut at the bound; none at the end.
async fn bounded_line<R: AsyncRead + Unpin>(from: &mut BufReader<R>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let most = journal::MOST as u64;
    (&mut *from)
        .take(most)
        .read_until(b'\n', &mut line)
        .await
        .ok()?;
    let mut cut = line.len() as u64 == most && line.last() != Some(&b'\n');
    while cut {
        let mut rest = Vec::new();
        (&mut *from)
            .take(most)
            .read_until(b'\n', &mut rest)
            .await
            .ok()?;
        cut = rest.len() as u64 == most && rest.last() != Some(&b'\n');
    }
    (!line.is_empty()).then_some(line)
}
