//! What a list gives is what a model of it gives: every filter, order, page and cursor, on each database, each way.

use std::cmp::Ordering;

use domain::ports::{ListQuery, Page, Scope, SortBy};
use domain::{DeploymentKind, Status};

use super::data::{Chance, Line, crowded, write};
use super::on_each;
use crate::Database;
use crate::deployments::list::select::{Part, Way};
use crate::deployments::list::wanted::Wanted;
use crate::deployments::list::{page, rows_of};
use crate::dialect::Dialect;
use crate::rows::Read;

const ALL: Scope = Scope::Everyone;
const LINES: usize = 400;
/// On SQLite, and on servers, which take their time.
const LISTS: (usize, usize) = (250, 60);

fn fits(line: &Line, query: &ListQuery) -> bool {
    let is_live = !line.is_deleted && !line.status.eq_ignore_ascii_case("deleted");
    let is = |wanted: Option<&str>, found: Option<&str>| wanted.is_none() || wanted == found;
    (query.deleted || is_live)
        && query
            .status
            .is_none_or(|status| line.status.eq_ignore_ascii_case(status.as_str()))
        && is(query.kind.map(DeploymentKind::as_str), line.kind)
        && is(query.framework.as_deref(), line.framework)
        && is(query.owner.as_deref(), line.owner.as_deref())
        && query
            .tag
            .as_ref()
            .is_none_or(|tag| line.tags.is_some_and(|tags| tag.is_in(tags)))
        && query
            .q
            .as_deref()
            .is_none_or(|q| line.name.starts_with(q) || line.id == q)
}

fn order(query: &ListQuery, one: &Line, other: &Line) -> Ordering {
    let by = |line: &Line| match query.sort.by {
        SortBy::CreatedAt => (String::new(), line.created_at.clone(), line.id.clone()),
        SortBy::Name => (line.name.clone(), String::new(), line.id.clone()),
        SortBy::Status => (
            line.status.to_ascii_lowercase(),
            line.created_at.clone(),
            line.id.clone(),
        ),
    };
    let order = by(one).cmp(&by(other));
    if query.sort.descending {
        order.reverse()
    } else {
        order
    }
}

fn ids(lines: &[Line], query: &ListQuery) -> Vec<String> {
    let mut found: Vec<&Line> = lines.iter().filter(|line| fits(line, query)).collect();
    found.sort_by(|one, other| order(query, one, other));
    found.into_iter().map(|line| line.id.clone()).collect()
}

fn query(chance: &mut Chance, lines: &[Line]) -> ListQuery {
    let maybe = |chance: &mut Chance| chance.below(3) == 0;
    let id = lines[50 * chance.below(lines.len() / 50)].id.clone();
    let start: String = id.chars().take(2).collect();
    let q = chance
        .one(&[
            "a",
            "A",
            "a-",
            "aa",
            "é",
            "a\u{ffff}",
            "a😀",
            "b",
            "%",
            "z",
            id.as_str(),
            start.as_str(),
        ])
        .to_owned();
    ListQuery {
        deleted: maybe(chance),
        status: maybe(chance).then(|| {
            chance.one(&[
                Status::Running,
                Status::Failed,
                Status::Deleted,
                Status::Pending,
            ])
        }),
        kind: maybe(chance).then(|| chance.one(&[DeploymentKind::Vm, DeploymentKind::Lxc])),
        framework: maybe(chance).then(|| chance.one(&["flask", "django", "none"]).to_owned()),
        tag: (chance.below(5) == 0).then(|| chance.one(&["web", "prod"]).parse().unwrap()),
        owner: maybe(chance).then(|| chance.one(&["ana", "bob"]).to_owned()),
        q: maybe(chance).then_some(q),
        sort: chance
            .one(&[
                "created_at",
                "-created_at",
                "name",
                "-name",
                "status",
                "-status",
            ])
            .parse()
            .unwrap(),
        page: Page::First,
        limit: u32::try_from(chance.one(&[3, 20, 100])).unwrap(),
        want_total: true,
    }
}

async fn lists_are_the_models(db: &Database) {
    let mut chance = Chance(7);
    let lines: Vec<Line> = (0..LINES)
        .map(|number| crowded(number, &mut chance))
        .collect();
    write(db, &lines).await;
    let lists = match db.dialect() {
        Dialect::Sqlite => LISTS.0,
        _ => LISTS.1,
    };
    for _ in 0..lists {
        let query = query(&mut chance, &lines);
        let wanted = ids(&lines, &query);
        assert_eq!(
            by_cursor(db, &query, wanted.len()).await,
            wanted,
            "{query:?}"
        );
        let offset = chance.below(wanted.len() + 3);
        let from_there: Vec<String> = wanted
            .iter()
            .skip(offset)
            .take(query.limit as usize)
            .cloned()
            .collect();
        let there = ListQuery {
            page: Page::Offset(u32::try_from(offset).unwrap()),
            ..query.clone()
        };
        assert_eq!(by_cursor_once(db, &there).await, from_there, "{there:?}");
        if query.tag.is_none() {
            either_way_is_the_same(db, &query, offset, &from_there).await;
        }
    }
}

/// The whole list, page after page.
async fn by_cursor(db: &Database, query: &ListQuery, total: usize) -> Vec<String> {
    let (mut seen, mut query) = (Vec::new(), query.clone());
    for _ in 0..=LINES {
        let listing = page(db, &ALL, &query).await.ok().unwrap();
        assert!(listing.rows.len() <= query.limit as usize);
        assert_eq!(
            listing.total,
            query.tag.is_none().then_some(total as u64),
            "{query:?}"
        );
        seen.extend(listing.rows.into_iter().map(|row| row.id));
        match listing.next {
            Some(next) => query.page = Page::After(next),
            None => return seen,
        }
    }
    panic!("a list without end: {query:?}");
}

async fn by_cursor_once(db: &Database, query: &ListQuery) -> Vec<String> {
    let listing = page(db, &ALL, query).await.ok().unwrap();
    listing.rows.into_iter().map(|row| row.id).collect()
}

/// Which way is taken depends on how many rows fit; the answer does not.
async fn either_way_is_the_same(db: &Database, query: &ListQuery, offset: usize, found: &[String]) {
    let wanted = Wanted::new(db.dialect(), &ALL, query).unwrap();
    for way in [Way::InOrder, Way::Collected] {
        let part = Part {
            place: None,
            offset: u32::try_from(offset).unwrap(),
            limit: query.limit,
        };
        let (rows, last) = rows_of(db, &wanted, way, part).await.ok().unwrap();
        let ids: Vec<String> = rows
            .iter()
            .map(|row| row.text("id").ok().unwrap())
            .collect();
        assert_eq!(ids, found, "{way:?} {query:?}");
        let Some(last) = last else { continue };
        let mut rest: Vec<String> = Vec::new();
        let part = Part {
            place: Some(&last),
            offset: 0,
            limit: 1000,
        };
        let (rows, _) = rows_of(db, &wanted, way, part).await.ok().unwrap();
        rest.extend(rows.iter().map(|row| row.text("id").ok().unwrap()));
        assert!(
            !rest.is_empty() && rest.iter().all(|id| !ids.contains(id)),
            "{way:?} {query:?}"
        );
    }
}

on_each! { lists_are_the_models }
