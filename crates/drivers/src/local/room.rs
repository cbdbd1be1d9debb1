//! Room on the disk.

use domain::ports::DriverError;
use nix::sys::statvfs::statvfs;

use super::config::LocalConfig;
use super::trouble::On;
use crate::text::place as text;

/// Refuses when the disk is filled below its floor.
pub fn check(config: &LocalConfig) -> Result<(), DriverError> {
    let stat = statvfs(&config.data_dir).on("ask for the free disk")?;
    let (free, total) = (
        stat.blocks_available() * stat.fragment_size(),
        stat.blocks() * stat.fragment_size(),
    );
    let floor = config.floor.of(total);
    if free >= floor {
        return Ok(());
    }
    Err(DriverError::Capacity {
        what: text::below_floor(free, floor),
        cure: text::make_room(&config.data_dir),
    })
}

/// The floor in bytes; 0 when the disk cannot be asked.
pub fn floor(config: &LocalConfig) -> u64 {
    statvfs(&config.data_dir).map_or(0, |stat| {
        config.floor.of(stat.blocks() * stat.fragment_size())
    })
}

/// The longest name below the data folder that a socket has, with what is put before it while it is made.
const LONGEST_BELOW: usize = "/local/guests/g000000000000/sock.new".len();
/// What the kernel takes, without the last zero.
const LONGEST_SOCKET: usize = 107;

/// Refuses a data folder in which no socket could be made.
pub fn check_path(config: &LocalConfig) -> Result<(), DriverError> {
    let length = config.data_dir.as_os_str().len() + LONGEST_BELOW;
    if length <= LONGEST_SOCKET && config.data_dir.is_absolute() {
        return Ok(());
    }
    let what = text::long_data_dir(&config.data_dir);
    Err(DriverError::other(
        what,
        "the path of a unix socket is limited to 107 bytes",
    ))
}
