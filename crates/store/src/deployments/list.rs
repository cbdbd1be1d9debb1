//! Pages of deployments by keyset: newest first in the database, oldest first in the page.

use crate::sql::{Builder, Row, Value};
use domain::Status;
use domain::ports::{Counts, ListQuery, Listing, Page, Scope, StoreError};

use crate::database::Database;
use crate::dialect::{Dialect, status_is};
use crate::error::Ran;
use crate::rows::{self, DEPLOYMENT_COLUMNS, Read};
use crate::text;

const MOST: u32 = 1000;

pub(super) async fn page(db: &Database, scope: &Scope, query: &ListQuery) -> Ran<Listing> {
    let limit = query.limit.clamp(1, MOST) as usize;
    let select = select(db.dialect(), scope, query, limit)?;
    let mut connection = db.read().await?;
    let mut found = select.build().fetch_all(connection.link()).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(place_of).transpose()?;
    let total = count(db.dialect(), scope, query)
        .build()
        .fetch_one(connection.link())
        .await?
        .number("total")
        .map(Some)?;
    let rows = found.iter().map(rows::deployment).collect::<Ran<_>>()?;
    Ok(Listing { rows, total, next })
}

/// One row more than the page has tells whether there is a next one.
pub(crate) fn select(
    dialect: Dialect,
    scope: &Scope,
    query: &ListQuery,
    limit: usize,
) -> Ran<Builder> {
    let mut select = Builder::new(DEPLOYMENT_COLUMNS);
    filter(dialect, &mut select, scope, query);
    if let Page::After(place) = &query.page {
        let (at, id) = read_place(place)?;
        // Twice the same bound: the first is what an index seeks by, the second decides among equals.
        select
            .push(" AND d.created_at <= ")
            .push_bind(Value::Place(at.clone()));
        select
            .push(" AND (d.created_at < ")
            .push_bind(Value::Place(at));
        select.push(" OR d.id < ").push_bind(id).push(")");
    }
    select.push(" ORDER BY d.created_at DESC, d.id DESC LIMIT ");
    select.push_bind(limit as i64 + 1);
    Ok(select)
}

pub(crate) fn count(dialect: Dialect, scope: &Scope, query: &ListQuery) -> Builder {
    let mut count = Builder::new("SELECT COUNT(*) AS total FROM deployments d ");
    filter(dialect, &mut count, scope, query);
    count
}

fn filter(dialect: Dialect, query: &mut Builder, scope: &Scope, wanted: &ListQuery) {
    query.push("WHERE ");
    match wanted.deleted {
        true => query.push("1 = 1"),
        false => query.push("d.deleted_at IS NULL"),
    };
    if let Some(status) = wanted.status {
        query
            .push(" AND ")
            .push_with(status_is(dialect), status.as_str());
    }
    if let Scope::Owner(owner) = scope {
        query.push(" AND d.user_id = ").push_bind(owner.clone());
    }
}

/// The place of a row: its time as it stands in the database, and its id. Opaque to everybody else.
fn place_of(row: &Row) -> Ran<String> {
    let at = row.place("created_at")?;
    let id = row.text_opt("id")?.unwrap_or_default();
    Ok(hex::encode(format!("{at}\n{id}")))
}

fn read_place(place: &str) -> Ran<(String, String)> {
    let bytes = hex::decode(place).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.split_once('\n'));
    match parts {
        Some((at, id)) => Ok((at.to_owned(), id.to_owned())),
        None => Err(StoreError::Refused(text::BAD_PAGE.into()).into()),
    }
}

pub(super) async fn counts(db: &Database, scope: &Scope) -> Ran<Counts> {
    let rows = by_status(scope)
        .build()
        .fetch_all(db.read().await?.link())
        .await?;
    let mut counts = Counts::default();
    for row in &rows {
        let number: u64 = row.number("n")?;
        counts.total += number;
        match row.parsed::<Status>("status") {
            Ok(Status::Running) => counts.running += number,
            Ok(Status::Failed) => counts.failed += number,
            _ => {}
        }
    }
    Ok(counts)
}

/// One walk over an index that holds nothing but the live rows' statuses.
pub(crate) fn by_status(scope: &Scope) -> Builder {
    let mut query = Builder::new(
        "SELECT d.status AS status, COUNT(*) AS n FROM deployments d WHERE d.deleted_at IS NULL",
    );
    if let Scope::Owner(owner) = scope {
        query.push(" AND d.user_id = ").push_bind(owner.clone());
    }
    query.push(" GROUP BY d.status");
    query
}
