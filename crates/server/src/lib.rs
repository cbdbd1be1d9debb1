//! The HTTP server: the API, its OpenAPI document, server-sent events and the pages. It checks and translates; the rules
//! of the business live in the engine.

mod config;
mod error;
mod guard;
mod pages;
mod read;
mod router;
mod routes;
mod serve;
mod show;
mod state;
mod text;
mod validate;

pub use config::{Patience, ServerConfig};
pub use router::{ROUTES, router, router_with};
pub use routes::openapi::document as openapi_document;
pub use serve::{serve, serve_with};
pub use validate::{DeployInput, Present, Problem, validate_deploy};
