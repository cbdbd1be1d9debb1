//! The socket file and its lock: one gateway per control socket.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use crate::error::GatewayError;
use crate::unix_path::ShortPath;

/// The lock on a control socket; held as long as this lives, and given up by the kernel when the process dies.
pub struct ControlSocket {
    path: PathBuf,
    _lock: File,
}

impl ControlSocket {
    /// Takes the lock of the control socket at `path`.
    pub fn claim(path: &Path) -> Result<Self, GatewayError> {
        let failed = |source: io::Error| GatewayError::Control {
            path: path.to_owned(),
            source,
        };
        let folder = path
            .parent()
            .ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        make_private(folder).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(with_ending(path, "lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(GatewayError::AlreadyRunning(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Binds the socket. It gets its name only once its mode is right, and replaces one that a dead gateway left.
    pub fn bind(&self) -> Result<UnixListener, GatewayError> {
        let fresh = with_ending(&self.path, "new");
        let bind = || -> io::Result<UnixListener> {
            match fs::remove_file(&fresh) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let listener = UnixListener::bind(ShortPath::of(&fresh)?.as_path())?;
            fs::set_permissions(&fresh, Permissions::from_mode(0o600))?;
            fs::rename(&fresh, &self.path)?;
            Ok(listener)
        };
        bind().map_err(|source| GatewayError::Control {
            path: self.path.clone(),
            source,
        })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Left behind it does no harm: the next gateway replaces it, and a client finds nobody there.
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes the folder for us alone; one that is there already must not let others put files into it.
fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o022 != 0 {
        let why = format!(
            "the folder {} can be written by others; `chmod 700` it",
            folder.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
