//! The handlers: one file per resource, each with its OpenAPI description beside it.

pub(crate) mod actions;
mod app_log;
mod build_log;
pub(crate) mod delete;
pub(crate) mod deploy;
pub(crate) mod deployments;
pub(crate) mod env;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod lookup;
pub mod openapi;
pub(crate) mod orphans;
mod outcome;
pub(crate) mod proxmox;
pub(crate) mod releases;
mod sse;
pub(crate) mod stats;
