//! Rows of releases and their steps.

use crate::sql::Row;
use domain::ports::StepRow;
use domain::release::{Cause, Version};
use domain::{DeploymentId, EnvVars, Release, ReleaseId, ReleaseStatus};
use secrecy::ExposeSecret;

use super::Read;
use crate::error::{Fault, Ran};
use crate::vault::Vault;

/// Where the environment of a release is sealed.
pub(crate) fn env_place(release: &ReleaseId) -> String {
    format!("env of release {release}")
}

/// All columns of `releases`.
pub(crate) fn release(row: &Row, vault: &Vault) -> Ran<Release> {
    let id = row.parsed("id")?;
    Ok(Release {
        id,
        deployment: row.parsed("deployment_id")?,
        version: Version(row.number("version")?),
        cause: row.word("cause")?,
        from: row.parsed_opt("from_release_id")?,
        status: row.parsed("status")?,
        url: row.parsed("url")?,
        git_ref: row.parsed_opt("git_ref")?,
        commit: row.parsed_opt("commit_hash")?,
        options: row.json("options")?,
        plan: row.json_opt("plan")?,
        env: env(row, &id, vault)?,
        resources: row.json("resources")?,
        artifact: row.parsed_opt("artifact")?,
        base: row.parsed_opt("base")?,
        disk_bytes: row.number("disk_bytes")?,
        tier: row.text_opt("tier")?,
        warnings: row.json("warnings")?,
        failure: row.json_opt("failure")?,
        cancel_requested: row.flag("cancel_requested")?,
        created_at: row.time("created_at")?,
        finished_at: Read::time_opt(row, "finished_at")?,
        replaced_at: Read::time_opt(row, "replaced_at")?,
    })
}

/// Empty once it was erased.
fn env(row: &Row, release: &ReleaseId, vault: &Vault) -> Ran<EnvVars> {
    let Some(sealed) = row.text_opt("env")? else {
        return Ok(EnvVars::default());
    };
    let clear = vault.open(&env_place(release), &sealed)?;
    // The parser's own words could quote a value.
    serde_json::from_str(clear.expose_secret()).map_err(|_| Fault::Unreadable(env_place(release)))
}

/// What the status machine needs of a release.
#[derive(Debug, Clone)]
pub(crate) struct ReleaseHead {
    pub(crate) id: ReleaseId,
    pub(crate) deployment: DeploymentId,
    pub(crate) version: Version,
    pub(crate) status: ReleaseStatus,
    pub(crate) cause: Cause,
    pub(crate) cancel_requested: bool,
    pub(crate) has_artifact: bool,
}

impl ReleaseHead {
    pub(crate) fn read(row: &Row) -> Ran<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            deployment: row.parsed("deployment_id")?,
            version: Version(row.number("version")?),
            status: row.parsed("status")?,
            cause: row.word("cause")?,
            cancel_requested: row.flag("cancel_requested")?,
            has_artifact: row.text_opt("artifact")?.is_some(),
        })
    }
}

pub(crate) fn step(row: &Row) -> Ran<StepRow> {
    Ok(StepRow {
        step: row.parsed("step")?,
        done: row.flag("done")?,
        skipped: row.flag("skipped")?,
        millis: row.number("millis")?,
        progress: row.json_opt("progress")?,
    })
}
