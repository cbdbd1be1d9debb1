//! What the driver asks.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use domain::BaseId;
use domain::plan::{Runtime, RuntimeNeed};
use domain::ports::DriverError;
use futures_util::StreamExt;

use super::base::{Bases, PreparedBase};
use super::choose::choose;
use super::host::HostEnv;
use super::install::Installed;
use super::registry::RegistrySettings;
use super::{candidates, node, python};
use crate::text::toolchain as text;

/// Interpreters tried at the same time.
const AT_ONCE: usize = 4;

/// What a program was when it was tried: a later change makes the answer worthless.
type Stamp = (SystemTime, u64);

/// The runtimes of this machine. Trying an interpreter costs a process, so answers are remembered as long as its file
/// does not change.
pub struct Toolchains {
    host: HostEnv,
    state_dir: PathBuf,
    tried: Mutex<HashMap<PathBuf, (Stamp, Option<Installed>)>>,
}

impl Toolchains {
    /// The runtimes that this environment leads to; bases are kept in `state_dir`.
    pub fn new(host: HostEnv, state_dir: PathBuf) -> Self {
        Self {
            host,
            state_dir,
            tried: Mutex::default(),
        }
    }

    /// Chooses a runtime for each need and makes the base of them. A required one that is missing, or of no fitting
    /// version while `any_version` is false, is [`DriverError::Toolchain`] with the cure.
    pub async fn prepare(
        &self,
        needs: &[RuntimeNeed],
        any_version: bool,
    ) -> Result<PreparedBase, DriverError> {
        let mut installs: Vec<Installed> = Vec::new();
        let (mut missing_optional, mut warnings) = (Vec::new(), Vec::new());
        for need in merged(needs) {
            let found = self.found_of(need.runtime).await;
            match choose(&need, &found, any_version) {
                Ok(chosen) => {
                    installs.push(chosen.installed);
                    warnings.extend(chosen.warning);
                }
                Err(error) => {
                    let Some(without) = need.optional else {
                        return Err(error);
                    };
                    missing_optional.push(need.runtime);
                    warnings.push(without);
                }
            }
        }
        let plain = needs.first().map_or(Runtime::Shell, |need| need.runtime);
        let plain = if has_versions(plain) {
            Runtime::Shell
        } else {
            plain
        };
        let state = self.state_dir.clone();
        let made = tokio::task::spawn_blocking(move || Bases(&state).make(installs, plain)).await;
        let mut prepared = made
            .map_err(io::Error::other)
            .and_then(|made| made)
            .map_err(not_kept)?;
        prepared.base.missing_optional = missing_optional;
        prepared.base.warnings = warnings;
        Ok(prepared)
    }

    /// The base of an earlier [`Self::prepare`]; none when there never was one. When its runtime is gone from where it
    /// was, that is [`DriverError::Toolchain`]. Blocking, small files only.
    pub fn load(&self, id: &BaseId) -> Result<Option<PreparedBase>, DriverError> {
        let bases = Bases(&self.state_dir);
        let Some(base) = bases
            .read(id)
            .map_err(|error| DriverError::other(format!("read the base {id}"), error))?
        else {
            return Ok(None);
        };
        if let Some(gone) = base.installs.iter().find(|one| !one.is_there()) {
            return Err(text::vanished(gone));
        }
        bases.repair(&base).map_err(not_kept)?;
        Ok(Some(base))
    }

    /// Every runtime that was found and works, the incomplete ones included.
    pub async fn found(&self) -> Vec<Installed> {
        let mut found = self.found_of(Runtime::Python).await;
        found.extend(self.found_of(Runtime::Node).await);
        found
    }

    /// Settings of the host for pip, uv and npm, for builds only. Blocking, small files only.
    pub fn registries(&self) -> RegistrySettings {
        RegistrySettings::collect(&self.host, &self.state_dir)
    }

    async fn found_of(&self, runtime: Runtime) -> Vec<Installed> {
        let host = self.host.clone();
        let listing = tokio::task::spawn_blocking(move || match runtime {
            Runtime::Python => candidates::pythons(&host),
            Runtime::Node => candidates::nodes(&host),
            Runtime::Static | Runtime::Shell => Vec::new(),
        });
        let programs = listing.await.unwrap_or_default();
        let answers = futures_util::stream::iter(programs)
            .map(|program| self.look(runtime, program))
            .buffered(AT_ONCE);
        let mut found: Vec<Installed> = Vec::new();
        for one in answers.collect::<Vec<_>>().await.into_iter().flatten() {
            if found.iter().any(|known| known.exe == one.exe) {
                continue;
            }
            if self.is_too_wide(&one) {
                tracing::warn!("{}", text::too_wide(&one));
                continue;
            }
            found.push(one);
        }
        found
    }

    async fn look(&self, runtime: Runtime, program: PathBuf) -> Option<Installed> {
        let stamp = stamp(&program)?;
        let known = self
            .tried()
            .get(&program)
            .filter(|(old, _)| *old == stamp)
            .map(|(_, answer)| answer.clone());
        if let Some(answer) = known {
            return answer;
        }
        let answer = match runtime {
            Runtime::Node => node::look(&self.host, &program).await,
            _ => python::look(&program).await,
        };
        // What lacks something may be completed by another package without its own file changing: ask it again.
        if answer.as_ref().is_some_and(|one| one.lacks.is_none()) {
            self.tried().insert(program, (stamp, answer.clone()));
        }
        answer
    }

    fn tried(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, (Stamp, Option<Installed>)>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when showing the install to a guest would show private files: its folder is a home, or holds one.
    fn is_too_wide(&self, one: &Installed) -> bool {
        let private = ["/root", "/home", "/var", "/etc", "/opt", "/srv", "/run"].map(PathBuf::from);
        let home = self.host.home();
        let in_home = [".local", ".config", ".cache", ".ssh", ".cargo"]
            .map(|below| home.as_ref().map(|home| home.join(below)));
        let guarded = private
            .into_iter()
            .chain(home)
            .chain(in_home.into_iter().flatten())
            .chain([self.state_dir.clone()]);
        let guarded: Vec<PathBuf> = guarded
            .flat_map(|path| [path.canonicalize().ok(), Some(path)])
            .flatten()
            .collect();
        one.binds()
            .iter()
            .any(|bind| guarded.iter().any(|private| private.starts_with(bind)))
    }
}

fn has_versions(runtime: Runtime) -> bool {
    matches!(runtime, Runtime::Python | Runtime::Node)
}

/// One need per runtime that has versions: required if any is, with the first version that is asked for.
pub(crate) fn merged(needs: &[RuntimeNeed]) -> Vec<RuntimeNeed> {
    let mut merged: Vec<RuntimeNeed> = Vec::new();
    for need in needs.iter().filter(|need| has_versions(need.runtime)) {
        match merged
            .iter_mut()
            .find(|other| other.runtime == need.runtime)
        {
            Some(other) => {
                other.version = other.version.take().or_else(|| need.version.clone());
                if need.optional.is_none() {
                    other.optional = None;
                }
            }
            None => merged.push(need.clone()),
        }
    }
    merged
}

fn stamp(program: &Path) -> Option<Stamp> {
    let meta = program.metadata().ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

fn not_kept(error: io::Error) -> DriverError {
    DriverError::other("write down a base", error)
}
