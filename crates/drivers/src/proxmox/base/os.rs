//! Operating systems that bases are made from, and the runtimes that each of them packs.

use std::fmt;
use std::str::FromStr;

use domain::plan::Runtime;
use domain::version::Release;

/// A release of Debian or Ubuntu. The order is that of their ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Os {
    family: Family,
    /// `12` and 0, or `24` and 4.
    version: (u16, u16),
}

/// Whose release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Family {
    Debian,
    Ubuntu,
}

/// What a release packs, at the patch known when this was written: a base tells what it really got.
const PACKED: [(&str, Release, Release); 9] = [
    ("debian11", Release(3, 9, 2), Release(12, 22, 12)),
    ("debian12", Release(3, 11, 2), Release(18, 20, 4)),
    ("debian13", Release(3, 13, 5), Release(20, 19, 2)),
    ("ubuntu20.04", Release(3, 8, 10), Release(10, 19, 0)),
    ("ubuntu22.04", Release(3, 10, 12), Release(12, 22, 9)),
    ("ubuntu24.04", Release(3, 12, 3), Release(18, 19, 1)),
    ("ubuntu24.10", Release(3, 12, 7), Release(20, 16, 0)),
    ("ubuntu25.04", Release(3, 13, 3), Release(20, 18, 1)),
    ("ubuntu25.10", Release(3, 13, 7), Release(20, 19, 4)),
];

/// Names of Ubuntu's and Debian's releases in the files of cloud images.
const CODENAMES: [(&str, &str); 9] = [
    ("bullseye", "debian11"),
    ("bookworm", "debian12"),
    ("trixie", "debian13"),
    ("focal", "ubuntu20.04"),
    ("jammy", "ubuntu22.04"),
    ("noble", "ubuntu24.04"),
    ("oracular", "ubuntu24.10"),
    ("plucky", "ubuntu25.04"),
    ("questing", "ubuntu25.10"),
];

/// Whether a template or an image is one that bases can be made from, by its file's name.
pub fn is_known_template(file: &str) -> bool {
    Os::of_file(file).is_some()
}

impl Os {
    /// The system in a template or an image, by its file's name: `debian-12-standard_12.12-1_amd64.tar.zst`,
    /// `ubuntu-24.04-server-cloudimg-amd64.qcow2`, `noble-server-cloudimg-amd64.qcow2`. Only plain systems for amd64.
    pub fn of_file(file: &str) -> Option<Self> {
        let file = file.to_ascii_lowercase();
        let unfit = ["arm64", "aarch64", "armhf", "i386", "riscv", "turnkey"];
        if unfit.iter().any(|name| file.contains(name)) {
            return None;
        }
        for family in ["debian", "ubuntu"] {
            if let Some(rest) = file.strip_prefix(family) {
                let rest = rest.trim_start_matches(['-', '_']);
                let end = rest.find(['-', '_']).unwrap_or(rest.len());
                if let Ok(os) = format!("{family}{}", &rest[..end]).parse() {
                    return Some(os);
                }
            }
        }
        CODENAMES
            .iter()
            .find(|(code, _)| file.split(['-', '_', '.']).any(|word| word == *code))
            .and_then(|(_, os)| os.parse().ok())
    }

    /// The version of a runtime that it packs; none when this release is newer than this list.
    pub fn packs(self, runtime: Runtime) -> Option<Release> {
        let name = self.to_string();
        let (_, python, node) = PACKED.iter().find(|(os, ..)| *os == name)?;
        match runtime {
            Runtime::Python => Some(*python),
            Runtime::Node => Some(*node),
            Runtime::Static | Runtime::Shell => None,
        }
    }

    /// Every system in the list, the newest first.
    pub fn known() -> Vec<Self> {
        let mut all: Vec<Self> = PACKED
            .iter()
            .filter_map(|(name, ..)| name.parse().ok())
            .collect();
        all.sort_by_key(|os| std::cmp::Reverse(os.age()));
        all
    }

