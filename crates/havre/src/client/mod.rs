//! The client of the HTTP API.

mod answer;
mod build_log;
mod http;
mod sse;

pub use answer::Answer;
pub use build_log::{Ended, follow_build};
pub use http::{Client, NO_BODY, NO_QUERY};
pub use sse::Stream;
