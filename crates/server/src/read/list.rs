//! What a list of deployments is asked for: the parameters of `GET /api/deployments`.

use domain::Status;
use domain::ports::{ListQuery, Page};

use super::Params;
use crate::error::ApiError;
use crate::text;

/// The most rows of the list without parameters.
const MOST: u64 = 1000;
/// The most rows of a page, and what it has when nothing is said.
const MOST_PER_PAGE: u64 = 100;
const PER_PAGE: u64 = 20;
/// Rows that can be reached by counting pages; further ones are reached by a cursor, which costs the same everywhere.
const DEEPEST: u64 = 100_000;

/// Any of these asks for a page.
const OF_A_PAGE: [&str; 11] = [
    "page",
    "per_page",
    "cursor",
    "sort",
    "status",
    "type",
    "framework",
    "tag",
    "user",
    "q",
    "deleted",
];
/// These belong to the list without parameters: its `Link` header gives them.
const OF_THE_WHOLE: [&str; 2] = ["limit", "before"];

/// The two forms of the list.
#[derive(Debug, PartialEq)]
pub(crate) enum Wanted {
    /// As the original has it: the newest rows, in the order in which they were made.
    Whole(ListQuery),
    /// A page.
    Page {
        query: ListQuery,
        /// Its number, unless it is asked for by cursor.
        number: Option<u64>,
    },
}

impl Wanted {
    /// Reads the parameters; 400 names the first one that is wrong.
    pub fn read(params: &Params) -> Result<Self, ApiError> {
        let of_whole = OF_THE_WHOLE.iter().find(|name| params.has(name));
        let of_page = OF_A_PAGE.iter().find(|name| params.has(name));
        match (of_whole, of_page) {
            (Some(whole), Some(page)) => {
                let words = text::not_together(whole, page);
                Err(ApiError::bad_input(whole, words).details(text::NOT_TOGETHER_CURE))
            }
            (_, Some(_)) => page(params),
            (_, None) => whole(params).map(Self::Whole),
        }
    }
}

fn whole(params: &Params) -> Result<ListQuery, ApiError> {
    let limit = params.number("limit", (1, MOST))?.unwrap_or(MOST);
    let place = params.bounded("before", text::LONGEST_CURSOR)?;
    Ok(ListQuery {
        page: place.map_or(Page::First, |place| Page::After(place.to_owned())),
        limit: narrow(limit),
        want_total: true,
        ..ListQuery::default()
    })
}

fn page(params: &Params) -> Result<Wanted, ApiError> {
    params.not_empty(&["page", "per_page", "sort"])?;
    let per_page = params.number("per_page", (1, MOST_PER_PAGE))?;
    let per_page = per_page.unwrap_or(PER_PAGE);
    let cursor = params.bounded("cursor", text::LONGEST_CURSOR)?;
    let number = match cursor {
        None => Some(number(params.text("page").unwrap_or("1"), per_page)?),
        Some(_) if params.has("page") => {
            return Err(ApiError::bad_input("page", text::PAGE_AND_CURSOR));
        }
        Some(_) => None,
    };
    let place = match (cursor, number) {
        (Some(cursor), _) => Page::After(cursor.to_owned()),
        (None, Some(number)) if number > 1 => Page::Offset(narrow((number - 1) * per_page)),
        _ => Page::First,
    };
    let query = ListQuery {
        page: place,
        limit: narrow(per_page),
        ..filters(params)?
    };
    Ok(Wanted::Page { query, number })
}

/// The number of a page that can be reached by counting.
fn number(given: &str, per_page: u64) -> Result<u64, ApiError> {
    if !given.bytes().all(|b| b.is_ascii_digit()) || given.bytes().all(|b| b == b'0') {
        return Err(ApiError::bad_input("page", text::PAGE_SHAPE));
    }
    // Digits without end are a number that is too large.
    let number = given.parse().unwrap_or(u64::MAX);
    if number.saturating_mul(per_page) > DEEPEST {
        let words = text::too_deep(DEEPEST / per_page, per_page);
        return Err(ApiError::bad_input("page", words).details(text::TOO_DEEP_CURE));
    }
    Ok(number)
}

