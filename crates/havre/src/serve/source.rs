//! Where source code comes from.

use std::sync::Arc;

use domain::ports::Source;
use source::{GitConfig, GitSource, HostEnv, LocalGit};

use super::DataDir;
use crate::config::{self, Settings};
use crate::exit::Fault;

/// The fetcher of Git repositories.
pub fn open(settings: &Settings, data_dir: &DataDir) -> Result<Arc<dyn Source>, Fault> {
    let config = GitConfig {
        local: match &settings.local_git {
            config::LocalGit::None => LocalGit::Denied,
            config::LocalGit::Any => LocalGit::Any,
            config::LocalGit::Below(roots) => LocalGit::Roots(roots.clone()),
        },
        github_token: settings.github_token.clone(),
        deploy_key: settings.deploy_key_file.clone(),
        host_env: HostEnv::allowed(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        })),
        ..GitConfig::below(data_dir.folder("git")?)
    };
    Ok(Arc::new(GitSource::new(config)))
}
