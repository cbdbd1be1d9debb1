//! Runs one child to its end, or ends it.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

/// So often deadline and size are looked at while nothing happens.
const TICK_MILLIS: u16 = 100;
/// So often the size of the work folder is measured.
const MEASURE: Duration = Duration::from_millis(300);
/// The newest part of the error output that is kept.
const STDERR_BYTES: usize = 16 * 1024;
/// A stray process can hold the output open after git's end; it is given this long.
const STRAY: Duration = Duration::from_millis(500);

/// Tells a fetch to end: it does once the other end of the pipe is dropped.
pub(crate) struct Cancel(PipeReader);

impl Cancel {
    /// The end that is dropped, and the one that sees it.
    pub fn new() -> io::Result<(PipeWriter, Self)> {
        let (reader, writer) = io::pipe()?;
        Ok((writer, Self(reader)))
    }

    pub fn is_asked(&self) -> bool {
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }
}

/// How long and how much.
pub(crate) struct Bounds<'a> {
    pub until: Instant,
    pub cancel: &'a Cancel,
    /// The folder that the child writes in, and how many bytes it may have.
    pub folder: (&'a Path, u64),
}

/// A child that ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; 128 and the signal when one ended it.
    pub code: i32,
    /// The end of what it wrote to standard error.
    pub stderr: String,
}

/// Why a child was ended, or could not be run.
#[derive(Debug)]
pub(crate) enum Stop {
    TimedOut,
    Cancelled,
    TooLarge,
    /// The reader of its output had enough.
    Enough,
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<nix::Error> for Stop {
    fn from(error: nix::Error) -> Self {
        Self::Io(error.into())
    }
}

/// The child and its session; ended when dropped.
struct Held {
    child: Child,
    over: bool,
}

impl Held {
    fn session(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// The exit code once it is over. The child is not reaped before its session is ended: until then nobody else can
    /// get its number.
    fn ended(&mut self) -> Result<Option<i32>, Stop> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        match waitid(Id::Pid(self.session()), flags)? {
            WaitStatus::Exited(_, code) => Ok(Some(code)),
            WaitStatus::Signaled(_, signal, _) => Ok(Some(128 + signal as i32)),
            _ => Ok(None),
        }
    }

    fn end(&mut self) {
        if !self.over {
            self.over = true;
            let _ = killpg(self.session(), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a command that [`super::hold`] holds. `take` gets standard output as it comes.
pub(crate) fn run(
    mut command: Command,
    bounds: &Bounds<'_>,
    take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<Ended, Stop> {
    if bounds.cancel.is_asked() {
        return Err(Stop::Cancelled);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut held = Held {
        child: command.spawn()?,
        over: false,
    };
    let (Some(stdout), Some(stderr)) = (held.child.stdout.take(), held.child.stderr.take()) else {
        return Err(io::Error::other("the child has no output").into());
    };
    let mut output = Output {
        stdout: Some(stdout),
        stderr: Some(stderr),
        tail: Vec::new(),
    };
    let code = follow(&mut held, &mut output, bounds, take)?;
    held.end();
    Ok(Ended {
        code,
        stderr: output.text(),
    })
}

fn follow(
    held: &mut Held,
    output: &mut Output,
    bounds: &Bounds<'_>,
    take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<i32, Stop> {
    let mut measure_at = Instant::now() + MEASURE;
    let mut ended: Option<(i32, Instant)> = None;
    loop {
        output.wait(bounds.cancel, take)?;
        let now = Instant::now();
        if ended.is_none() {
            ended = held.ended()?.map(|code| (code, now));
        }
        if let Some((code, since)) = ended
            && (output.is_over() || now >= since + STRAY)
        {
            return Ok(code);
        }
        if bounds.cancel.is_asked() {
            return Err(Stop::Cancelled);
        }
        if now >= bounds.until {
            return Err(Stop::TimedOut);
        }
        if now >= measure_at {
            let (folder, limit) = bounds.folder;
            if crate::work::size_of(folder, limit) > limit {
                return Err(Stop::TooLarge);
            }
            // Measuring a large folder takes a while; most of the time belongs to git.
            measure_at = Instant::now() + MEASURE.max(now.elapsed() * 10);
        }
    }
}

struct Output {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    tail: Vec<u8>,
}

impl Output {
    fn is_over(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    /// Waits for the next piece of either output, a cancel, or the tick.
    fn wait(
        &mut self,
        cancel: &Cancel,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        let mut fds = vec![PollFd::new(cancel.0.as_fd(), PollFlags::POLLIN)];
        fds.extend(
            self.stdout
                .as_ref()
                .map(|out| PollFd::new(out.as_fd(), PollFlags::POLLIN)),
        );
        fds.extend(
            self.stderr
                .as_ref()
                .map(|err| PollFd::new(err.as_fd(), PollFlags::POLLIN)),
        );
        // Nothing to read any more: the end of the child itself comes within a moment.
        let tick = if self.is_over() { 2 } else { TICK_MILLIS };
        match poll(&mut fds, tick) {
            Err(nix::Error::EINTR) | Ok(0) => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let ready: Vec<bool> = fds[1..].iter().map(|fd| fd.any().unwrap_or(true)).collect();
        drop(fds);
        let mut ready = ready.into_iter();
        let (out, err) = (
            self.stdout.is_some() && ready.next().unwrap_or(false),
            self.stderr.is_some() && ready.next().unwrap_or(false),
        );
        let mut piece = [0; 16 * 1024];
        if out && read(&mut self.stdout, &mut piece, |piece| take(piece))?.is_break() {
            return Err(Stop::Enough);
        }
        if err {
            let tail = &mut self.tail;
            let _ = read(&mut self.stderr, &mut piece, |piece| {
                tail.extend_from_slice(piece);
                let surplus = tail.len().saturating_sub(STDERR_BYTES);
                tail.drain(..surplus);
                ControlFlow::Continue(())
            })?;
        }
        Ok(())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.tail).into_owned()
    }
}

/// Reads one piece; at the end the stream is closed.
fn read(
    stream: &mut Option<impl Read>,
    piece: &mut [u8],
    take: impl FnOnce(&[u8]) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let read = match stream.as_mut().map_or(Ok(0), |stream| stream.read(piece)) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            return Ok(ControlFlow::Continue(()));
        }
        other => other?,
    };
    if read == 0 {
        *stream = None;
        return Ok(ControlFlow::Continue(()));
    }
    Ok(take(&piece[..read]))
}
