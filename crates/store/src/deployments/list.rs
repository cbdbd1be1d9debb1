//! Pages of deployments, and how many there are.

mod cursor;
pub(crate) mod select;
#[cfg(test)]
mod tests;
mod totals;
mod walk;
pub(crate) mod wanted;

use domain::Status;
use domain::ports::{Counts, ListQuery, Listing, Page, Scope};

use crate::database::Database;
use crate::dialect;
use crate::error::Ran;
use crate::rows::{self, Read};
use crate::sql::{Builder, Row};
pub(crate) use cursor::Place;
use cursor::filters_of;
use select::{FEW, Part, Way};
pub(crate) use totals::Totals;
use wanted::Wanted;

/// The most rows of a page.
const MOST: u32 = 1000;

pub(super) async fn page(db: &Database, scope: &Scope, query: &ListQuery) -> Ran<Listing> {
    let filters = filters_of(scope, query);
    let list = format!("{} {filters}", query.sort);
    let (place, offset) = match &query.page {
        Page::First => (None, 0),
        Page::Offset(offset) => (None, *offset),
        Page::After(cursor) => (Some(Place::open(cursor, &list)?), 0),
    };
    let Some(wanted) = Wanted::new(db.dialect(), scope, query) else {
        return Ok(nothing(query));
    };
    let part = Part {
        place: place.as_ref(),
        offset,
        limit: query.limit.clamp(1, MOST),
    };
    if let Some(tag) = &query.tag {
        return walk::page(db, &wanted, tag, part, &list).await;
    }
    let total = match query.want_total {
        true => Some(total(db, &wanted, &filters).await?),
        false => None,
    };
    let way = way(db, &wanted, total).await?;
    let (rows, last) = rows_of(db, &wanted, way, part).await?;
    Ok(Listing {
        rows: rows.iter().map(rows::deployment).collect::<Ran<_>>()?,
        total,
        next: last.map(|last| last.seal(&list)),
    })
}

fn nothing(query: &ListQuery) -> Listing {
    Listing {
        rows: Vec::new(),
        total: query.want_total.then_some(0),
        next: None,
    }
}

/// The rows of a page, and the place of the last one when there are more.
async fn rows_of(
    db: &Database,
    wanted: &Wanted,
    way: Way,
    part: Part<'_>,
) -> Ran<(Vec<Row>, Option<Place>)> {
    let one_more = Part {
        limit: part.limit + 1,
        ..part
    };
    let mut found = fetch(db, wanted, |wanted| select::rows(wanted, way, one_more)).await?;
    let more = found.len() > part.limit as usize;
    found.truncate(part.limit as usize);
    let last = found.last().filter(|_| more);
    let place = last.and_then(|row| Place::of(row, wanted.sort.by));
    Ok((found, place))
}

/// The rows of a statement. An index that it names may be missing: then without naming it.
async fn fetch(
    db: &Database,
    wanted: &Wanted,
    select: impl Fn(&Wanted) -> Builder,
) -> Ran<Vec<Row>> {
    let mut connection = db.read().await?;
    let found = select(wanted).build().fetch_all(connection.link()).await;
    match found {
        Err(error) if dialect::is_missing_index(&error) => {
            let any = select(&wanted.by_any_index());
            Ok(any.build().fetch_all(connection.link()).await?)
        }
        found => Ok(found?),
    }
}

/// Where an index gives the rows in order and nothing has to be passed over, there is nothing to choose.
async fn way(db: &Database, wanted: &Wanted, total: Option<u64>) -> Ran<Way> {
    if !wanted.leaves_more(wanted.in_order()) {
        return Ok(Way::InOrder);
    }
    let fit = match total {
        Some(total) => total,
        None => counted(db, wanted, select::count_few).await?.total,
    };
    Ok(if fit > u64::from(FEW) {
        Way::InOrder
    } else {
        Way::Collected
    })
}

async fn total(db: &Database, wanted: &Wanted, filters: &str) -> Ran<u64> {
    let counting = || {
        let (db, wanted) = (db.shared(), wanted.clone());
        async move { counted(&*db?, &wanted, select::count).await }
    };
    let counts = db.totals().get(filters, counting).await?;
    Ok(counts.total)
}

async fn counted(
    db: &Database,
    wanted: &Wanted,
    select: impl Fn(&Wanted) -> Builder,
) -> Ran<Counts> {
    let rows = fetch(db, wanted, select).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(Counts {
        total: row.number("n")?,
        ..Counts::default()
    })
}

pub(super) async fn counts(db: &Database, scope: &Scope) -> Ran<Counts> {
    let query = ListQuery::default();
    let Some(wanted) = Wanted::new(db.dialect(), scope, &query) else {
        return Ok(Counts::default());
    };
    let key = format!("by status {}", filters_of(scope, &query));
    let counting = || {
        let db = db.shared();
        async move { by_status(&*db?, &wanted).await }
    };
    db.totals().get(&key, counting).await
}

async fn by_status(db: &Database, wanted: &Wanted) -> Ran<Counts> {
    let select = select::by_status(wanted).build();
    let rows = select.fetch_all(db.read().await?.link()).await?;
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
