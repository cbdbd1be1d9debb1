//! Deployments: asking for them, finding them.

use async_trait::async_trait;

use super::StoreResult;
use crate::deployment::DeploymentKind;
use crate::env::EnvPatch;
use crate::release::{DeployOptions, DeploymentFacts, Version};
use crate::{
    Deployment, DeploymentId, DriverKind, EnvVars, GitRef, GitUrl, JobId, Name, NodeWish,
    ReleaseId, Resources, Status, Tag, TagChange, Tags,
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
    /// Its tags; none: as before.
    pub tags: Option<Tags>,
    /// The machine of a cluster that it must be on; none: as before.
    pub node: Option<NodeWish>,
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

/// Which deployments to list, and in which order. A row must fit every filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Deleted rows too. Live is what has no `deleted_at` and no status `deleted` in any case.
    pub deleted: bool,
    /// Only this status, in any case.
    pub status: Option<Status>,
    /// Only this `deployment_type`.
    pub kind: Option<DeploymentKind>,
    /// Only this framework.
    pub framework: Option<String>,
    /// Only rows with this tag. Found by a bounded walk: a request looks at no more than 10,000 rows, so a page may be
    /// short, even empty, and still have a next one; and there is no total.
    pub tag: Option<Tag>,
    /// Only rows of this owner.
    pub owner: Option<String>,
    /// Only rows whose name begins with this text, and the row whose id it is.
    pub q: Option<String>,
    /// The order.
    pub sort: Sort,
    /// The place in it.
    pub page: Page,
    /// At most this many rows; 1 to 1,000.
    pub limit: u32,
    /// Counts what fits; see [`Listing::total`].
    pub want_total: bool,
}

/// The order of a list. Rows that are equal in it are in the order of `created_at`, then of their ids, the same way
/// round; those of equal names by id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The largest, or newest, first.
    pub descending: bool,
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// When the row was made.
    CreatedAt,
    /// The name, bytewise; equal ones by id.
    Name,
    /// The status, by the letters of its word in lower case.
    Status,
}

/// A place in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Page {
    /// Its beginning.
    #[default]
    First,
    /// Behind this many rows.
    Offset(u32),
    /// Behind the page that gave this [`Listing::next`], to the same filters and the same order; any other text is
    /// refused with [`StoreError::BadCursor`](super::StoreError::BadCursor).
    After(String),
}

/// A page of deployments.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The rows, in the order asked for.
    pub rows: Vec<Deployment>,
    /// How many fit in all, at most one second ago; none when it was not asked for, or cannot be told.
    pub total: Option<u64>,
    /// The cursor of the next page; none when there is none.
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

    /// Releases of a deployment that were put off ([`Jobs::give_back`](super::Jobs::give_back)) let a start or restart that
    /// waits behind them pass: what serves must not wait for what cannot be begun.
    async fn let_pass(&self, deployment: &DeploymentId) -> StoreResult<()>;

    /// Asks to cancel the releases that wait or are under way; gives their numbers, empty when there were none. A waiting
    /// one ends at once.
    async fn cancel(&self, deployment: &DeploymentId) -> StoreResult<Vec<Version>>;

    /// One deployment by id, else by name in any case (the live one first, then the newest).
    async fn find(&self, scope: &Scope, key: &str) -> StoreResult<Option<Deployment>>;

    /// A page of deployments. An unreadable row is shown as it is, flagged, and breaks nothing.
    async fn list(&self, scope: &Scope, query: &ListQuery) -> StoreResult<Listing>;

    /// Counts over live rows, at most one second ago.
    async fn counts(&self, scope: &Scope) -> StoreResult<Counts>;

    /// What the pipeline needs to know of one managed deployment.
    async fn facts(&self, deployment: &DeploymentId) -> StoreResult<Option<DeploymentFacts>>;

    /// Live managed deployments that this server looks after (those of its own place, and those of none) in the order of
    /// their ids, at most `limit` after `after`: for reconcilers.
    async fn live(
        &self,
        after: Option<&DeploymentId>,
        limit: u32,
    ) -> StoreResult<Vec<DeploymentFacts>>;

    /// Changes the tags of a row, of a record too; gives them as they are then. No release is made.
    async fn change_tags(&self, scope: &Scope, id: &str, change: &TagChange) -> StoreResult<Tags>;

    /// The secret of this name, made once: the stored value, or `fresh` stored now.
    async fn secret_once(
        &self,
        deployment: &DeploymentId,
        name: &str,
        fresh: &str,
    ) -> StoreResult<String>;
}
