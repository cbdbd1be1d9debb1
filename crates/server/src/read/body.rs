//! JSON bodies.

use std::sync::LazyLock;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::text;

const LARGEST: usize = 1024 * 1024;

static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// A JSON body; `None` when the request brings none.
pub(crate) struct Body(pub Option<Value>);

impl Body {
    /// The object of a change, where no body and `null` say nothing.
    pub fn object(&self) -> Result<&Map<String, Value>, ApiError> {
        match &self.0 {
            None | Some(Value::Null) => Ok(&EMPTY),
            Some(Value::Object(map)) => Ok(map),
            Some(_) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "bad_input",
                text::NOT_AN_OBJECT,
            )),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST)
            .await
            .map_err(|error| unread(&error))?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        // The parser's words name line and column and never repeat the text.
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            let why = text::malformed(&error.to_string());
            ApiError::new(StatusCode::BAD_REQUEST, "malformed", why)
        })?;
        Ok(Self(Some(value)))
    }
}

fn unread(error: &axum::Error) -> ApiError {
    let mut causes =
        std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| {
            error.source()
        });
    if causes.any(|cause| cause.to_string().contains("length limit exceeded")) {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            text::BODY_TOO_LARGE,
        )
    } else {
        ApiError::new(StatusCode::BAD_REQUEST, "malformed", text::BODY_CUT)
    }
}
