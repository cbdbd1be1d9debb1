//! Errors as answers: a status, the words, a stable code, and for the platform's own faults a reference to the log.

use std::error::Error;

use api::ErrorAnswer;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ports::{ClusterError, StoreError};
use domain::{Failure, FailureKind, Reference};
use engine::Refusal;

use crate::state::App;
use crate::text;
use crate::validate::Problem;

/// What a handler gives.
pub(crate) type Answer = Result<Response, ApiError>;

/// Seconds after which a client may try again.
const RETRY_AFTER: &str = "5";

/// An error on its way to the client.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub status: StatusCode,
    pub body: Box<ErrorAnswer>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &str, error: impl Into<String>) -> Self {
        let body = ErrorAnswer {
            error: Some(error.into()),
            code: Some(code.to_owned()),
            ..ErrorAnswer::default()
        };
        Self {
            status,
            body: Box::new(body),
        }
    }

    pub fn bad_input(field: &str, error: impl Into<String>) -> Self {
        let mut answer = Self::new(StatusCode::BAD_REQUEST, "bad_input", error);
        answer.body.field = Some(field.to_owned());
        answer
    }

    /// Every problem of an input: the original's `errors` list.
    pub fn problems(problems: Vec<Problem>) -> Self {
        let mut answer = Self::new(StatusCode::BAD_REQUEST, "bad_input", "");
        answer.body.error = None;
        answer.body.field = problems.first().map(|problem| problem.field.to_owned());
        answer.body.details = problems.iter().find_map(|problem| problem.cure.clone());
        answer.body.errors = problems.into_iter().map(|problem| problem.text).collect();
        answer
    }

    pub fn no_deployment() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", text::NO_DEPLOYMENT)
    }

    pub fn not_managed() -> Self {
        Self::new(StatusCode::CONFLICT, "not_managed", text::NOT_MANAGED)
            .details(text::NOT_MANAGED_CURE)
    }

    pub fn unavailable(code: &str, error: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, error)
    }

    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.body.details = Some(details.into());
        self
    }

    /// `Retry-After`, where the server is busy or cut off from what it needs.
    pub fn say_when_to_ask_again(&self, headers: &mut HeaderMap) {
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let after = HeaderValue::from_static(RETRY_AFTER);
            headers.insert(header::RETRY_AFTER, after);
        }
    }

    fn reference(mut self, reference: Reference) -> Self {
        self.body.reference = Some(reference.0);
        self
    }

    /// A fault of the platform: the cause goes to the log, a reference to the client.
    pub fn platform(app: &App, cause: &(dyn Error + 'static)) -> Self {
        let reference = app.engine.reference();
        tracing::error!(%reference, cause = %chain(cause), "a request failed");
        Self::internal(reference)
    }

    /// The original's words for what nobody expected.
    pub fn internal(reference: Reference) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "platform",
            text::INTERNAL,
        )
        .details(text::look_in_log(&reference))
        .reference(reference)
    }

    /// A release that failed, for those who waited for it.
    pub fn failed(failure: &Failure) -> Self {
        let (status, code) = match failure.kind {
            FailureKind::Platform => (StatusCode::INTERNAL_SERVER_ERROR, "platform"),
            FailureKind::Capacity => (StatusCode::INSUFFICIENT_STORAGE, "capacity"),
            FailureKind::WouldLoseData => (StatusCode::CONFLICT, "refused"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "app_failed"),
        };
        let mut answer = Self::new(status, code, failure.what.clone());
        let rest = text::rest_of_story(failure);
        answer.body.details = (!rest.is_empty()).then_some(rest);
        answer.body.kind = Some(failure_word(failure.kind));
        answer.body.reference = failure.reference.clone().map(|reference| reference.0);
        answer
    }
}

/// The stable word of a kind of failure: `build`, `unhealthy`, …
pub(crate) fn failure_word(kind: FailureKind) -> String {
    let word = serde_json::to_value(kind).ok();
    word.and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        self.say_when_to_ask_again(&mut headers);
        (self.status, headers, Json(self.body)).into_response()
    }
}

/// Turns what engine and store refuse into an answer.
pub(crate) trait OrAnswer<T> {
    fn or_answer(self, app: &App) -> Result<T, ApiError>;
}

impl<T> OrAnswer<T> for Result<T, Refusal> {
    fn or_answer(self, app: &App) -> Result<T, ApiError> {
        self.map_err(|refusal| from_refusal(refusal, || app.engine.reference()))
    }
}

impl<T> OrAnswer<T> for Result<T, StoreError> {
    fn or_answer(self, app: &App) -> Result<T, ApiError> {
        self.map_err(|error| from_store(error, || app.engine.reference()))
    }
}

/// A refusal of the engine as an answer.
pub(crate) fn from_refusal(refusal: Refusal, roll: impl FnOnce() -> Reference) -> ApiError {
    match refusal {
        Refusal::Store(error) => from_store(error, roll),
        Refusal::BadInput { field, why } => {
            let mut answer = ApiError::bad_input(field, why.clone());
            answer.body.errors = vec![why];
            answer
        }
        Refusal::Capacity { what, cure } => {
            ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "capacity", what).details(cure)
        }
        Refusal::NoCluster => ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "not_configured",
            text::NO_PROXMOX,
        )
        .details(text::NO_PROXMOX_CURE),
        Refusal::Cluster(ClusterError::Refused { what, cure }) => {
            ApiError::new(StatusCode::BAD_GATEWAY, "cluster_refused", what).details(cure)
        }
        Refusal::Cluster(ClusterError::NoNode(what)) => {
            ApiError::new(StatusCode::NOT_FOUND, "not_found", what)
        }
        Refusal::Cluster(ClusterError::Unavailable(what)) => {
            ApiError::unavailable("unavailable", what)
        }
        Refusal::Platform { what, reference } => {
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "platform", what)
                .details(text::look_in_log(&reference))
                .reference(reference)
        }
    }
}

