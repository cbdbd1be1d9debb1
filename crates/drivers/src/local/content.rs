//! What names an artifact: a hash of what is in a tree, the same wherever the tree lies and however it is read.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// So many entries are hashed together; the hash of a tree is that of the hashes of its shares.
pub const SHARE: usize = 64;

/// What an entry holds beside its name and mode.
pub enum Body<'a> {
    /// Nothing: a folder, or something special.
    None,
    /// The target of a link.
    Link(&'a [u8]),
    /// A file of this many bytes.
    File(u64, &'a mut dyn Read),
}

/// Takes one entry into the hash of its share: its path below the top, its mode with its kind, its content. Every field is
/// preceded by its length, so that no two trees give the same bytes.
pub fn entry(
    hasher: &mut Sha256,
    path: &[u8],
    mode: u32,
    body: Body<'_>,
    buffer: &mut [u8],
) -> io::Result<()> {
    let mut field = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    field(path);
    field(&(mode & 0o170_777).to_le_bytes());
    match body {
        Body::None => {}
        Body::Link(target) => field(target),
        Body::File(length, content) => {
            field(&length.to_le_bytes());
            loop {
                let length = content.read(buffer)?;
                if length == 0 {
                    break;
                }
                hasher.update(&buffer[..length]);
            }
        }
    }
    Ok(())
}

/// The hash of a tree whose entries come one by one, each folder's sorted by name and each folder before what is in it.
pub struct Streamed {
    all: Sha256,
    share: Sha256,
    in_share: usize,
    buffer: Vec<u8>,
}

impl Default for Streamed {
    fn default() -> Self {
        Self {
            all: Sha256::new(),
            share: Sha256::new(),
            in_share: 0,
            buffer: vec![0; 64 * 1024],
        }
    }
}

impl Streamed {
    /// The next entry.
    pub fn entry(&mut self, path: &[u8], mode: u32, body: Body<'_>) -> io::Result<()> {
        entry(&mut self.share, path, mode, body, &mut self.buffer)?;
        self.in_share += 1;
        if self.in_share == SHARE {
            self.close_share();
        }
        Ok(())
    }

    /// The hash, in hex.
    pub fn finish(mut self) -> String {
        if self.in_share > 0 {
            self.close_share();
        }
        hex::encode(self.all.finalize())
    }

    fn close_share(&mut self) {
        self.all.update(self.share.finalize_reset());
        self.in_share = 0;
    }
}
