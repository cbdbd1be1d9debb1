//! Taking over the `deployments` table of the original, without losing a value of it.

mod original;
mod report;
mod take_over;

pub(crate) use original::{Original, original};
pub(crate) use report::Adopted;
pub(crate) use take_over::{adopt, old_name};
