//! The health check's request: one GET to a guest, past the table.

use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::{Probe, ProbeAnswer, ProbeError, ProbeRequest};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::upstream::{DialError, dial};

/// How much of a body is read.
const BODY: usize = 4096;
/// How much of a head is held.
const HEAD: usize = 64 * 1024;

/// Asks a guest over HTTP/1.1, on a connection of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpProbe;

#[async_trait]
impl Probe for HttpProbe {
    async fn probe(&self, request: &ProbeRequest) -> Result<ProbeAnswer, ProbeError> {
        let limit = request.timeout;
        let ask = async {
            let stream = dial(&request.upstream, limit).await.map_err(dialled)?;
            ask(stream, request).await
        };
        match tokio::time::timeout(limit, ask).await {
            Ok(answer) => answer,
            Err(_) => Err(ProbeError::TimedOut),
        }
    }
}

fn dialled(error: DialError) -> ProbeError {
    match error {
        DialError::Refused => ProbeError::Refused,
        other => ProbeError::Unreachable(other.to_string()),
    }
}

async fn ask(stream: TcpStream, request: &ProbeRequest) -> Result<ProbeAnswer, ProbeError> {
    let no_http = |error: hyper::Error| ProbeError::NotHttp(error.to_string());
    let head = head(request)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(no_http)?;
    let answer = async {
        let response = sender.send_request(head).await.map_err(no_http)?;
        Ok(read(response).await)
    };
    // The connection is driven beside, and closed by being dropped once there is an answer.
    let drive = async {
        if connection.await.is_err() {
            // Told to the one who waits for the answer.
        }
        std::future::pending::<()>().await
    };
    tokio::select! {
        biased;
        answer = answer => answer,
        () = drive => unreachable!("never ends"),
    }
}

fn head(request: &ProbeRequest) -> Result<Request<Empty<Bytes>>, ProbeError> {
    Request::get(&request.path)
        .header("host", &request.host)
        .header("user-agent", "havre-health")
        .header("accept", "*/*")
        .header("x-forwarded-proto", &request.proto)
        .header("x-forwarded-for", "127.0.0.1")
        .header("x-forwarded-host", &request.host)
        .header("connection", "close")
        .body(Empty::new())
        .map_err(|error| ProbeError::Unreachable(error.to_string()))
}

/// A body that breaks off, or never ends, counts as far as it came: the status is what matters.
async fn read(response: Response<Incoming>) -> ProbeAnswer {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while bytes.len() < BODY
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Some(data) = frame.data_ref() {
            let room = BODY - bytes.len();
            bytes.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    let body = String::from_utf8_lossy(&bytes).into_owned();
    ProbeAnswer { status, body }
}
