//! Rows page by page, newest first, by the place of the last one: the millionth page costs what the first one does.

use domain::Status;
use domain::ports::StoreResult;
use futures_util::stream::{self, Stream, StreamExt as _, TryStreamExt as _};

use super::{Record, by_status, row};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{During, Ran};
use crate::sql::{Builder, Row, Value};

/// The most rows of a page, and how many there are unless asked otherwise.
const MOST: u32 = 1000;
const USUAL: u32 = 500;

/// Where a page ended.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    created_at: String,
    id: String,
}

#[cfg(test)]
impl Place {
    /// Some place.
    pub(crate) fn of_test() -> Self {
        Self {
            created_at: "2026-01-01 00:00:00.000000".into(),
            id: "x".into(),
        }
    }
}

/// The pages of [`Records::get_all`](super::Records::get_all) or
/// [`Records::get_by_status`](super::Records::get_by_status), read when they are asked for.
#[derive(Debug, Clone)]
pub struct Pages<'a> {
    db: &'a Database,
    status: Option<Status>,
    rows: u32,
    after: Option<Place>,
    over: bool,
}

impl<'a> Pages<'a> {
    pub(super) fn new(db: &'a Database, status: Option<Status>) -> Self {
        Self {
            db,
            status,
            rows: USUAL,
            after: None,
            over: false,
        }
    }

    /// Pages of this many rows: 1 to 1,000, otherwise 500.
    #[must_use]
    pub fn of(mut self, rows: u32) -> Self {
        self.rows = rows.clamp(1, MOST);
        self
    }

    /// The next page; none behind the last one. After an error it may be asked again.
    pub async fn next(&mut self) -> StoreResult<Option<Vec<Record>>> {
        self.page().await.during("list records")
    }

    /// All rows one by one, a page in memory at a time.
    pub fn rows(self) -> impl Stream<Item = StoreResult<Record>> + Send + 'a {
        let pages = stream::try_unfold(self, |mut pages| async move {
            let page = pages.next().await?;
            StoreResult::Ok(page.map(|page| (page, pages)))
        });
        pages
            .map_ok(|page| stream::iter(page).map(Ok))
            .try_flatten()
    }

    async fn page(&mut self) -> Ran<Option<Vec<Record>>> {
        if self.over {
            return Ok(None);
        }
        let select = select(
            self.db.dialect(),
            self.status,
            self.after.as_ref(),
            self.rows,
        );
        let mut connection = self.db.read().await?;
        let found = select.build().fetch_all(connection.link()).await?;
        let last = found.last().map(place).transpose()?;
        self.over = found.len() < self.rows as usize;
        self.after = last;
        if found.is_empty() {
            return Ok(None);
        }
        Ok(Some(found.iter().map(Record::read).collect()))
    }
}

fn place(row: &Row) -> Ran<Place> {
    Ok(Place {
        created_at: row.place("created_at")?,
        id: row.text_opt("id")?.unwrap_or_default(),
    })
}

/// The statement of one page.
pub(crate) fn select(
    dialect: Dialect,
    status: Option<Status>,
    after: Option<&Place>,
    rows: u32,
) -> Builder {
    let mut select = match status {
        Some(status) => by_status(dialect, row::select!(), status),
        None => Builder::new(concat!(row::select!(), " WHERE 1 = 1")),
    };
    if let Some(place) = after {
        let at = Value::Place(place.created_at.clone());
        // Twice the same bound: the first is what an index seeks by, the second decides among equals.
        select.push(" AND d.created_at <= ").push_bind(at.clone());
        select.push(" AND (d.created_at < ").push_bind(at);
        select
            .push(" OR d.id < ")
            .push_bind(place.id.clone())
            .push(")");
    }
    select.push(" ORDER BY d.created_at DESC, d.id DESC LIMIT ");
    select.push_bind(rows);
    select
}
