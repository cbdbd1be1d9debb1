//! Reading a log as a stream, and following it.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::{Clock, LogLine, LogQuery, LogStream};
use futures_util::StreamExt;

use super::place::{self, Place};

/// Answers whether the guest is gone, so that following ends. Must not block.
pub type Gone = Arc<dyn Fn() -> bool + Send + Sync>;

/// Newest lines given when the query names no number.
const DEFAULT_LAST: usize = 1000;

/// How often a followed log is looked at. Watches of the kernel are few per user and would run out with many readers.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The lines of the log in `dir` that `query` asks for, oldest first. A log that is not there, or not yet, has no lines.
/// Following ends once `gone` says so and the last line is given. Dropping the stream ends everything.
pub fn read(dir: PathBuf, query: &LogQuery, clock: Arc<dyn Clock>, gone: Gone) -> LogStream {
    let reader = Reader {
        dir,
        query: query.clone(),
        clock,
        gone,
        position: None,
        ready: VecDeque::new(),
    };
    futures_util::stream::unfold(reader, |mut reader| async move {
        reader.next().await.map(|line| (line, reader))
    })
    .boxed()
}

struct Reader {
    dir: PathBuf,
    query: LogQuery,
    clock: Arc<dyn Clock>,
    gone: Gone,
    position: Option<Position>,
    ready: VecDeque<LogLine>,
}

#[derive(Clone, Copy)]
struct Position {
    place: Place,
    /// Where a read that does not follow ends: a chatty app must not make it endless.
    until: Option<Place>,
}

impl Reader {
    async fn next(&mut self) -> Option<LogLine> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(line);
            }
            // Asked before reading: whatever was written before the guest went is still given.
            let last_look = !self.query.follow || (self.gone)();
            let found = self.look().await?;
            if found == 0 {
                if last_look {
                    return None;
                }
                self.clock.sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Reads the next lines, gives how many there were before `since` was applied; none ends the stream.
    async fn look(&mut self) -> Option<usize> {
        let (dir, query, position) = (self.dir.clone(), self.query.clone(), self.position);
        let work = tokio::task::spawn_blocking(move || look(&dir, &query, position));
        match work.await {
            Ok(Ok((position, lines))) => {
                let found = lines.len();
                self.position = Some(position);
                let since: Option<DateTime<Utc>> = self.query.since;
                self.ready.extend(
                    lines
                        .into_iter()
                        .filter(|line| since.is_none_or(|since| line.at >= since)),
                );
                Some(found)
            }
            Ok(Err(error)) => {
                tracing::warn!(dir = %self.dir.display(), %error, "a log cannot be read");
                None
            }
            Err(_cancelled) => None,
        }
    }
}

fn look(
    dir: &std::path::Path,
    query: &LogQuery,
    position: Option<Position>,
) -> io::Result<(Position, Vec<LogLine>)> {
    let mut position = match position {
        Some(position) => position,
        None => start(dir, query)?,
    };
    let lines = place::read_on(dir, &mut position.place, position.until)?;
    Ok((position, lines))
}

