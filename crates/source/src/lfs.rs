//! Files that only point to Git LFS.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::listing::shown;

/// Examples named in a message.
const NAMED: usize = 3;

/// The first LFS pointers among these files of a tree that was just written, at most three.
pub(crate) fn pointers(tree: &Path, small: &[PathBuf]) -> Vec<String> {
    use std::os::unix::ffi::OsStrExt;
    let found = small
        .iter()
        .filter(|path| is_pointer(&head(&tree.join(path))));
    found
        .take(NAMED)
        .map(|path| shown(path.as_os_str().as_bytes()))
        .collect()
}

fn head(file: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    // A file that cannot be read is no pointer; whoever needs it will say so.
    let _ = std::fs::File::open(file).and_then(|file| file.take(1024).read_to_end(&mut head));
    head
}

/// The form that git-lfs writes: version, sorted keys, object id, size.
fn is_pointer(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let mut lines = text.lines();
    let version = lines.next().unwrap_or_default();
    let spec = [
        "version https://git-lfs.github.com/spec/",
        "version https://hawser.github.com/spec/",
    ];
    spec.iter().any(|spec| version.starts_with(spec))
        && lines.clone().any(|line| line.starts_with("oid sha256:"))
        && lines.any(|line| line.starts_with("size "))
}

#[cfg(test)]
mod tests {
    use super::is_pointer;

    #[test]
    fn a_pointer_is_told_from_a_text_about_pointers() {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert!(is_pointer(pointer.as_bytes()));
        assert!(!is_pointer(
            format!("A pointer looks so:\n{pointer}").as_bytes()
        ));
        assert!(!is_pointer(b"version https://git-lfs.github.com/spec/v1\n"));
    }
}
