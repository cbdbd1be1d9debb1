//! File systems on which a write-ahead log is not safe: its shared memory does not reach the other machine.

use std::path::Path;

use nix::sys::statfs::statfs;

/// The numbers of the kernel (`linux/magic.h` and the file systems' own sources). FUSE is any file system of a program:
/// sshfs and the like; a local one among them loses a little speed.
const NETWORK: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x00C3_6400, "Ceph"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0116_1970, "GFS2"),
    (0x7461_636F, "OCFS2"),
    (0x0BD0_0BD0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0x564C, "NCP"),
    (0x786F_4256, "VirtualBox shared folder"),
    (0xBACB_ACBC, "VMware shared folder"),
];

/// The kind of network file system that a file (or its folder, when it is not there yet) is on. None: a local one.
pub(crate) fn network_filesystem(path: &Path) -> Option<&'static str> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let found = statfs(path).or_else(|_| statfs(folder.unwrap_or(Path::new("."))));
    kind_of(found.ok()?.filesystem_type().0 as u64)
}

/// The kernel's number has 32 bits; a signed type of the platform may have filled up the rest with ones.
fn kind_of(number: u64) -> Option<&'static str> {
    let found = NETWORK
        .iter()
        .find(|(magic, _)| *magic == number & 0xFFFF_FFFF);
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        assert_eq!(kind_of(0x6969), Some("NFS"));
        assert_eq!(kind_of(0xFF53_4D42), Some("CIFS"));
        assert_eq!(kind_of(0xFFFF_FFFF_FE53_4D42), Some("SMB2"));
        assert_eq!(kind_of(0x6573_5546), Some("FUSE"));
        // ext4, XFS, Btrfs, tmpfs, overlayfs, ZFS
        for local in [
            0xEF53,
            0x5846_5342,
            0x9123_683E,
            0x0102_1994,
            0x794C_7630,
            0x2FC1_2FC1,
        ] {
            assert_eq!(kind_of(local), None, "{local:x}");
        }
    }

    #[test]
    fn a_folder_of_this_machine_is_asked_for_a_file_that_is_not_there_yet() {
        assert_eq!(
            network_filesystem(Path::new("/proc/not-there-yet.db")),
            None
        );
        assert_eq!(network_filesystem(Path::new("not-there-yet.db")), None);
    }
}
