//! Python: what an app asks for, how it is installed, what its source offers, how it is served.

pub(crate) mod deps;
pub(crate) mod django;
pub(crate) mod facts;
pub(crate) mod install;
pub(crate) mod modules;
mod pipfile;
mod pyproject;
mod requirements;
mod scan;
pub(crate) mod secrets;
pub(crate) mod server;
pub(crate) mod source;
pub(crate) mod version;

pub(crate) use facts::Python;
