//! The lists of options that stand in one parameter, as `net0` or `rootfs`: built and read by small types.
//!
//! What a type does not know is kept as it was read, so that writing an option back does not lose what a newer version added.

mod disk;
mod ip;
mod list;
mod misc;
mod net;
mod size;
mod sshkey;

pub use disk::{Disk, DiskSource, MountPoint};
pub use ip::{Ip4, Ip6, IpConfig};
pub use list::BadOption;
pub use misc::{Agent, BootOrder, Features, Startup};
pub use net::{LxcNet, Mac, NetModel, QemuNet};
pub use size::{DiskSize, Resize};
pub use sshkey::{SshKey, SshKeys};