    /// The month of the release since the year 0; Debian's by its habit.
    pub fn age(self) -> u32 {
        let (first, second) = (u32::from(self.version.0), u32::from(self.version.1));
        match self.family {
            Family::Debian => (1999 + 2 * first) * 12 + 6,
            Family::Ubuntu => (2000 + first) * 12 + second,
        }
    }

    /// For people: `Debian 12`.
    pub fn title(self) -> String {
        let (family, version) = match self.family {
            Family::Debian => ("Debian", self.version.0.to_string()),
            Family::Ubuntu => (
                "Ubuntu",
                format!("{}.{:02}", self.version.0, self.version.1),
            ),
        };
        format!("{family} {version}")
    }

    /// The beginning of its container template's name in the catalogue: `debian-12-standard`.
    pub fn template(self) -> String {
        match self.family {
            Family::Debian => format!("debian-{}-standard", self.version.0),
            Family::Ubuntu => {
                format!("ubuntu-{}.{:02}-standard", self.version.0, self.version.1)
            }
        }
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.family {
            Family::Debian => write!(f, "debian{}", self.version.0),
            Family::Ubuntu => write!(f, "ubuntu{}.{:02}", self.version.0, self.version.1),
        }
    }
}

impl FromStr for Os {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (family, version) = match text.strip_prefix("debian") {
            Some(rest) => (Family::Debian, rest),
            None => (Family::Ubuntu, text.strip_prefix("ubuntu").ok_or(())?),
        };
        let mut parts = version.split('.').map(str::parse::<u16>);
        let first = parts.next().ok_or(())?.map_err(drop)?;
        let second = parts.next().transpose().map_err(drop)?;
        let version = match (family, second) {
            (Family::Debian, _) => (first, 0),
            (Family::Ubuntu, Some(second)) => (first, second),
            (Family::Ubuntu, None) => return Err(()),
        };
        if parts.next().is_some() || !(8..100).contains(&first) {
            return Err(());
        }
        Ok(Self { family, version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("debian-12-standard_12.12-1_amd64.tar.zst", Some("debian12"))]
    #[case("ubuntu-24.04-standard_24.04-2_amd64.tar.zst", Some("ubuntu24.04"))]
    #[case("debian-12-genericcloud-amd64.qcow2", Some("debian12"))]
    #[case("noble-server-cloudimg-amd64.qcow2", Some("ubuntu24.04"))]
    #[case("debian-12-standard_12.12-1_arm64.tar.zst", None)]
    #[case("debian-12-turnkey-nextcloud_18.1-1_amd64.tar.gz", None)]
    #[case("alpine-3.20-default_20240908_amd64.tar.xz", None)]
    #[case("debian-x-standard.tar.zst", None)]
    #[case("ubuntu", None)]
    fn a_file_tells_its_system(#[case] file: &str, #[case] os: Option<&str>) {
        assert_eq!(Os::of_file(file).map(|os| os.to_string()).as_deref(), os);
    }

    #[test]
    fn the_newest_comes_first() {
        let known: Vec<String> = Os::known().iter().map(Os::to_string).collect();
        assert_eq!(known.len(), PACKED.len());
        assert_eq!(known[..3], ["ubuntu25.10", "debian13", "ubuntu25.04"]);
    }

    #[test]
    fn names_are_read_back() {
        for os in Os::known() {
            assert_eq!(os.to_string().parse(), Ok(os));
            assert_eq!(
                Os::of_file(&format!("{}_1_amd64.tar.zst", os.template())),
                Some(os)
            );
            assert!(os.packs(Runtime::Python).is_some() && os.packs(Runtime::Shell).is_none());
        }
        for bad in ["debian", "ubuntu24", "debian12.1.2", "fedora41", "debian1"] {
            assert!(bad.parse::<Os>().is_err(), "{bad}");
        }
    }
}
