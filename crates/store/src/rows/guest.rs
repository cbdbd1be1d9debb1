//! Rows of guests.

use crate::sql::Row;
use domain::ports::GuestRow;

use super::Read;
use crate::error::Ran;

pub(crate) fn guest(row: &Row) -> Ran<GuestRow> {
    Ok(GuestRow {
        id: row.parsed("id")?,
        deployment: row.parsed("deployment_id")?,
        release: row.parsed("release_id")?,
        driver: row.parsed("driver")?,
        role: row.word("role")?,
        wanted: row.word("wanted")?,
        base: row.parsed("base")?,
        created_at: row.time("created_at")?,
        wanted_since: row.time("wanted_since")?,
    })
}
