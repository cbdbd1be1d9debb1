//! The list of what a commit holds, read and judged before anything of it is written.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use domain::ports::SourceError;

use crate::config::Caps;
use crate::text;

/// The longest path that is written, and the longest part of one.
const PATH_BYTES: usize = 3072;
const PART_BYTES: usize = 255;
/// A record longer than this is no record.
const RECORD_BYTES: usize = 64 * 1024;
/// An LFS pointer has at least the version line, and by its specification less than this.
const POINTER_BYTES: std::ops::Range<u64> = 100..1024;
/// Examples named in a message.
const NAMED: usize = 3;

/// Takes the output of `git ls-tree -r -z -l` piece by piece.
pub(crate) struct Listing {
    caps: Caps,
    rest: Vec<u8>,
    files: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Links, relative.
    pub links: Vec<PathBuf>,
    /// Small files that could be LFS pointers.
    pub small: Vec<PathBuf>,
    /// Submodules, at most three.
    pub submodules: Vec<String>,
    /// There is a `.gitmodules` file at the top.
    pub gitmodules: bool,
}

impl Listing {
    pub fn new(caps: Caps) -> Self {
        Self {
            caps,
            rest: Vec::new(),
            files: 0,
            bytes: 0,
            links: Vec::new(),
            small: Vec::new(),
            submodules: Vec::new(),
            gitmodules: false,
        }
    }

    /// Takes the next piece; an error ends the reading.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), SourceError> {
        self.rest.extend_from_slice(piece);
        let Some(end) = self.rest.iter().rposition(|&b| b == 0) else {
            return if self.rest.len() > RECORD_BYTES {
                Err(text::bad_path("..."))
            } else {
                Ok(())
            };
        };
        let after = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, after);
        whole[..end]
            .split(|&b| b == 0)
            .try_for_each(|record| self.record(record))
    }

    /// `MODE TYPE HASH SIZE<TAB>PATH`
    fn record(&mut self, record: &[u8]) -> Result<(), SourceError> {
        let tab = record
            .iter()
            .position(|&b| b == b'\t')
            .unwrap_or(record.len());
        let (head, path) = (
            String::from_utf8_lossy(&record[..tab]),
            record.get(tab + 1..).unwrap_or_default(),
        );
        let fields: Vec<&str> = head.split_ascii_whitespace().collect();
        let shown = shown(path);
        let path = checked(path).ok_or_else(|| text::bad_path(&shown))?;
        self.files += 1;
        if self.files > self.caps.files {
            return Err(text::too_many_files(self.caps.files));
        }
        match fields[..] {
            ["160000", "commit", _, _] => {
                if self.submodules.len() < NAMED {
                    self.submodules.push(shown);
                }
                Ok(())
            }
            ["120000", "blob", _, size] => {
                self.links.push(path.to_path_buf());
                self.sized(&shown, size).map(drop)
            }
            [_, "blob", _, size] => {
                self.gitmodules |= shown == ".gitmodules";
                if POINTER_BYTES.contains(&self.sized(&shown, size)?) {
                    self.small.push(path.to_path_buf());
                }
                Ok(())
            }
            _ => Err(text::bad_path(&shown)),
        }
    }

    fn sized(&mut self, shown: &str, size: &str) -> Result<u64, SourceError> {
        let size: u64 = size.parse().map_err(|_| text::bad_path(shown))?;
        self.bytes = self.bytes.saturating_add(size);
        if size > self.caps.file_bytes {
            Err(text::file_too_large(Some(shown), self.caps.file_bytes))
        } else if self.bytes > self.caps.bytes {
            Err(text::tree_too_large(self.caps.bytes))
        } else {
            Ok(size)
        }
    }
}

/// A path for a message: control characters escaped, cut.
pub(crate) fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    text.chars()
        .take(120)
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect()
            } else {
                vec![c]
            }
        })
        .collect()
}

/// A path that stays below its folder and out of any `.git`.
fn checked(path: &[u8]) -> Option<&Path> {
    let good = |part: &[u8]| {
        let dot_git = part.eq_ignore_ascii_case(b".git") || part.eq_ignore_ascii_case(b"git~1");
        !(part.is_empty() || part == b"." || part == b".." || dot_git || part.len() > PART_BYTES)
    };
    let whole = path.len() <= PATH_BYTES && path.split(|&b| b == b'/').all(good);
    whole.then(|| Path::new(OsStr::from_bytes(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const CAPS: Caps = Caps {
        bytes: 1000,
        files: 3,
        file_bytes: 600,
    };
    const HASH: &str = "0123456789012345678901234567890123456789";

    fn read(records: &[(&str, &str, &str)]) -> Result<Listing, SourceError> {
        let text: String = records
            .iter()
            .map(|(kind, size, path)| format!("{kind} {HASH} {size:>7}\t{path}\0"))
            .collect();
        let mut listing = Listing::new(CAPS);
        for piece in text.as_bytes().chunks(7) {
            listing.take(piece)?;
        }
        Ok(listing)
    }

    #[test]
    fn files_links_and_submodules_are_told_apart_in_any_pieces() {
        let listing = read(&[
            ("100644 blob", "130", "a \"b\"\nc"),
            ("120000 blob", "5", "link"),
            ("160000 commit", "-", "lib/sub"),
        ]);
        let listing = listing.unwrap();
        assert_eq!(listing.bytes, 135);
        assert_eq!(listing.links, [Path::new("link")]);
        assert_eq!(listing.small, [Path::new("a \"b\"\nc")]);
        assert_eq!(listing.submodules, ["lib/sub"]);
    }

    #[rstest]
    #[case(&[("100644 blob", "601", "big")], "`big`")]
    #[case(&[("100644 blob", "600", "a"), ("100644 blob", "500", "b")], "together")]
    #[case(&[("100644 blob", "1", "a"), ("100644 blob", "1", "b"), ("100644 blob", "1", "c"), ("100644 blob", "1", "d")], "3 files")]
    fn bounds_hold(#[case] records: &[(&str, &str, &str)], #[case] says: &str) {
        let Err(SourceError::TooLarge(what)) = read(records) else {
            panic!("taken")
        };
        assert!(what.contains(says), "{what}");
    }

    #[rstest]
    #[case("../x")]
    #[case("/x")]
    #[case("a//b")]
    #[case("a/./b")]
    #[case(".GIT/config")]
    #[case("sub/.git/hooks/x")]
    #[case("GIT~1/config")]
    fn paths_that_climb_or_hide_are_refused(#[case] path: &str) {
        assert!(matches!(
            read(&[("100644 blob", "1", path)]),
            Err(SourceError::Refused { .. })
        ));
    }

    #[test]
    fn messages_hold_no_control_characters() {
        assert_eq!(shown(b"a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }

    proptest! {
        #[test]
        fn no_output_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Listing::new(CAPS).take(&bytes);
        }

        #[test]
        fn what_is_taken_stays_below(path in "[a./~gitGIT]{1,12}") {
            if let Some(path) = checked(path.as_bytes()) {
                prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
            }
        }
    }
}
