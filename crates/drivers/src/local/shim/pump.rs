//! The app's output on its way into its log.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use nix::fcntl::OFlag;

use super::super::logs::LogSink;
use super::super::watch;
use super::clock::now;

/// Output read at once; more waits in the pipe.
const CHUNK: usize = 16 * 1024;

/// Carries the app's output into its log until the last writer is gone.
pub async fn pump(output: OwnedFd, log: Rc<RefCell<LogSink>>) {
    let flags = nix::fcntl::FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
    let (Ok(_), Ok(pipe)) = (nix::fcntl::fcntl(&output, flags), watch::readable(&output)) else {
        return;
    };
    drop(output);
    let mut chunk = vec![0u8; CHUNK];
    loop {
        let Ok(mut ready) = pipe.readable().await else {
            return;
        };
        match ready.try_io(|pipe| Ok(nix::unistd::read(pipe.get_ref(), &mut chunk)?)) {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(length)) => log.borrow_mut().feed(now(), &chunk[..length]),
            Err(_) => {}
        }
        // A flood must not keep the other tasks of this thread waiting.
        tokio::task::yield_now().await;
    }
    log.borrow_mut().end(now());
}
