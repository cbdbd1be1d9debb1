//! A change of a row.

use chrono::{DateTime, Utc};
use domain::{DeploymentKind, Status};
use serde_json::Value as Json;

use super::limits::{json, text, time};
use crate::error::{Ran, refused};
use crate::sql::Value;
use crate::text::records as words;

/// The fields that a change sets; all others stay. `None` empties a field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordChange {
    name: Option<String>,
    kind: Option<Option<DeploymentKind>>,
    resources: Option<Option<Json>>,
    status: Option<Status>,
    deployed_at: Option<Option<DateTime<Utc>>>,
    vm_id: Option<Option<i32>>,
    framework: Option<Option<String>>,
    github_url: Option<Option<String>>,
    ip_address: Option<Option<String>>,
    error_message: Option<Option<String>>,
    user_id: Option<Option<String>>,
    tags: Option<Option<String>>,
}

/// Methods that set, or empty, a field of text.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: Option<&str>) -> Self {
            self.$name = Some($name.map(str::to_owned));
            self
        }
    )*};
}

impl RecordChange {
    /// A change of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Another `deployment_type`.
    #[must_use]
    pub fn deployment_type(mut self, kind: Option<DeploymentKind>) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Other resources; JSON `null` is none.
    #[must_use]
    pub fn resources(mut self, resources: Option<Json>) -> Self {
        self.resources = Some(resources.filter(|json| !json.is_null()));
        self
    }

    /// Another status; not `deleted`, which [`Records::delete`](super::Records::delete) sets.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// When it first ran.
    #[must_use]
    pub fn deployed_at(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.deployed_at = Some(at);
        self
    }

    /// Another Proxmox id.
    #[must_use]
    pub fn vm_id(mut self, id: Option<i32>) -> Self {
        self.vm_id = Some(id);
        self
    }

    texts! {
        /// Another framework.
        framework,
        /// Another repository.
        github_url,
        /// Another address.
        ip_address,
        /// Another reason why it failed.
        error_message,
        /// Another owner.
        user_id,
        /// Other tags, comma-separated.
        tags,
    }

    /// Columns and their values, checked.
    pub(super) fn ready(&self) -> Ran<Vec<(&'static str, Value)>> {
        let mut set: Vec<(&'static str, Value)> = Vec::new();
        match &self.name {
            Some(name) if name.is_empty() => return refused(words::NO_NAME),
            Some(name) => {
                text("name", name)?;
                set.push(("name", name.into()));
            }
            None => {}
        }
        match self.status {
            Some(Status::Deleted) => return refused(words::DELETE_INSTEAD),
            Some(status) => set.push(("status", status.as_str().into())),
            None => {}
        }
        self.texts(&mut set)?;
        self.others(&mut set)?;
        Ok(set)
    }

    fn texts(&self, set: &mut Vec<(&'static str, Value)>) -> Ran<()> {
        let texts = [
            ("framework", &self.framework),
            ("github_url", &self.github_url),
            ("ip_address", &self.ip_address),
            ("error_message", &self.error_message),
            ("user_id", &self.user_id),
            ("tags", &self.tags),
        ];
        for (column, value) in texts {
            if let Some(value) = value {
                super::limits::maybe(column, value.as_deref())?;
                set.push((column, value.clone().into()));
            }
        }
        Ok(())
    }

    fn others(&self, set: &mut Vec<(&'static str, Value)>) -> Ran<()> {
        if let Some(kind) = self.kind {
            let word = kind.map(|kind| kind.as_str().to_owned());
            set.push(("deployment_type", word.into()));
        }
        if let Some(resources) = &self.resources {
            let spelled = resources.as_ref().map(|value| json("resources", value));
            set.push(("resources", Value::Json(spelled.transpose()?)));
        }
        if let Some(at) = self.deployed_at {
            let at = at.map(|at| time("deployed_at", at)).transpose()?;
            set.push(("deployed_at", at.into()));
        }
        if let Some(id) = self.vm_id {
            set.push(("vm_id", id.map(i64::from).into()));
        }
        Ok(())
    }
}
