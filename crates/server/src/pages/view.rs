//! What the templates show of a deployment.

use api::{DeploymentObject, ReleaseObject};
use serde_json::Value;

/// A deployment on a page.
pub(super) struct Row {
    pub object: DeploymentObject,
    /// Its address where it answers.
    pub open: Option<String>,
    /// Its repository, where a browser can go there.
    pub repository: Option<String>,
    /// `v3 serving`.
    pub release: String,
    /// `local L1`.
    pub place: String,
    /// The colour of its status: one of ours, never the row's text.
    pub tone: &'static str,
}

impl From<DeploymentObject> for Row {
    fn from(object: DeploymentObject) -> Self {
        let release = object.release.as_ref();
        let release = release.map(|r| format!("v{} {}", r.version, r.status));
        let place = [object.driver.as_deref(), object.tier.as_deref()];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        Self {
            open: object.url.clone(),
            repository: web_link(object.github_url.as_deref()),
            release: release.unwrap_or_default(),
            place: place.join(" "),
            tone: tone(&object.status),
            object,
        }
    }
}

impl Row {
    /// The URL of a record may hold anything, also `javascript:`.
    pub fn source(&self) -> &str {
        self.object.github_url.as_deref().unwrap_or_default()
    }

    /// The first twelve digits of its commit.
    pub fn commit(&self) -> &str {
        short(self.object.commit.as_deref())
    }

    /// `cores 1, memory 1024, disk 10`; a record's as it is written.
    pub fn resources(&self) -> String {
        match &self.object.resources {
            None => String::new(),
            Some(Value::Object(map)) => {
                let one = |(name, value): (&String, &Value)| format!("{name} {value}");
                map.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            Some(other) => other.to_string(),
        }
    }

    /// When it was made, to the second.
    pub fn made(&self) -> String {
        let at = self.object.created_at.as_deref().unwrap_or_default();
        let seconds = at.get(..19).unwrap_or(at).replace('T', " ");
        if seconds.is_empty() {
            seconds
        } else {
            format!("{seconds} UTC")
        }
    }
}

fn web_link(url: Option<&str>) -> Option<String> {
    url.filter(|url| url.starts_with("https://") || url.starts_with("http://"))
        .map(str::to_owned)
}

fn short(commit: Option<&str>) -> &str {
    let commit = commit.unwrap_or_default();
    commit.get(..12).unwrap_or(commit)
}

fn tone(status: &str) -> &'static str {
    match status {
        "running" => "good",
        "failed" => "bad",
        "pending" | "provisioning" | "deploying" => "busy",
        _ => "quiet",
    }
}

/// A release on a page.
pub(super) struct ReleaseRow {
    pub object: ReleaseObject,
}

impl ReleaseRow {
    /// The first twelve digits of its commit.
    pub fn commit(&self) -> &str {
        short(self.object.commit.as_deref())
    }

    /// `fetch 1.2 s, build 30.5 s`.
    pub fn steps(&self) -> String {
        let one = |step: &api::StepObject| match step.state.as_str() {
            "done" => format!("{} {}", step.step, seconds(step.millis)),
            state => format!("{} {state}", step.step),
        };
        let steps: Vec<String> = self.object.steps.iter().map(one).collect();
        steps.join(", ")
    }

    /// Size of its artifact.
    pub fn size(&self) -> String {
        match self.object.disk_bytes {
            0 => String::new(),
            bytes if bytes < 1024 * 1024 => format!("{} KiB", bytes.div_ceil(1024)),
            bytes => format!("{} MiB", bytes / (1024 * 1024)),
        }
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}
