//! The tables of this program as they shall be. What leads there are the migrations; a test proves that they do.

mod cluster;
mod deployments;
mod releases;
mod servers;
mod work;

use super::Schema;

/// All tables of this program, but for `havre_schema`, which the migrations keep of themselves.
pub fn model() -> Schema {
    deployments::tables()
        .into_iter()
        .chain(releases::tables())
        .chain(work::tables())
        .chain(servers::tables())
        .chain(cluster::tables())
        .collect()
}