/// A refusal of the database as an answer.
pub(crate) fn from_store(error: StoreError, roll: impl FnOnce() -> Reference) -> ApiError {
    let conflict = |code, what: String| ApiError::new(StatusCode::CONFLICT, code, what);
    match error {
        StoreError::NotFound => ApiError::no_deployment(),
        StoreError::NameTaken { holder } => {
            conflict("name_taken", text::name_taken(&holder)).details(text::NAME_TAKEN_CURE)
        }
        StoreError::OtherSource { holder, url } => {
            conflict("name_taken", text::other_source(&holder, &url))
                .details(text::OTHER_SOURCE_CURE)
        }
        StoreError::NotManaged => ApiError::not_managed(),
        StoreError::Refused(why) => conflict("refused", why),
        StoreError::Illegal(error) => conflict("refused", error.to_string()),
        StoreError::IllegalRelease(error) => conflict("refused", error.to_string()),
        StoreError::Cancelled => conflict("cancelled", text::CANCELLED.to_owned()),
        StoreError::BadCursor => {
            ApiError::bad_input("cursor", text::BAD_CURSOR).details(text::BAD_CURSOR_CURE)
        }
        StoreError::DiskFull => {
            ApiError::unavailable("disk_full", text::DISK_FULL).details(text::DISK_FULL_CURE)
        }
        StoreError::Unavailable(why) => {
            let reference = roll();
            tracing::warn!(%reference, %why, "the database does not answer");
            ApiError::unavailable("unavailable", text::DATABASE_AWAY)
                .details(text::try_again(&reference))
                .reference(reference)
        }
        error @ (StoreError::LeaseLost | StoreError::Other { .. }) => {
            let reference = roll();
            tracing::error!(%reference, cause = %chain(&error), "a request failed");
            ApiError::internal(reference)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Status;
    use domain::status::Event;
    use rstest::rstest;

    fn reference() -> Reference {
        Reference("E-00000001".to_owned())
    }

    fn technical() -> StoreError {
        StoreError::Other {
            what: "read the row".to_owned(),
            source: "secret path /var/lib".into(),
        }
    }

    #[rstest]
    #[case(StoreError::NotFound, 404, "not_found")]
    #[case(StoreError::NameTaken { holder: "a".into() }, 409, "name_taken")]
    #[case(StoreError::OtherSource { holder: "a".into(), url: "u".into() }, 409, "name_taken")]
    #[case(StoreError::NotManaged, 409, "not_managed")]
    #[case(StoreError::Refused("no".into()), 409, "refused")]
    #[case(StoreError::Illegal(Status::Deleted.on(Event::Stop).unwrap_err()), 409, "refused")]
    #[case(StoreError::Cancelled, 409, "cancelled")]
    #[case(StoreError::BadCursor, 400, "bad_input")]
    #[case(StoreError::DiskFull, 503, "disk_full")]
    #[case(StoreError::Unavailable("gone".into()), 503, "unavailable")]
    #[case(StoreError::LeaseLost, 500, "platform")]
    #[case(technical(), 500, "platform")]
    fn what_the_database_refuses(
        #[case] error: StoreError,
        #[case] status: u16,
        #[case] code: &str,
    ) {
        let answer = from_store(error, reference);
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.body.code.as_deref(), Some(code));
        assert!(answer.body.error.is_some());
        let is_ours = status == 500 || code == "unavailable";
        assert_eq!(answer.body.reference.is_some(), is_ours);
        let retry = answer.into_response().headers().contains_key("retry-after");
        assert_eq!(retry, status == 503);
    }

    #[test]
    fn technical_causes_never_reach_the_client() {
        let answer = from_store(technical(), reference);
        let body = serde_json::to_string(&answer.body).unwrap();
        assert!(!body.contains("secret path") && body.contains("E-00000001"));
    }

    #[test]
    fn another_repository_under_a_name_names_the_holder_and_the_way_out() {
        let error = StoreError::OtherSource {
            holder: "shop".into(),
            url: "https://git.example/a".into(),
        };
        let body = from_store(error, reference).body;
        assert!(
            body.error
                .unwrap()
                .contains("`shop` deploys https://git.example/a")
        );
        assert!(body.details.unwrap().contains("replace_source"));
    }

    #[rstest]
    #[case(FailureKind::Build, 422, "app_failed")]
    #[case(FailureKind::Unhealthy, 422, "app_failed")]
    #[case(FailureKind::WouldLoseData, 409, "refused")]
    #[case(FailureKind::Capacity, 507, "capacity")]
    #[case(FailureKind::Platform, 500, "platform")]
    fn a_users_failure_is_no_fault_of_the_platform(
        #[case] kind: FailureKind,
        #[case] status: u16,
        #[case] code: &str,
    ) {
        let failure = Failure::new(kind, "it failed")
            .cure("mend it")
            .tail(vec!["last line".into()]);
        let answer = ApiError::failed(&failure);
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.body.code.as_deref(), Some(code));
        assert_eq!(answer.body.error.as_deref(), Some("it failed"));
        assert_eq!(
            answer.body.details.as_deref(),
            Some("mend it\n    last line")
        );
        assert_eq!(answer.body.kind, Some(failure_word(kind)));
    }

    #[test]
    fn no_room_tells_the_cure() {
        let refusal = Refusal::Capacity {
            what: "the disk is full".into(),
            cure: "make room".into(),
        };
        let answer = from_refusal(refusal, reference);
        assert_eq!(answer.status.as_u16(), 507);
        assert_eq!(answer.body.details.as_deref(), Some("make room"));
    }
}
