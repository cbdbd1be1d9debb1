//! Runtimes of the host: found without side effects, chosen by version, and offered to guests as bases.
//!
//! ```text
//! HostEnv::new(vars: impl IntoIterator<Item = (String, String)>) -> HostEnv          the captured environment, a value
//! Toolchains::new(host: HostEnv, state_dir: PathBuf) -> Toolchains                     Send + Sync; share one, it remembers
//! Toolchains::prepare(&self, needs: &[RuntimeNeed], any_version: bool) -> Result<PreparedBase, DriverError>      async
//! Toolchains::load(&self, id: &BaseId) -> Result<Option<PreparedBase>, DriverError>    blocking, small files only;
//!     None: never prepared here. Err(Toolchain): its folders vanished, with the cure.
//! Toolchains::found(&self) -> Vec<Installed>                                           async; for `doctor`
//! Toolchains::registries(&self) -> RegistrySettings                                    blocking, small files only
//! PreparedBase  { base: domain::guest::Base, binds: Vec<PathBuf>, path: Vec<PathBuf>, env: BTreeMap<String, String> }
//! RegistrySettings { env: BTreeMap<String, String>, binds: Vec<PathBuf>, warnings: Vec<String> } .masked() -> &[String]
//! ```
//! `binds` are folders and files to show read-only in the guest at the same path; `path` comes before the guest's usual
//! `PATH`; `env` is set unless the app sets it. `RegistrySettings` is for builds only; what `masked()` gives must not
//! be seen in any output.

mod base;
mod candidates;
mod choose;
mod host;
mod install;
mod node;
mod probe;
mod python;
mod registry;
mod rewrite;
mod toolchains;
mod wish;

pub use base::PreparedBase;
pub use host::HostEnv;
pub use install::{Installed, Release};
pub use registry::RegistrySettings;
pub use toolchains::Toolchains;
pub(crate) use toolchains::merged;
pub(crate) use wish::{Fit, Wish};

#[cfg(test)]
mod tests;
