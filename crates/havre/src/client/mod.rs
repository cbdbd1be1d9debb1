//! The client of the HTTP API.

mod answer;
mod build_log;
mod http;
mod patience;
mod sse;

pub use answer::Answer;
pub use build_log::{Ended, follow_build};
pub use http::{Client, NO_BODY, NO_QUERY, plain_http};
pub use patience::patiently;
pub use sse::Stream;
