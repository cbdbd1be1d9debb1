//! The one way to run SQL on all databases. Statements are written once, with `?` for each value; what a database wants
//! otherwise is put right here, and what it spells otherwise comes from [`crate::dialect`].

mod builder;
mod link;
mod query;
mod row;
mod transaction;
mod value;
mod wire;

pub(crate) use builder::Builder;
pub(crate) use link::{Conn, Link, Owned};
pub(crate) use query::{Query, query};
pub(crate) use row::{Row, postgres_int, postgres_place, postgres_text};
pub(crate) use transaction::Transaction;
pub(crate) use value::Value;
pub(crate) use wire::MySqlConn;
