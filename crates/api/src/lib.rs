//! Request and response bodies of the HTTP API, shared by server and client. The original's names and shapes stay as
//! they are; what Havre adds never renames them.

pub mod deployment;
pub mod events;
pub mod proxmox;
pub mod request;
pub mod response;

pub use deployment::{DeploymentObject, ReleaseObject, ReleaseRef, StepObject};
pub use proxmox::*;
pub use request::{
    ChangeRequest, DeployRequest, EnvRequest, HealthRequest, ResourcesRequest, TagList,
    UpdateRequest,
};
pub use response::*;
