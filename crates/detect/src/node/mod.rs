//! Node.js: what `package.json` says, which package manager its people use, how it is built and started.

pub(crate) mod baked;
pub(crate) mod commands;
pub(crate) mod manager;
pub(crate) mod package;
pub(crate) mod start;
pub(crate) mod version;

pub(crate) use package::Package;
