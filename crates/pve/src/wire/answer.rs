//! Reads an answer: bounded, and its error wherever that stands.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use hyper::ext::ReasonPhrase;
use reqwest::Response;
use serde_json::Value;

use crate::error::{Error, Kind, Result, sort_answer};
use crate::{lenient, text};

/// The most complaints about parameters that are kept.
const MOST_ERRORS: usize = 64;

/// The `data` of a good answer.
pub(super) async fn read(response: Response, most: usize) -> Result<Value> {
    let status = response.status();
    let phrase = response
        .extensions()
        .get::<ReasonPhrase>()
        .map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned());
    let body = body(response, most).await;
    if !status.is_success() {
        // Whatever the body was, the status has said what there is to say.
        return Err(refused(status.as_u16(), phrase, &body.unwrap_or_default()));
    }
    let body = body.map_err(|error| error.with_status(status.as_u16()))?;
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(mut object)) => Ok(object.remove("data").unwrap_or(Value::Null)),
        Ok(_) => Err(Error::new(Kind::BadAnswer, "no object").with_status(status.as_u16())),
        Err(error) => Err(Error::new(Kind::BadAnswer, error.to_string())
            .with_status(status.as_u16())
            .with_source(error)),
    }
}

async fn body(response: Response, most: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        // The head came, so the request has arrived: what it did is in the part that was lost.
        let chunk = chunk.map_err(|error| {
            Error::new(Kind::Ambiguous, "the answer broke off").with_source(error.without_url())
        })?;
        if body.len() + chunk.len() > most {
            return Err(Error::new(Kind::BadAnswer, text::too_large(most)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error of a refusal. Older servers put the words into the reason phrase only, proxies into the body only.
fn refused(status: u16, phrase: Option<String>, body: &[u8]) -> Error {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let message = body
        .get("message")
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|message| !message.is_empty());
    let phrase = phrase
        .as_deref()
        .map(str::trim)
        .filter(|phrase| !phrase.is_empty());
    let reason = match (phrase, message) {
        // The phrase holds the first line only.
        (Some(phrase), Some(message)) if message.contains(phrase) => message,
        (Some(phrase), _) => phrase,
        (None, Some(message)) => message,
        (None, None) => "",
    };
    let errors = complaints(&body);
    let (kind, nothing_done) = sort_answer(status, reason, &errors);
    let reason = if reason.is_empty() {
        format!("status {status}")
    } else {
        reason.to_owned()
    };
    Error::new(kind, reason)
        .with_status(status)
        .with_errors(errors)
        .with_nothing_done(nothing_done)
}

fn complaints(body: &Value) -> BTreeMap<String, String> {
    let told = body.get("errors").map(lenient::texts).unwrap_or_default();
    told.into_iter()
        .take(MOST_ERRORS)
        .map(|(name, why)| (text::clean(&name, 80), text::clean(&why, 300)))
        .collect()
}
