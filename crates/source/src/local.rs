//! Repositories of this machine.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use domain::GitUrl;
use domain::ports::SourceError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::config::LocalGit;
use crate::text;

/// What stays as it is in the address that git gets.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'_')
    .remove(b'-');

/// The address that git gets for a `file://` URL, and what it may read for it: the address is of the folder that was
/// looked at, links resolved, so that what is checked is what is read. A repository may borrow objects from another one,
/// which must be admitted, too.
pub(crate) fn address(
    local: &LocalGit,
    url: &GitUrl,
) -> Result<(String, Vec<PathBuf>), SourceError> {
    let folder = admitted(local, url)?;
    let reads = match local {
        LocalGit::Denied => Vec::new(),
        LocalGit::Any => vec![PathBuf::from("/")],
        LocalGit::Roots(roots) => roots.clone(),
    };
    let path = percent_encode(folder.as_os_str().as_bytes(), ESCAPED);
    Ok((format!("file://{path}"), reads))
}

fn admitted(local: &LocalGit, url: &GitUrl) -> Result<PathBuf, SourceError> {
    let text = url
        .local_path()
        .ok_or_else(|| text::no_repository(url, None))?;
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    let path = Path::new(std::ffi::OsStr::from_bytes(&bytes));
    if *local == LocalGit::Denied {
        return Err(text::local_denied(url));
    }
    // Whether a folder outside the roots exists is not told.
    let real = path.canonicalize();
    if let LocalGit::Roots(roots) = local {
        let below = |real: &Path| {
            let roots = roots.iter().filter_map(|root| root.canonicalize().ok());
            roots.into_iter().any(|root| real.starts_with(root))
        };
        if !real.as_deref().is_ok_and(below) {
            return Err(text::local_outside(url));
        }
    }
    real.map_err(|_| text::no_repository(url, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &Path) -> GitUrl {
        format!("file://{}", path.display()).parse().unwrap()
    }

    #[test]
    fn only_what_is_really_below_a_root_is_admitted() {
        let top = tempfile::tempdir().unwrap();
        let (root, outside) = (top.path().join("root"), top.path().join("outside"));
        for folder in [
            &root.join("app"),
            &outside,
            &top.path().join("root-of-another"),
        ] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
        let roots = LocalGit::Roots(vec![root.clone()]);

        assert!(
            address(&roots, &url(&root.join("app")))
                .unwrap()
                .0
                .ends_with("/root/app")
        );
        assert!(
            address(&roots, &url(&root.join("%61pp")))
                .unwrap()
                .0
                .ends_with("/root/app")
        );
        for refused in [
            &outside,
            &root.join("link"),
            &root.join("none"),
            &top.path().join("root-of-another"),
        ] {
            assert!(address(&roots, &url(refused)).is_err(), "{refused:?}");
        }
        // A parser that did not see through the escapes would let this climb.
        if let Ok(climbing) = format!("file://{}/%2e%2e/outside", root.display()).parse() {
            assert!(address(&roots, &climbing).is_err());
        }
        assert!(address(&LocalGit::Any, &url(&outside)).is_ok());
        assert!(address(&LocalGit::Denied, &url(&root.join("app"))).is_err());
    }

    #[test]
    fn the_address_is_escaped_for_git() {
        let top = tempfile::tempdir().unwrap();
        let odd = top.path().join("a%b#c");
        std::fs::create_dir(&odd).unwrap();
        let text = format!("file://{}/a%25b%23c", top.path().display());
        assert!(
            address(&LocalGit::Any, &text.parse().unwrap())
                .unwrap()
                .0
                .ends_with("/a%25b%23c")
        );
    }
}
