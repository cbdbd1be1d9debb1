//! One shim per guest: two would write over one another's files.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::super::layout::GuestDir;
use super::super::trouble::{On, Trouble};

/// A predecessor that was just killed lets go of it within this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes the lock of a guest. The kernel lets go of it with the shim, however that ends.
pub fn take(dir: &GuestDir) -> Result<Flock<File>, Trouble> {
    let what = "take the guest's lock";
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(dir.lock())
        .on(what)?;
    let until = Instant::now() + PATIENCE;
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(lock),
            Err((again, Errno::EWOULDBLOCK)) if Instant::now() < until => file = again,
            Err((_, Errno::EWOULDBLOCK)) => {
                return Err(Trouble::new(what, crate::text::guest::IN_USE));
            }
            Err((_, error)) => return Err(error).on(what),
        }
        // The kernel has no bounded wait for this lock; 5 ms of nothing instead of a spin.
        let _ = nix::poll::poll(&mut [], 5u8);
    }
}
