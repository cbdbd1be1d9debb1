//! The `D` of a path: an id, else a name.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::error::ApiError;
use crate::text;

/// Longer than any id or name that the database can hold.
const LONGEST: usize = 255;

/// What names a deployment in a path.
pub(crate) struct Key(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(key)) if key.len() <= LONGEST && !key.contains('\0') => Ok(Self(key)),
            Ok(_) => Err(ApiError::no_deployment()),
            Err(_) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "bad_input",
                text::BAD_PATH,
            )),
        }
    }
}
