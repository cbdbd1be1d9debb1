//! From rows to the words of the domain.

mod deployment;
mod guest;
mod job;
mod read;
mod release;

pub(crate) use deployment::{DEPLOYMENT_COLUMNS, DEPLOYMENTS_OF, deployment, facts, seed_columns};
pub(crate) use guest::guest;
pub(crate) use job::{job, work_kind, work_release};
pub(crate) use read::{Read, micros, to_json};
pub(crate) use release::{ReleaseHead, env_place, release, step};
