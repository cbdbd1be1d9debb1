//! A file on its way up: `multipart/form-data` of a known length, the file last.

use std::io;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::Body;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::names::FileName;

const CHUNK: usize = 64 << 10;

/// The body of an upload.
pub(crate) struct Upload {
    file: File,
    size: u64,
    head: String,
    tail: String,
    boundary: String,
}

impl Upload {
    /// Opens the file; `boundary` must be one that does not occur in it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) async fn open(
        path: &Path,
        name: &FileName,
        fields: &[(String, String)],
        boundary: String,
    ) -> io::Result<Upload> {
        let path: PathBuf = path.to_owned();
        let file = File::open(path).await?;
        let size = file.metadata().await?.len();
        let mut head = String::new();
        for (field, value) in fields {
            head.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"));
        }
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        ));
        let tail = format!("\r\n--{boundary}--\r\n");
        Ok(Upload {
            file,
            size,
            head,
            tail,
            boundary,
        })
    }

    pub(crate) fn length(&self) -> u64 {
        self.head.len() as u64 + self.size + self.tail.len() as u64
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    pub(crate) fn body(self) -> Body {
        let head = stream::once(async move { Ok::<_, io::Error>(self.head.into_bytes()) });
        let tail = stream::once(async move { Ok(self.tail.into_bytes()) });
        Body::wrap_stream(head.chain(chunks(self.file, self.size)).chain(tail))
    }
}

/// Exactly so many bytes: a file that grows is cut, one that shrinks breaks the upload off.
fn chunks(
    file: impl AsyncRead + Unpin + Send,
    size: u64,
) -> impl stream::Stream<Item = io::Result<Vec<u8>>> + Send {
    stream::try_unfold((file.take(size), size), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was sent",
            ));
        }
        chunk.truncate(read);
        Ok(Some((chunk, (file, left - read as u64))))
    })
}