fn start(dir: &std::path::Path, query: &LogQuery) -> io::Result<Position> {
    let end = Place::end(dir)?;
    // A cursor behind the end belongs to a log that was replaced: it says nothing about this one.
    let after = query
        .after
        .as_deref()
        .and_then(Place::parse)
        .filter(|place| *place <= end);
    let last = query.last.or(after.is_none().then_some(DEFAULT_LAST));
    let newest = match last {
        Some(count) => Place::before_last(dir, count)?,
        None => Place::START,
    };
    let place = after.map_or(newest, |after| after.max(newest));
    Ok(Position {
        place,
        until: (!query.follow).then_some(end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::logs::{LogLimits, LogWriter};
    use domain::ports::SystemClock;
    use proptest::prelude::*;
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn clock() -> Arc<dyn Clock> {
        Arc::new(SystemClock::new(tokio::time::sleep))
    }

    fn time(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    /// A log of `count` lines `0`, `1`, … one second apart.
    fn write(dir: &Path, numbers: std::ops::Range<i64>, segment_bytes: u64) {
        let mut writer = LogWriter::open_with(
            dir,
            LogLimits {
                segment_bytes,
                segments: 1000,
            },
        )
        .unwrap();
        for number in numbers {
            writer.write(time(number), &[number.to_string()]);
        }
    }

    async fn lines(dir: &Path, query: LogQuery) -> Vec<LogLine> {
        read(dir.to_owned(), &query, clock(), Arc::new(|| true))
            .collect()
            .await
    }

    fn numbers(lines: &[LogLine]) -> Vec<i64> {
        lines
            .iter()
            .map(|line| line.text.parse().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_log_that_is_not_there_has_no_lines() {
        let dir = tempfile::tempdir().unwrap();
        assert!(
            lines(&dir.path().join("none"), LogQuery::default())
                .await
                .is_empty()
        );
    }

    #[tokio::test]
    async fn the_last_lines_come_over_segments() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0..3000, 1000);
        for count in [0, 1, 29, 30, 500, 3000, 9000] {
            let query = LogQuery {
                last: Some(count),
                ..LogQuery::default()
            };
            let from = 3000 - (count as i64).min(3000);
            assert_eq!(
                numbers(&lines(dir.path(), query).await),
                (from..3000).collect::<Vec<_>>(),
                "last {count}"
            );
        }
        assert_eq!(
            lines(dir.path(), LogQuery::default()).await.len(),
            DEFAULT_LAST
        );
    }

    #[tokio::test]
    async fn since_and_cursors_choose_lines() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0..100, 1000);
        let since = LogQuery {
            since: Some(time(90)),
            ..LogQuery::default()
        };
        assert_eq!(
            numbers(&lines(dir.path(), since).await),
            (90..100).collect::<Vec<_>>()
        );
        let all = lines(dir.path(), LogQuery::default()).await;
        for line in &all {
            let after = LogQuery {
                after: Some(line.cursor.clone()),
                ..LogQuery::default()
            };
            let number: i64 = line.text.parse().unwrap();
            assert_eq!(
                numbers(&lines(dir.path(), after).await),
                (number + 1..100).collect::<Vec<_>>()
            );
        }
        for cursor in ["", "x", "ffff-0", "1-ffffffff-"] {
            let strange = LogQuery {
                after: Some(cursor.into()),
                ..LogQuery::default()
            };
            assert_eq!(
                lines(dir.path(), strange).await.len(),
                100,
                "cursor {cursor:?}"
            );
        }
    }

    #[tokio::test]
    async fn following_goes_through_rotation_and_ends_when_the_guest_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let gone = Arc::new(AtomicBool::new(false));
        let query = LogQuery {
            follow: true,
            ..LogQuery::default()
        };
        let flag = gone.clone();
        let stream = read(
            dir.path().to_owned(),
            &query,
            clock(),
            Arc::new(move || flag.load(Ordering::SeqCst)),
        );
        let reading = tokio::spawn(stream.collect::<Vec<_>>());
        let path = dir.path().to_owned();
        tokio::task::spawn_blocking(move || {
            for part in 0..20 {
                write(&path, part * 100..(part + 1) * 100, 700);
                std::thread::yield_now();
            }
        })
        .await
        .unwrap();
        gone.store(true, Ordering::SeqCst);
        let lines = tokio::time::timeout(Duration::from_secs(20), reading)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(numbers(&lines), (0..2000).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn half_a_line_is_not_given_before_its_end() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0..1, 1000);
        let path = crate::local::logs::segment::path(dir.path(), 1);
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, b"2027-01-15T08:00:01.000000Z 1").unwrap();
        assert_eq!(numbers(&lines(dir.path(), LogQuery::default()).await), [0]);
        std::io::Write::write_all(&mut file, b"\nnot a line\n").unwrap();
        assert_eq!(
            numbers(&lines(dir.path(), LogQuery::default()).await),
            [0, 1]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_resumed_reading_gives_each_line_once(count in 1i64..200, segment_bytes in 40u64..2000, stop in 0usize..200) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let dir = tempfile::tempdir().unwrap();
                write(dir.path(), 0..count, segment_bytes);
                let mut seen = lines(dir.path(), LogQuery { last: Some(usize::MAX), ..LogQuery::default() }).await;
                seen.truncate(stop.max(1));
                let after = seen.last().map(|line| line.cursor.clone());
                seen.extend(lines(dir.path(), LogQuery { after, ..LogQuery::default() }).await);
                assert_eq!(numbers(&seen), (0..count).collect::<Vec<_>>());
            });
        }
    }
}
