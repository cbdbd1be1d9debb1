//! Deployments: asking for them, finding them.

use async_trait::async_trait;

use super::StoreResult;
use crate::deployment::DeploymentKind;
use crate::env::EnvPatch;
use crate::release::{DeployOptions, DeploymentFacts, Version};
use crate::{
    Deployment, DeploymentId, DriverKind, EnvVars, GitRef, GitUrl, JobId, Name, ReleaseId,
    Resources, Status,
};

/// Whose deployments a query may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's: until logins exist, and for the engine itself.
    #[default]
    Everyone,
    /// One owner's.
    Owner(String),
}

/// A deploy as asked for.
#[derive(Debug, Clone)]
pub struct NewDeploy {
    /// The name.
    pub name: Name,
    /// What it should live in; none: as before, or `lxc`.
    pub kind: Option<DeploymentKind>,
    /// Where a new deployment goes; an existing one stays where it is.
    pub driver: DriverKind,
    /// The repository.
    pub url: GitUrl,
    /// The ref; none: the default branch.
    pub git_ref: Option<GitRef>,
    /// What else was asked.
    pub options: DeployOptions,
    /// Variables set over the present environment.
    pub env: EnvVars,
    /// Resources; none: as before, or the default of the kind.
    pub resources: Option<Resources>,
    /// Deploys another repository under a name that is held.
    pub replace_source: bool,
    /// The owner of a new deployment.
    pub owner: Option<String>,
}

/// A change to a deployment that makes a release.
#[derive(Debug, Clone)]
pub enum Change {
    /// Fetches, plans and builds again.
    Redeploy {
        /// Another ref; none: the one of the newest release.
        git_ref: Option<GitRef>,
        /// Goes on although the guest wrote files that would be lost.
        discard_data: bool,
    },
    /// Back to an earlier release.
    Rollback {
        /// Which; none: the one that served before.
        to: Option<Version>,
        /// Goes on although the guest wrote files that would be lost.
        discard_data: bool,
    },
    /// Another environment.
    Env(EnvPatch),
    /// Other resources.
    Resources(Resources),
}

/// What a deploy or change became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The release that was made.
    pub release: ReleaseId,
    /// Its number.
    pub version: Version,
    /// True when the deployment is new.
    pub created: bool,
    /// Releases that were waiting and now end `superseded`.
    pub superseded: Vec<Version>,
}

/// Which deployments to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Deleted rows too.
    pub deleted: bool,
    /// Only this status.
    pub status: Option<Status>,
    /// At most this many, the newest ones; at most 1,000.
    pub limit: u32,
    /// Only rows older than this place ([`Listing::next`]).
    pub before: Option<String>,
}

/// A page of deployments.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The rows, oldest first.
    pub rows: Vec<Deployment>,
    /// How many match in all.
    pub total: u64,
    /// The place of the next, older page.
    pub next: Option<String>,
}

/// Counts over live rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// Those that run.
    pub running: u64,
    /// Those that failed.
    pub failed: u64,
}

/// Deployments.
#[async_trait]
pub trait Deployments: Send + Sync + 'static {
    /// Takes a deploy: the row (status `pending`, its name claimed) where it is new, the release, the job, the events,
    /// in one transaction. A waiting release of the same deployment ends `superseded`. The new release carries over
    /// environment, options and resources of the newest one, whatever became of that, under what is asked now.
    /// A record (`managed: false`) of the same name and repository becomes managed.
    async fn accept_deploy(&self, new: &NewDeploy) -> StoreResult<Accepted>;

    /// Takes a change, likewise. An env or resource change whose outcome equals the present is refused with words.
    async fn accept_change(
        &self,
        deployment: &DeploymentId,
        change: &Change,
    ) -> StoreResult<Accepted>;

    /// Puts `Start`, `Stop`, `Restart` or `Destroy` on the queue and gives the job. Asked twice while it waits, it is
    /// queued once. `Destroy` cancels the release under way and supersedes what waits; for a record it only marks the
    /// row deleted and gives none. An already deleted row gives none. Refused with words where the status forbids it.
    async fn accept_work(
        &self,
        deployment: &DeploymentId,
        work: &crate::job::Work,
    ) -> StoreResult<Option<JobId>>;

    /// Asks to cancel the releases that wait or are under way; gives their numbers, empty when there were none. A waiting
    /// one ends at once.
    async fn cancel(&self, deployment: &DeploymentId) -> StoreResult<Vec<Version>>;

    /// One deployment by id, else by name in any case (the live one first, then the newest).
    async fn find(&self, scope: &Scope, key: &str) -> StoreResult<Option<Deployment>>;

    /// A page of deployments. An unreadable row is shown as it is, flagged, and breaks nothing.
    async fn list(&self, scope: &Scope, query: &ListQuery) -> StoreResult<Listing>;

    /// Counts over live rows.
    async fn counts(&self, scope: &Scope) -> StoreResult<Counts>;

    /// What the pipeline needs to know of one managed deployment.
    async fn facts(&self, deployment: &DeploymentId) -> StoreResult<Option<DeploymentFacts>>;

    /// Live managed deployments in the order of their ids, at most `limit` after `after`: for reconcilers.
    async fn live(
        &self,
        after: Option<&DeploymentId>,
        limit: u32,
    ) -> StoreResult<Vec<DeploymentFacts>>;

    /// The secret of this name, made once: the stored value, or `fresh` stored now.
    async fn secret_once(
        &self,
        deployment: &DeploymentId,
        name: &str,
        fresh: &str,
    ) -> StoreResult<String>;
}
