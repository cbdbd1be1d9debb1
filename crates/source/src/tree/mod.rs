//! A folder of this machine as detection reads it.

mod disk;

pub use disk::DiskTree;
