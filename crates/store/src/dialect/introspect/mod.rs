//! Reading what a live database looks like. Whatever Havre's own statements make is read as they say it; all else is read
//! as `Other`, or with words that no schema of ours holds, so that it is seen as different and never guessed at.

mod columns;
mod declared;
mod mysql;
mod postgres;
mod read;
mod size;
mod sqlite;

pub(crate) use columns::columns_of;
pub(crate) use read::{read_schema, table_names};
pub(crate) use size::read_size;
pub use size::{Size, TableSize};
