//! A row to be saved.

use chrono::{DateTime, Utc};
use domain::{DeploymentId, DeploymentKind, Status};
use serde_json::Value as Json;

use super::limits::{json, maybe, text, time};
use crate::error::{Ran, refused};
use crate::sql::Value;
use crate::text::records as words;

/// The fields of a new row. Only the name must be given; the status is `pending` otherwise, `created_at` the time at which
/// it is saved (the database's, where it has a clock), and the id a new one.
///
/// Lengths are those of the columns, in characters: name 255, framework 100, github_url 500, ip_address 50, user_id 100,
/// tags 255; error_message and resources 65,535 bytes. No text may hold NUL.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRecord {
    pub(super) id: Option<DeploymentId>,
    pub(super) name: String,
    pub(super) kind: Option<DeploymentKind>,
    pub(super) framework: Option<String>,
    pub(super) github_url: Option<String>,
    pub(super) resources: Option<Json>,
    pub(super) status: Status,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) deployed_at: Option<DateTime<Utc>>,
    pub(super) deleted_at: Option<DateTime<Utc>>,
    pub(super) ip_address: Option<String>,
    pub(super) vm_id: Option<i32>,
    pub(super) error_message: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) tags: Option<String>,
}

/// A method that sets a field of text.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.$name = Some($name.into());
            self
        }
    )*};
}

impl NewRecord {
    /// A row of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            id: None,
            name: name.into(),
            kind: None,
            framework: None,
            github_url: None,
            resources: None,
            status: Status::Pending,
            created_at: None,
            deployed_at: None,
            deleted_at: None,
            ip_address: None,
            vm_id: None,
            error_message: None,
            user_id: None,
            tags: None,
        }
    }

    /// Its id, instead of a new one.
    #[must_use]
    pub fn id(mut self, id: DeploymentId) -> Self {
        self.id = Some(id);
        self
    }

    /// What it lives in: `vm` or `lxc`.
    #[must_use]
    pub fn deployment_type(mut self, kind: DeploymentKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Any JSON, as `{"cores": 2, "memory": 2048, "disk": 20}`; JSON `null` is none.
    #[must_use]
    pub fn resources(mut self, resources: Json) -> Self {
        self.resources = Some(resources).filter(|json| !json.is_null());
        self
    }

    /// Its status. `deleted` without a [`NewRecord::deleted_at`] is deleted when it was made.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// When it was made: for rows that come from elsewhere.
    #[must_use]
    pub fn created_at(mut self, at: DateTime<Utc>) -> Self {
        self.created_at = Some(at);
        self
    }

    /// When it first ran.
    #[must_use]
    pub fn deployed_at(mut self, at: DateTime<Utc>) -> Self {
        self.deployed_at = Some(at);
        self
    }

    /// When it was deleted.
    #[must_use]
    pub fn deleted_at(mut self, at: DateTime<Utc>) -> Self {
        self.deleted_at = Some(at);
        self
    }

    /// Proxmox id of its guest.
    #[must_use]
    pub fn vm_id(mut self, id: i32) -> Self {
        self.vm_id = Some(id);
        self
    }

    texts! {
        /// Its framework key, as `django`.
        framework,
        /// URL of its repository.
        github_url,
        /// Address of its guest.
        ip_address,
        /// Why it failed.
        error_message,
        /// Its owner.
        user_id,
        /// Its tags, comma-separated.
        tags,
    }

    /// Checks what a database may not.
    fn check(&self) -> Ran<()> {
        if self.name.is_empty() {
            return refused(words::NO_NAME);
        }
        text("name", &self.name)?;
        maybe("framework", self.framework.as_deref())?;
        maybe("github_url", self.github_url.as_deref())?;
        maybe("ip_address", self.ip_address.as_deref())?;
        maybe("error_message", self.error_message.as_deref())?;
        maybe("user_id", self.user_id.as_deref())?;
        maybe("tags", self.tags.as_deref())
    }
}

/// The values of a row, in the order of the columns, checked. Without a time of its own it was made `now`.
pub(crate) fn ready(new: NewRecord, id: DeploymentId, now: DateTime<Utc>) -> Ran<[Value; 15]> {
    new.check()?;
    let resources = new.resources.as_ref();
    let resources = resources
        .map(|value| json("resources", value))
        .transpose()?;
    let created = time("created_at", new.created_at.unwrap_or(now))?;
    let deployed = new.deployed_at.map(|at| time("deployed_at", at));
    let deleted = new
        .deleted_at
        .or_else(|| (new.status == Status::Deleted).then_some(created))
        .map(|at| time("deleted_at", at));
    Ok([
        id.to_string().into(),
        new.name.into(),
        new.kind
            .map(DeploymentKind::as_str)
            .map(str::to_owned)
            .into(),
        new.framework.into(),
        new.github_url.into(),
        Value::Json(resources),
        new.status.as_str().into(),
        created.into(),
        deployed.transpose()?.into(),
        deleted.transpose()?.into(),
        new.ip_address.into(),
        new.vm_id.map(i64::from).into(),
        new.error_message.into(),
        new.user_id.into(),
        new.tags.into(),
    ])
}
