//! Waiting for descriptors.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Watches a descriptor of its own until it can be read, of something that may be used meanwhile.
pub fn readable(fd: &impl AsFd) -> io::Result<AsyncFd<OwnedFd>> {
    let own = fd.as_fd().try_clone_to_owned()?;
    // SAFETY: the watch owns its descriptor, which nothing replaces or closes before the watch is dropped.
    let watch = unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) };
    Ok(watch?)
}
