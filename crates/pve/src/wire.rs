//! One exchange with the server: what goes out, what comes back, and what a broken one means.

mod answer;
mod auth;
mod backoff;
mod multipart;

use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Body, redirect};
use serde_json::Value;

pub(crate) use auth::Identity;
pub(crate) use backoff::{Backoff, Jitter};
pub(crate) use multipart::Upload;

use crate::call::Call;
use crate::endpoint::{BaseUrl, Endpoint};
use crate::error::{Error, Kind, Result};
use crate::tls;

/// Idle connections are given up before the server does so, lest a request meets a closing one.
const IDLE: Duration = Duration::from_secs(2);

/// The way to the server.
pub(crate) struct Wire {
    http: reqwest::Client,
    base: BaseUrl,
    request: Duration,
    upload: Duration,
    most: usize,
}

/// What a body is made of.
pub(crate) enum Payload {
    None,
    Form(String),
    Upload(Upload),
}

impl Wire {
    pub(crate) fn new(endpoint: &Endpoint) -> Result<Wire> {
        let limits = &endpoint.limits;
        Ok(Wire {
            http: http(tls::config(&endpoint.tls)?, limits.connect, limits.at_once)?,
            base: endpoint.url.clone(),
            request: limits.request,
            upload: limits.upload,
            most: limits.answer,
        })
    }

    /// Sends once. The error knows whether the server may have acted.
    pub(crate) async fn exchange(
        &self,
        call: &Call,
        payload: Payload,
        headers: HeaderMap,
    ) -> Result<Value> {
        let asked = call.asked();
        let url = format!("{}/api2/json{}", self.base, call.target());
        let limit = if matches!(payload, Payload::Upload(_)) {
            self.upload
        } else {
            self.request
        };
        let request = self
            .http
            .request(call.route().verb.method(), url)
            .headers(headers)
            .timeout(limit);
        let sent = filled(request, payload).send().await;
        let got = match sent {
            Ok(response) => answer::read(response, self.most).await,
            Err(error) => Err(broken(error)),
        };
        got.map_err(|error| error.with_asked(asked))
    }
}

/// The client of one trust: no redirect (it would carry the token elsewhere) and no proxy from the environment.
fn http(tls: rustls::ClientConfig, connect: Duration, at_once: usize) -> Result<reqwest::Client> {
    let built = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(connect)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(at_once)
        .user_agent(concat!("havre/", env!("CARGO_PKG_VERSION")))
        .build();
    built.map_err(|error| Error::new(Kind::Other, error.to_string()))
}

fn filled(request: reqwest::RequestBuilder, payload: Payload) -> reqwest::RequestBuilder {
    // The length is always told: the server refuses chunked bodies.
    let (length, kind, body) = match payload {
        Payload::None => return request,
        Payload::Form(form) => (
            form.len() as u64,
            "application/x-www-form-urlencoded".to_owned(),
            Body::from(form),
        ),
        Payload::Upload(upload) => (upload.length(), upload.content_type(), upload.body()),
    };
    let request = request.header(CONTENT_LENGTH, HeaderValue::from(length));
    request.header(CONTENT_TYPE, kind).body(body)
}

/// A request without an answer: nothing was sent when there was no connection; else nobody knows.
fn broken(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let why = deepest(&error);
    if error.is_connect() {
        let kind = match tls::refused(&error) {
            Some((seen, why)) => return untrusted(seen, &why).with_source(error),
            None => Kind::Unreachable,
        };
        return Error::new(kind, why)
            .with_nothing_done(true)
            .with_source(error);
    }
    if error.is_builder() {
        return Error::new(Kind::BadParameters, why)
            .with_nothing_done(true)
            .with_source(error);
    }
    Error::new(Kind::Ambiguous, why).with_source(error)
}

fn untrusted(seen: Option<crate::Fingerprint>, why: &str) -> Error {
    Error::new(Kind::Untrusted { seen }, why).with_nothing_done(true)
}

/// The innermost cause, which is the one that says something.
fn deepest(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return if error.is_connect() {
            "no connection in time"
        } else {
            "no answer in time"
        }
        .to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Reads the fingerprint of the server's certificate without trusting it: the handshake is broken off, nothing is sent.
///
/// # Errors
/// [`Kind::Unreachable`] when nobody answers, [`Kind::BadAnswer`] when the server does not speak TLS.
pub async fn fingerprint_of(url: &BaseUrl, limit: Duration) -> Result<crate::Fingerprint> {
    let http = http(tls::looking()?, limit, 1)?;
    let Err(error) = http.get(url.as_str()).timeout(limit).send().await else {
        return Err(
            Error::new(Kind::BadAnswer, "the server does not use TLS").with_nothing_done(true)
        );
    };
    let error = error.without_url();
    match tls::refused(&error) {
        Some((Some(seen), _)) => Ok(seen),
        _ if error.is_timeout() || (error.is_connect() && tls::of_tls(&error).is_none()) => {
            Err(Error::new(Kind::Unreachable, deepest(&error))
                .with_nothing_done(true)
                .with_source(error))
        }
        _ => Err(Error::new(Kind::BadAnswer, deepest(&error))
            .with_nothing_done(true)
            .with_source(error)),
    }
}
