//! Bases as the launcher sees them.

use std::path::PathBuf;

/// Folders of the host that a base is made of.
#[derive(Debug, Clone, Default)]
pub struct PreparedBase {
    /// Folders bound read-only at the same path.
    pub binds: Vec<PathBuf>,
    /// Folders of programs.
    pub path: Vec<PathBuf>,
}

pub fn registry_env() -> Vec<(String, String)> {
    Vec::new()
}
pub fn registry_binds() -> Vec<PathBuf> {
    Vec::new()
}
pub async fn load(
    _: &super::layout::Layout,
    _: &domain::BaseId,
) -> Result<PreparedBase, domain::ports::DriverError> {
    Ok(PreparedBase::default())
}
pub async fn prepare(
    _: &super::layout::Layout,
    _: &[domain::plan::RuntimeNeed],
    _: bool,
) -> Result<domain::guest::Base, domain::ports::DriverError> {
    Err(domain::ports::DriverError::Transient("not wired".into()))
}
pub fn masked() -> Vec<String> {
    Vec::new()
}
