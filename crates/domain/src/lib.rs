//! The words of Havre and the rules between them: identifiers, the status machine, the plan, what a guest is, what an
//! error says, and the ports (traits) through which the engine sees the world. No IO happens in this crate.

pub mod deployment;
pub mod env;
pub mod error;
pub mod event;
pub mod git;
pub mod guest;
pub mod id;
pub mod job;
pub mod limits;
pub mod name;
pub mod node_name;
pub mod node_range;
pub mod plan;
pub mod ports;
pub mod release;
pub mod resources;
pub mod status;
pub mod step;
pub mod tags;
pub mod tree;
pub mod version;

pub use deployment::{Deployment, DeploymentKind, DriverKind, Managed};
pub use env::{EnvName, EnvVars};
pub use error::{Failure, FailureKind, Reference};
pub use git::{Commit, GitRef, GitUrl};
pub use id::{ArtifactId, BaseId, DeploymentId, GuestId, JobId, PlaceId, ReleaseId};
pub use name::{HostLabel, Name};
pub use node_name::{NodeName, NodeWish};
pub use plan::Plan;
pub use release::{Release, Version};
pub use resources::Resources;
pub use status::{ReleaseStatus, Status};
pub use step::Step;
pub use tags::{Tag, TagChange, Tags};
