//! The log of a guest's app: written by the shim, read by the driver.
//!
//! A log is a folder of segments `<generation>.log`; the highest generation is being written, the four newest are kept.
//! A line on disk is `<RFC 3339 time, microseconds> <text>\n`.
//!
//! ```text
//! LogWriter::open(dir: &Path) -> io::Result<LogWriter>
//! LogWriter::write(&mut self, at: DateTime<Utc>, lines: &[String])      never fails; drops and counts on a full disk
//! LogWriter::dropped(&self) -> u64
//! LineCleaner::default(); .push(&mut self, bytes: &[u8], emit: &mut dyn FnMut(String)); .end(&mut self, emit)
//! LogSink::open(dir: &Path) -> io::Result<LogSink>                      one cleaner in front of one writer
//! LogSink::feed(&mut self, at: DateTime<Utc>, bytes: &[u8]); .note(at, text); .end(at)
//! read(dir: PathBuf, query: &LogQuery, clock: Arc<dyn Clock>, gone: Gone) -> LogStream     Gone = Arc<dyn Fn() -> bool + Send + Sync>
//! ```

mod cleaner;
mod place;
mod segment;
mod sink;
mod stream;
mod writer;

pub use cleaner::{LineCleaner, MAX_LINE};
pub use sink::LogSink;
pub use stream::{Gone, read};
pub use writer::{LogLimits, LogWriter};
