//! Clients that write bytes, so that tests say exactly what is on the wire.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::soon;

/// A client connection, byte by byte.
pub struct Raw(BufReader<TcpStream>);

/// An answer as it was on the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a header, in order.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.split("\r\n").skip(1);
        lines
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One GET on a connection of its own.
pub async fn get(gateway: SocketAddr, host: &str, path: &str) -> Answer {
    let mut raw = Raw::connect(gateway).await;
    raw.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
        .await;
    raw.answer().await
}

impl Raw {
    pub async fn connect(gateway: SocketAddr) -> Self {
        let stream = TcpStream::connect(gateway).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends what the other side may no longer want.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref()).await
    }

    /// The head of an answer, up to and with its empty line.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match soon(self.0.read_u8()).await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8(head).unwrap()
    }

    /// One whole answer, by its length, its chunks or to the end.
    pub async fn answer(&mut self) -> Answer {
        self.answer_to("GET").await
    }

    pub async fn answer_to(&mut self, method: &str) -> Answer {
        let head = self.head().await;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or_else(|| panic!("no answer but {head:?}"));
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
        };
        if method == "HEAD" || status < 200 || status == 204 || status == 304 {
            return answer;
        }
        answer.body = if answer.header("transfer-encoding") == Some("chunked") {
            self.chunks().await
        } else if let Some(length) = answer.header("content-length") {
            self.take(length.parse().unwrap()).await
        } else {
            self.rest().await
        };
        answer
    }

    pub async fn take(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        soon(self.0.read_exact(&mut body)).await.unwrap();
        body
    }

    /// All until the other side closes.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        let _ = soon(self.0.read_to_end(&mut body)).await;
        body
    }

    pub async fn line(&mut self) -> String {
        use tokio::io::AsyncBufReadExt;
        let mut line = String::new();
        soon(self.0.read_line(&mut line)).await.unwrap();
        line
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await;
            let size = usize::from_str_radix(line.trim(), 16)
                .unwrap_or_else(|_| panic!("no chunk size but {line:?}"));
            if size == 0 {
                // Trailers, then an empty line.
                while !matches!(self.line().await.as_str(), "\r\n" | "") {}
                return body;
            }
            body.extend(self.take(size).await);
            self.take(2).await;
        }
    }
}
