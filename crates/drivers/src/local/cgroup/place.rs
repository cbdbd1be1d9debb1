//! Where this process may make control groups: found from what is mounted and by making one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::v2;

/// The version of the control groups in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// One hierarchy per controller.
    V1,
    /// One hierarchy for all.
    V2,
}

/// Where groups of guests are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The version.
    pub version: Version,
    /// Per controller, the folder in which a guest's group is made (one and the same for all in version 2).
    pub bases: BTreeMap<String, PathBuf>,
}

/// The controllers that are used; the first two are what tier L1 promises.
pub const CONTROLLERS: [&str; 4] = ["memory", "pids", "cpu", "freezer"];

impl Placement {
    /// True when memory and processes can be limited.
    pub fn is_enough(&self) -> bool {
        self.has("memory") && self.has("pids")
    }

    /// True when this controller can be used.
    pub fn has(&self, controller: &str) -> bool {
        self.bases.contains_key(controller)
    }

    /// Every base once.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = self.bases.values().cloned().collect();
        folders.sort();
        folders.dedup();
        folders
    }
}

/// One mounted hierarchy.
struct Mounted {
    at: PathBuf,
    root: String,
    /// Version 1: its controllers; version 2: none.
    controllers: Option<Vec<String>>,
}

/// Finds where groups named `ours` can be made; none where they cannot. Reads the two files of this process and then
/// really makes the groups.
pub fn find(ours: &str) -> Option<Placement> {
    let mounts = mounted(&fs::read_to_string("/proc/self/mountinfo").ok()?);
    let own = own_paths(&fs::read_to_string("/proc/self/cgroup").ok()?);
    let first = first_version(&mounts, &own, ours);
    let found = if first.is_enough() {
        Some(first)
    } else {
        second_version(&mounts, &own, ours).filter(Placement::is_enough)
    };
    for base in found.iter().flat_map(Placement::folders) {
        // Made again with the first guest; fails while there is one.
        let _ = fs::remove_dir(base);
    }
    found
}

fn first_version(mounts: &[Mounted], own: &BTreeMap<String, String>, ours: &str) -> Placement {
    let mut bases = BTreeMap::new();
    for controller in CONTROLLERS {
        let base = hierarchy(mounts, controller)
            .and_then(|mount| Some(within(mount, own.get(controller)?)?.join(ours)));
        if let Some(base) = base.filter(|base| fs::create_dir_all(base).is_ok() && can_make(base)) {
            bases.insert(controller.to_owned(), base);
        }
    }
    Placement {
        version: Version::V1,
        bases,
    }
}

fn second_version(
    mounts: &[Mounted],
    own: &BTreeMap<String, String>,
    ours: &str,
) -> Option<Placement> {
    let mount = mounts.iter().find(|mount| mount.controllers.is_none())?;
    let own = within(mount, own.get("")?)?;
    let base = v2::delegated_base(&mount.at, &own)?.join(ours);
    let enabled = v2::prepare(&base)?;
    can_make(&base).then(|| Placement {
        version: Version::V2,
        bases: enabled
            .into_iter()
            .map(|name| (name, base.clone()))
            .collect(),
    })
}

fn hierarchy<'a>(mounts: &'a [Mounted], controller: &str) -> Option<&'a Mounted> {
    mounts.iter().find(|mount| {
        let controllers = mount.controllers.as_ref();
        controllers.is_some_and(|all| all.iter().any(|one| one == controller))
    })
}

/// Where a group path of this process lies in a mount: in a container, the mount's root is not the hierarchy's.
fn within(mount: &Mounted, path: &str) -> Option<PathBuf> {
    let rest = if mount.root == "/" {
        path
    } else {
        path.strip_prefix(mount.root.as_str()).unwrap_or("")
    };
    let found = mount.at.join(rest.trim_start_matches('/'));
    found.is_dir().then_some(found)
}

fn can_make(base: &Path) -> bool {
    let probe = base.join(format!("probe-{}", std::process::id()));
    fs::create_dir(&probe).is_ok() && fs::remove_dir(&probe).is_ok()
}

fn mounted(mountinfo: &str) -> Vec<Mounted> {
    mountinfo.lines().filter_map(one_mount).collect()
}

fn one_mount(line: &str) -> Option<Mounted> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let (root, at) = (left.next()?.to_owned(), PathBuf::from(left.next()?));
    let mut right = right.split(' ');
    let controllers = match right.next()? {
        "cgroup2" => None,
        "cgroup" => Some(right.nth(1)?.split(',').map(str::to_owned).collect()),
        _ => return None,
    };
    Some(Mounted {
        at,
        root,
        controllers,
    })
}

/// Group path by controller; version 2 has the empty name.
fn own_paths(text: &str) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        if let (Some(names), Some(path)) = (parts.next(), parts.next()) {
            for name in names.split(',') {
                paths.insert(name.to_owned(), path.to_owned());
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_read_from_mountinfo() {
        let text = "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
                    31 25 0:27 /docker/x /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
                    32 25 0:28 / /proc rw - proc proc rw";
        let mounts = mounted(text);
        assert_eq!(mounts.len(), 2);
        assert_eq!(
            hierarchy(&mounts, "cpu").unwrap().at,
            Path::new("/sys/fs/cgroup/cpu,cpuacct")
        );
        assert!(mounts[1].controllers.is_none());
        assert_eq!(mounts[1].root, "/docker/x");
    }

    #[test]
    fn own_groups_are_read_by_controller() {
        let own = own_paths("4:memory:/a/b:c\n1:cpu,cpuacct:/x\n0::/user.slice\n");
        assert_eq!(own["memory"], "/a/b:c");
        assert_eq!(own["cpuacct"], "/x");
        assert_eq!(own[""], "/user.slice");
    }
}
