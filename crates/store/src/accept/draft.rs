//! A release that is about to be written.

use domain::release::{Cause, DeployOptions, Version};
use domain::{
    ArtifactId, BaseId, Commit, DeploymentId, EnvVars, GitRef, GitUrl, Plan, Release, ReleaseId,
    Resources,
};

use crate::error::{Fault, Ran};
use crate::rows::{env_place, to_json};
use crate::sql::query;
use crate::tx::Tx;

#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) cause: Cause,
    pub(super) from: Option<ReleaseId>,
    pub(super) url: GitUrl,
    pub(super) git_ref: Option<GitRef>,
    pub(super) commit: Option<Commit>,
    pub(super) options: DeployOptions,
    pub(super) plan: Option<Plan>,
    pub(super) env: EnvVars,
    pub(super) resources: Resources,
    pub(super) artifact: Option<ArtifactId>,
    pub(super) base: Option<BaseId>,
    pub(super) disk_bytes: u64,
    pub(super) warnings: Vec<String>,
}

impl Draft {
    /// Fetches, plans and builds anew.
    pub(super) fn deploy(
        url: GitUrl,
        git_ref: Option<GitRef>,
        env: EnvVars,
        resources: Resources,
    ) -> Self {
        Self {
            cause: Cause::Deploy,
            from: None,
            url,
            git_ref,
            commit: None,
            options: DeployOptions::default(),
            plan: None,
            env,
            resources,
            artifact: None,
            base: None,
            disk_bytes: 0,
            warnings: Vec::new(),
        }
    }

    /// The same code as another release: its source, plan and artifact, and the warnings that come with them.
    pub(super) fn of(source: &Release, cause: Cause) -> Self {
        let plan_warnings = source.plan.as_ref().map(|plan| plan.warnings.clone());
        Self {
            cause,
            from: Some(source.id),
            url: source.url.clone(),
            git_ref: source.git_ref.clone(),
            commit: source.commit.clone(),
            options: DeployOptions {
                discard_data: false,
                ..source.options.clone()
            },
            plan: source.plan.clone(),
            env: source.env.clone(),
            resources: source.resources,
            artifact: source.artifact.clone(),
            base: source.base.clone(),
            disk_bytes: source.disk_bytes,
            warnings: plan_warnings.unwrap_or_default(),
        }
    }

    pub(super) async fn insert(
        &self,
        tx: &mut Tx<'_>,
        id: &ReleaseId,
        deployment: &DeploymentId,
        version: Version,
    ) -> Ran<()> {
        let now = tx.now();
        query(
            "INSERT INTO releases (id, deployment_id, version, cause, from_release_id, status, url, git_ref, \
             commit_hash, options, plan, env, resources, artifact, base, disk_bytes, warnings, created_at) \
             VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id.to_string())
        .bind(deployment.to_string())
        .bind(version.0)
        .bind(cause_word(self.cause))
        .bind(self.from.map(|from| from.to_string()))
        .bind(self.url.as_str())
        .bind(self.git_ref.as_ref().map(|git_ref| git_ref.as_str()))
        .bind(self.commit.as_ref().map(|commit| commit.as_str()))
        .bind(to_json(&self.options)?)
        .bind(self.plan.as_ref().map(to_json).transpose()?)
        .bind(self.sealed_env(tx, id)?)
        .bind(to_json(&self.resources)?)
        .bind(self.artifact.as_ref().map(ArtifactId::as_str))
        .bind(self.base.as_ref().map(BaseId::as_str))
        .bind(i64::try_from(self.disk_bytes).unwrap_or(i64::MAX))
        .bind(to_json(&self.warnings)?)
        .bind(now)
        .execute(tx.link())
        .await?;
        Ok(())
    }

    fn sealed_env(&self, tx: &Tx<'_>, id: &ReleaseId) -> Ran<String> {
        let place = env_place(id);
        let clear =
            serde_json::to_string(&self.env).map_err(|_| Fault::Unreadable(place.clone()))?;
        tx.db.vault().seal(&place, &clear)
    }
}

fn cause_word(cause: Cause) -> &'static str {
    match cause {
        Cause::Deploy => "deploy",
        Cause::Rollback => "rollback",
        Cause::Env => "env",
        Cause::Resources => "resources",
    }
}
