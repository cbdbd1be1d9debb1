//! Lists by tag. No index knows tags, so rows are looked at one by one, in order, and a request ends after a bound.

use domain::Tag;
use domain::ports::Listing;

use super::cursor::Place;
use super::fetch;
use super::select::{Part, walk};
use super::wanted::{Filter, Wanted};
use crate::database::Database;
use crate::error::Ran;
use crate::rows::{self, DEPLOYMENT_COLUMNS, Read};
use crate::sql::{Builder, Row};

/// Rows that one request looks at.
const MOST: u32 = 10_000;
/// Rows that are looked at together: few at first, since most tags are found soon, then more and more.
const FIRST: u32 = 250;
const FURTHER: u32 = 2_500;

/// A page of the rows with this tag.
pub(super) async fn page(
    db: &Database,
    wanted: &Wanted,
    tag: &Tag,
    part: Part<'_>,
    list: &str,
) -> Ran<Listing> {
    let mut walk = Walk {
        wanted,
        tag,
        found: Vec::new(),
        last: part.place.cloned(),
        skip: part.offset + part.place.map_or(0, |place| place.skip),
        looked_at: 0,
    };
    // One row more than the page has tells whether there is a next one.
    let is_over = walk.go(db, part.limit as usize + 1).await?;
    let next = match walk.found.get(part.limit as usize) {
        Some(_) => walk.found.get(part.limit as usize - 1).cloned(),
        None if is_over => None,
        None => walk.last.clone().map(|last| Place {
            skip: walk.skip,
            ..last
        }),
    };
    walk.found.truncate(part.limit as usize);
    Ok(Listing {
        rows: read(db, wanted, &walk.found).await?,
        total: None,
        next: next.map(|place| place.seal(list)),
    })
}

struct Walk<'a> {
    wanted: &'a Wanted,
    tag: &'a Tag,
    found: Vec<Place>,
    /// The last row that was looked at.
    last: Option<Place>,
    skip: u32,
    looked_at: u32,
}

impl Walk<'_> {
    /// Goes on until enough is found, the bound is reached, or there are no more rows: then it gives true.
    async fn go(&mut self, db: &Database, enough: usize) -> Ran<bool> {
        let mut chunk = FIRST;
        while self.looked_at < MOST && self.found.len() < enough {
            chunk = chunk.min(MOST - self.looked_at);
            if self.look_at(db, chunk, enough).await? {
                return Ok(true);
            }
            chunk = (2 * chunk).min(FURTHER);
        }
        Ok(false)
    }

    /// True when there are no more rows.
    async fn look_at(&mut self, db: &Database, chunk: u32, enough: usize) -> Ran<bool> {
        // With a tag, the text that names begin with is looked for in each row, as its id is.
        let driving = self
            .wanted
            .in_order()
            .filter(|filter| *filter != Filter::Prefix);
        let mut room = chunk;
        for behind in self.wanted.behind(self.last.as_ref()) {
            let walk = |wanted: &Wanted| walk(wanted, driving, behind.clone(), room);
            let rows = fetch(db, self.wanted, walk).await?;
            room = room.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            for row in &rows {
                self.look(row)?;
                if self.found.len() == enough {
                    return Ok(false);
                }
            }
            if room == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn look(&mut self, row: &Row) -> Ran<()> {
        self.looked_at += 1;
        // A row whose place cannot be told is not stopped at.
        let Some(place) = Place::of(row, self.wanted.sort.by) else {
            return Ok(());
        };
        self.last = Some(place.clone());
        let tags = row.text_opt("tags").ok().flatten();
        let is_it = row.flag("fits")? && tags.is_some_and(|tags| self.tag.is_in(&tags));
        match is_it {
            true if self.skip > 0 => self.skip -= 1,
            true => self.found.push(place),
            false => {}
        }
        Ok(())
    }
}

async fn read(db: &Database, wanted: &Wanted, places: &[Place]) -> Ran<Vec<domain::Deployment>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Builder::new(DEPLOYMENT_COLUMNS);
    let mut before = "WHERE d.id IN (";
    for place in places {
        select.push(before).push_bind(place.id.as_str());
        before = ", ";
    }
    select.push(")");
    wanted.push_order(&mut select);
    let found = select.build().fetch_all(db.read().await?.link()).await?;
    found.iter().map(rows::deployment).collect()
}
