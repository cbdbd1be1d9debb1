//! A panic in a handler is an answer too.

use std::any::Any;

use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::ResponseForPanic;

use crate::error::ApiError;
use crate::state::App;

/// Makes the answer of a request that panicked. The panic itself is reported by the panic hook; its text may hold
/// anything, so it goes nowhere else.
#[derive(Clone)]
pub(crate) struct OnPanic(pub App);

impl ResponseForPanic for OnPanic {
    type ResponseBody = axum::body::Body;

    fn response_for_panic(&mut self, _panic: Box<dyn Any + Send + 'static>) -> Response {
        let reference = self.0.engine.reference();
        tracing::error!(%reference, "a request panicked");
        ApiError::internal(reference).into_response()
    }
}
