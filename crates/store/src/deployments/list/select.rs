//! The statements of a list. A page is found by ids alone, in an index where that is possible, and only its rows are then
//! read and joined: so it costs the same in a small table and in a large one.

use super::cursor::Place;
use super::wanted::{Behind, Filter, Wanted};
use crate::rows::DEPLOYMENTS_OF;
use crate::sql::Builder;

/// The most rows that are collected and sorted for one page.
pub(super) const FEW: u32 = 10_000;

/// How the rows of a page are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// In order, by an index that gives the order, of all rows or of those of one filter; what does not fit the other
    /// filters is passed over. Good where nothing is passed over, or where many rows fit.
    InOrder,
    /// By the index of the filter that leaves the fewest, then sorted. Good where few rows fit: [`FEW`] at most.
    Collected,
}

/// Which part of what is found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// Behind this place,
    pub(crate) place: Option<&'a Place>,
    /// and behind so many rows more,
    pub(crate) offset: u32,
    /// so many rows.
    pub(crate) limit: u32,
}

/// The rows of a page.
pub(crate) fn rows(wanted: &Wanted, way: Way, part: Part<'_>) -> Builder {
    let (before, behind) = DEPLOYMENTS_OF;
    let mut select = Builder::new(before);
    select.append(ids(wanted, way, part)).push(behind);
    wanted.push_order(&mut select);
    select
}

/// The ids of a page, as `id`.
pub(crate) fn ids(wanted: &Wanted, way: Way, part: Part<'_>) -> Builder {
    let sources = match way {
        Way::InOrder => in_order(wanted, part),
        Way::Collected => collected(wanted),
    };
    if let ([_], Way::InOrder) = (sources.as_slice(), way) {
        let mut select: Builder = sources.into_iter().collect();
        select.push(" OFFSET ").push_bind(part.offset);
        return select;
    }
    of_sources(wanted, sources, part)
}

/// One index, asked once or more often, and the row whose id is looked for.
fn in_order(wanted: &Wanted, part: Part<'_>) -> Vec<Builder> {
    let driving = wanted.in_order();
    let behind = wanted.behind(part.place);
    let is_exact = driving == Some(Filter::Prefix);
    // The only source is cut at its beginning too; of several, all rows that may be on the page are needed.
    let more = if behind.len() == 1 && !is_exact {
        0
    } else {
        part.offset
    };
    let of = |behind: Behind| {
        let mut source = Builder::new(SOURCE);
        if part.place.is_some() {
            wanted.push_index(&mut source, driving);
        }
        wanted.push_where(&mut source, driving);
        wanted.push_rest(&mut source, driving);
        wanted.push_part(&mut source, behind);
        source.push(" LIMIT ").push_bind(part.limit + more);
        source
    };
    let mut sources: Vec<Builder> = behind.into_iter().map(of).collect();
    sources.extend(is_exact.then(|| exact(wanted)));
    sources
}

fn collected(wanted: &Wanted) -> Vec<Builder> {
    let driving = wanted.best();
    let mut source = source(wanted, driving);
    source.push(" LIMIT ").push_bind(FEW + 1);
    let is_exact = driving == Some(Filter::Prefix);
    std::iter::once(source)
        .chain(is_exact.then(|| exact(wanted)))
        .collect()
}

const SOURCE: &str = "SELECT d.id AS id FROM deployments d";

fn source(wanted: &Wanted, driving: Option<Filter>) -> Builder {
    let mut source = Builder::new(SOURCE);
    wanted.push_where(&mut source, driving);
    wanted.push_rest(&mut source, driving);
    source
}

fn exact(wanted: &Wanted) -> Builder {
    let mut source = Builder::new(SOURCE);
    wanted.push_exact(&mut source, false);
    source
}

/// What the sources give, together and in order. Each has a bound, so sorting has one too.
fn of_sources(wanted: &Wanted, sources: Vec<Builder>, part: Part<'_>) -> Builder {
    let mut select = Builder::new("SELECT d.id AS id FROM (");
    for (number, source) in sources.into_iter().enumerate() {
        let union = if number == 0 { "" } else { " UNION " };
        select
            .push(union)
            .push("SELECT s.id FROM (")
            .append(source)
            .push(") s");
    }
    select.push(") g JOIN deployments d ON d.id = g.id WHERE 1 = 1");
    let behind = wanted.behind(part.place);
    if let [one] = behind.as_slice() {
        select.append(one.of.clone());
    } else {
        push_any(&mut select, behind);
    }
    wanted.push_order(&mut select);
    select.push(" LIMIT ").push_bind(part.limit);
    select.push(" OFFSET ").push_bind(part.offset);
    select
}

fn push_any(select: &mut Builder, parts: Vec<Behind>) {
    let mut before = " AND ((1 = 1";
    for part in parts {
        select.push(before).append(part.of);
        before = ") OR (1 = 1";
    }
    select.push("))");
}

/// How many rows fit, as `n`.
pub(crate) fn count(wanted: &Wanted) -> Builder {
    let driving = wanted.best();
    let mut count = Builder::new("SELECT ");
    let mut fit = Builder::new("(SELECT COUNT(*) FROM deployments d");
    if !wanted.is_everything() {
        wanted.push_index(&mut fit, driving);
    }
    wanted.push_where(&mut fit, driving);
    wanted.push_rest(&mut fit, driving);
    count.append(fit).push(")");
    if driving == Some(Filter::Prefix) {
        count.push(" + (SELECT COUNT(*) FROM deployments d");
        wanted.push_exact(&mut count, true);
        count.push(")");
    }
    count.push(" AS n");
    count
}

/// How many rows fit, as `n`, counted up to one more than [`FEW`].
pub(crate) fn count_few(wanted: &Wanted) -> Builder {
    let driving = wanted.best();
    let mut count = Builder::new("SELECT COUNT(*) AS n FROM (");
    count.push(SOURCE);
    wanted.push_index(&mut count, driving);
    wanted.push_where(&mut count, driving);
    wanted.push_rest(&mut count, driving);
    count.push(" LIMIT ").push_bind(FEW + 1).push(") s");
    count
}

/// Rows in order for a walk that looks at each: `fits` is 1 for those that fit all filters but the tag.
pub(crate) fn walk(
    wanted: &Wanted,
    driving: Option<Filter>,
    behind: Behind,
    limit: u32,
) -> Builder {
    let mut select =
        Builder::new("SELECT d.id, d.name, d.status, d.created_at, d.tags, CASE WHEN 1 = 1");
    wanted.push_rest(&mut select, driving);
    select.push(" THEN 1 ELSE 0 END AS fits FROM deployments d");
    wanted.push_index(&mut select, driving);
    wanted.push_where(&mut select, driving);
    wanted.push_part(&mut select, behind);
    select.push(" LIMIT ").push_bind(limit);
    select
}

/// Live rows by status, as `status` and `n`.
pub(crate) fn by_status(wanted: &Wanted) -> Builder {
    let word = crate::dialect::status_word(wanted.dialect);
    let mut select = Builder::new("SELECT ");
    select
        .push(word)
        .push(" AS status, COUNT(*) AS n FROM deployments d");
    let driving = wanted.best();
    wanted.push_where(&mut select, driving);
    select.push(" GROUP BY ").push(word);
    select
}
