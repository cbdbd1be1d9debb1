//! An answer of the API, and the fault that it tells of.

use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::exit::{Exit, Fault};
use crate::text;

/// Status and body of an answer; the body is kept as it came, for `--json`.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Reads an answer to its end.
    pub async fn read(response: Response) -> Result<Self, reqwest::Error> {
        Ok(Self {
            status: response.status(),
            body: response.text().await?,
        })
    }

    /// The answer itself, or the fault that it tells of.
    pub fn good(self) -> Result<Self, Fault> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(self.fault())
        }
    }

    /// The body as a value.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_str(&self.body).map_err(|error| {
            Fault::new(Exit::Platform, text::strange_answer(&error.to_string()))
                .cure(text::STRANGE_ANSWER_CURE)
        })
    }

    /// The fault that an answer tells of.
    pub fn fault(&self) -> Fault {
        let error: api::ErrorAnswer = serde_json::from_str(&self.body).unwrap_or_default();
        let mut what: Vec<String> = error.error.into_iter().chain(error.errors).collect();
        // Some answers carry the one problem in both forms, as the original's clients expect.
        what.dedup();
        if what.is_empty() {
            what.push(text::http_status(self.status.as_u16()));
        }
        Fault {
            exit: exit_of(self.status, error.code.as_deref()),
            what: what.join("\n       "),
            why: error.details.map(Into::into),
            cure: None,
            reference: error.reference.map(Into::into),
            answer: serde_json::from_str::<serde_json::Value>(&self.body)
                .is_ok()
                .then(|| self.body.as_str().into()),
        }
    }
}

/// The stable word of the answer says more than its status.
fn exit_of(status: StatusCode, code: Option<&str>) -> Exit {
    match code {
        Some("not_found") => return Exit::NotFound,
        Some("bad_input") => return Exit::BadInput,
        Some("refused" | "name_taken" | "not_managed") => return Exit::Refused,
        Some("would_lose_data") => return Exit::Refused,
        Some(
            "source" | "not_detected" | "toolchain" | "build" | "release_command" | "unhealthy"
            | "timeout" | "cancelled" | "crash_loop",
        ) => return Exit::AppFailed,
        _ => {}
    }
    match status.as_u16() {
        404 | 410 => Exit::NotFound,
        401 | 403 | 409 | 421 | 423 => Exit::Refused,
        400..=499 => Exit::BadInput,
        _ => Exit::Platform,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, body: &str) -> Fault {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.to_owned(),
        };
        answer.good().unwrap_err()
    }

    #[test]
    fn statuses_and_words_become_exit_codes() {
        assert_eq!(fault(404, "{}").exit, Exit::NotFound);
        assert_eq!(fault(409, r#"{"code":"name_taken"}"#).exit, Exit::Refused);
        assert_eq!(fault(400, r#"{"errors":["a","b"]}"#).exit, Exit::BadInput);
        assert_eq!(fault(500, "<html>").exit, Exit::Platform);
        assert_eq!(fault(400, r#"{"code":"refused"}"#).exit, Exit::Refused);
        assert_eq!(fault(422, r#"{"code":"unhealthy"}"#).exit, Exit::AppFailed);
        assert_eq!(fault(507, r#"{"code":"capacity"}"#).exit, Exit::Platform);
    }

    #[test]
    fn every_problem_of_the_input_is_told() {
        assert_eq!(fault(400, r#"{"errors":["a","b"]}"#).what, "a\n       b");
        assert_eq!(fault(400, r#"{"error":"a","errors":["a"]}"#).what, "a");
        assert_eq!(
            fault(500, r#"{"error":"x","reference":"E-1"}"#)
                .reference
                .as_deref(),
            Some("E-1")
        );
    }

    #[test]
    fn only_json_is_handed_on_as_json() {
        assert!(fault(502, "<html>").answer.is_none());
        assert_eq!(
            fault(404, r#"{"success":false}"#).answer.as_deref(),
            Some(r#"{"success":false}"#)
        );
    }
}