fn filters(params: &Params) -> Result<ListQuery, ApiError> {
    let owned = |name, most| {
        let given = params.bounded(name, most)?;
        Ok::<_, ApiError>(given.map(str::to_owned))
    };
    let status: Option<Status> = params.parsed("status")?;
    let tag = params.parsed("tag")?;
    Ok(ListQuery {
        deleted: params.flag("deleted")? || status == Some(Status::Deleted),
        status,
        kind: params.parsed("type")?,
        framework: owned("framework", 100)?,
        owner: owned("user", 100)?,
        q: owned("q", 255)?,
        sort: params.parsed("sort")?.unwrap_or_default(),
        want_total: tag.is_none(),
        tag,
        ..ListQuery::default()
    })
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::DeploymentKind;
    use rstest::rstest;

    fn read(query: &str) -> Result<Wanted, ApiError> {
        let uri = format!("/api/deployments?{query}").parse().unwrap();
        Wanted::read(&Params::of(&uri).unwrap())
    }

    fn paged(query: &str) -> (ListQuery, Option<u64>) {
        match read(query) {
            Ok(Wanted::Page { query, number }) => (query, number),
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn without_parameters_the_newest_thousand() {
        for query in ["", "_=1726", "nonsense"] {
            let Ok(Wanted::Whole(query)) = read(query) else {
                panic!("{query}");
            };
            assert_eq!((query.limit, query.want_total), (1000, true));
            assert_eq!(query.page, Page::First);
        }
    }

    #[test]
    fn a_page_has_twenty_rows_unless_more_are_asked_for() {
        let (query, number) = paged("page=3");
        assert_eq!((query.limit, number), (20, Some(3)));
        assert_eq!(query.page, Page::Offset(40));
        assert_eq!(query.sort.to_string(), "-created_at");
        let (query, number) = paged("per_page=100");
        assert_eq!((query.limit, number), (100, Some(1)));
        assert_eq!(query.page, Page::First);
    }

    #[test]
    fn every_filter_is_read() {
        let (query, number) = paged(
            "status=RUNNING&type=vm&framework=flask&tag=web&user=ana&q=my-&sort=name&deleted=true&cursor=abc",
        );
        assert_eq!(query.status, Some(Status::Running));
        assert_eq!(query.kind, Some(DeploymentKind::Vm));
        assert_eq!(query.framework.as_deref(), Some("flask"));
        assert_eq!(query.tag, Some("web".parse().unwrap()));
        assert_eq!(query.owner.as_deref(), Some("ana"));
        assert_eq!(query.q.as_deref(), Some("my-"));
        assert_eq!(query.sort.to_string(), "name");
        assert_eq!(query.page, Page::After("abc".into()));
        assert!(query.deleted && !query.want_total);
        assert_eq!(number, None);
    }

    #[test]
    fn empty_filters_are_none_as_forms_send_them() {
        let (query, _) = paged("status=&type=&framework=&tag=&user=&q=&cursor=&deleted=false");
        let nothing = ListQuery {
            limit: 20,
            want_total: true,
            ..ListQuery::default()
        };
        assert_eq!(query, nothing);
    }

    #[test]
    fn deleted_ones_are_found_by_their_status() {
        assert!(paged("status=Deleted").0.deleted);
        assert!(!paged("status=failed").0.deleted);
    }

    #[rstest]
    #[case("page=0", "page")]
    #[case("page=", "page")]
    #[case("page=-1", "page")]
    #[case("page=1.5", "page")]
    #[case("page=abc", "page")]
    #[case("page=5001", "page")]
    #[case("page=99999999999999999999999999", "page")]
    #[case("page=1001&per_page=100", "page")]
    #[case("page=2&cursor=x", "page")]
    #[case("per_page=0", "per_page")]
    #[case("per_page=101", "per_page")]
    #[case("per_page=", "per_page")]
    #[case("per_page=ten", "per_page")]
    #[case("status=odd", "status")]
    #[case("type=docker", "type")]
    #[case("sort=id", "sort")]
    #[case("sort=", "sort")]
    #[case("deleted=maybe", "deleted")]
    #[case("tag=a,b", "tag")]
    #[case("tag=%00", "tag")]
    #[case("q=a%00b", "q")]
    #[case("framework=%00", "framework")]
    #[case("limit=20&page=2", "limit")]
    #[case("before=x&status=failed", "before")]
    #[case("limit=0", "limit")]
    #[case("limit=1001", "limit")]
    fn what_is_wrong_names_its_parameter(#[case] query: &str, #[case] field: &str) {
        let error = read(query).unwrap_err();
        assert_eq!(error.status.as_u16(), 400);
        assert_eq!(error.body.field.as_deref(), Some(field), "{:?}", error.body);
        assert_eq!(error.body.code.as_deref(), Some("bad_input"));
    }

    #[test]
    fn texts_are_bounded() {
        for (name, most) in [("q", 255), ("user", 100), ("framework", 100), ("tag", 100)] {
            assert!(read(&format!("{name}={}", "x".repeat(most))).is_ok());
            let long = read(&format!("{name}={}", "x".repeat(most + 1))).unwrap_err();
            assert_eq!(long.body.field.as_deref(), Some(name));
        }
    }

    #[test]
    fn the_last_page_that_can_be_counted_is_taken_and_the_next_points_to_the_cursor() {
        assert_eq!(paged("page=5000").0.page, Page::Offset(99_980));
        assert_eq!(paged("page=1000&per_page=100").0.page, Page::Offset(99_900));
        let error = read("page=5001").unwrap_err();
        assert!(error.body.details.unwrap().contains("next_cursor"));
    }
}
