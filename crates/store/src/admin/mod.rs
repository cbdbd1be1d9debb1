//! What an administrator does to a database, outside of any server: one file for each command of `havre db`.

mod open;

pub use open::{Access, Admin};
