//! What guests owe the engine whatever they are: used by the other drivers as well.

#[cfg(test)]
pub(crate) use super::artifact::hash;
pub(crate) use super::destroy::blocking;
pub(crate) use super::environment::{ALWAYS, QUIET, folder, search_path};
pub(crate) use super::exec::{check_tag, masked};
pub(crate) use super::logs::LineCleaner;
pub(crate) use super::persist::{name_of as kept_name, parse as kept_path};
pub(crate) use super::service::{argv as service_argv, fingerprint};
pub(crate) use super::sockets;
pub(crate) use super::trees::remove as remove_tree;
pub(crate) use super::wire::End;
pub(crate) use super::written;
