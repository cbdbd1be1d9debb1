//! Every difference between the databases, one file per subject. Nothing else in this crate asks which one it talks to.

pub(crate) mod adoption;
pub(crate) mod bulk;
pub(crate) mod connect;
mod ddl;
mod errors;
mod extras;
mod health;
pub(crate) mod introspect;
mod lock;
mod migrator;
mod order;
mod records;
mod search;
mod sqlite;
mod time;

pub(crate) use errors::{Trouble, is_missing_table, trouble};
pub(crate) use extras::Extras;
pub(crate) use health::{as_text, damage, is_damaged};
pub(crate) use lock::{BEGIN_WRITE, is_sole, make_write_lock, skip_locked, write_lock};
pub(crate) use migrator::{
    begin_schema_change, commit_schema_change, is_locked, ledger_tables, let_in, lock_out,
    roll_back_schema_change, rolls_back_schema,
};
pub(crate) use order::{
    by_index, is_missing_index, not_deleted, only_narrows, order_of_live, status_word,
};
pub(crate) use records::{
    Adding, Answer, answer, before_many, hold, insert, is_duplicate, may_be_one_row, writers,
};
pub(crate) use search::{status_is, tables};
pub(crate) use sqlite::{FOLD_LOG, MAY_COPY, is_usable, memory, reader, writer};
pub(crate) use time::{SEED_TIME, now, read_seed_time, seed_time};

/// What is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL 15 and newer.
    Postgres,
    /// MySQL 8 and newer.
    MySql,
    /// MariaDB 10.6 and newer.
    MariaDb,
}
