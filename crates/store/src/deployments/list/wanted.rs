//! What a list asks for, as conditions and orders.
//!
//! Each order has an index that gives it for live rows, and one for all; some filters have an index that gives the newest
//! rows they fit. What no index gives in order is either collected and sorted, where few rows fit, or found on a walk in
//! order, where many do: see [`super::select`].

use domain::ports::{ListQuery, Scope, Sort, SortBy};
use domain::{DeploymentKind, Status};

use super::cursor::Place;
use crate::dialect::{
    Dialect, by_index, not_deleted, only_narrows, order_of_live, status_is, status_word,
};
use crate::sql::{Builder, Value};

/// A filter that an index can drive. By the rows that each usually leaves, the fewest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Owner,
    Prefix,
    Framework,
    Status,
    Kind,
}

const FILTERS: [Filter; 5] = [
    Filter::Owner,
    Filter::Prefix,
    Filter::Framework,
    Filter::Status,
    Filter::Kind,
];

/// A part of the rows behind a place.
#[derive(Debug, Clone)]
pub(crate) struct Behind {
    /// Conditions that each begin with ` AND `.
    pub(super) of: Builder,
    /// What the rows of the part are ordered by: those of one status are equal in it, which MariaDB does not see.
    by: SortBy,
}

/// A list as asked for, but for its tag and its place.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(super) dialect: Dialect,
    pub(super) sort: Sort,
    deleted: bool,
    owner: Option<String>,
    q: Option<String>,
    framework: Option<String>,
    status: Option<Status>,
    kind: Option<DeploymentKind>,
    /// Statements may name the index that they go by.
    names_index: bool,
}

impl Wanted {
    /// None where nothing can fit: another owner than the one who asks, or text with NUL, which no row holds.
    pub(crate) fn new(dialect: Dialect, scope: &Scope, query: &ListQuery) -> Option<Self> {
        let owner = match (scope, &query.owner) {
            (Scope::Everyone, owner) => owner.clone(),
            (Scope::Owner(one), Some(other)) if one != other => return None,
            (Scope::Owner(one), _) => Some(one.clone()),
        };
        let texts = [&owner, &query.q, &query.framework];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return None;
        }
        Some(Self {
            dialect,
            sort: query.sort,
            deleted: query.deleted,
            owner,
            q: query.q.clone().filter(|q| !q.is_empty()),
            framework: query.framework.clone(),
            status: query.status,
            kind: query.kind,
            names_index: true,
        })
    }

    /// True when every row fits.
    pub(super) fn is_everything(&self) -> bool {
        self.deleted && !self.leaves_more(None)
    }

    /// The same list, by whichever index the database takes.
    pub(super) fn by_any_index(&self) -> Self {
        Self {
            names_index: false,
            ..self.clone()
        }
    }

    /// Behind the table: the index that gives the rows of this filter in order, where the database has to be told.
    pub(super) fn push_index(&self, into: &mut Builder, driving: Option<Filter>) {
        if self.names_index {
            into.push(&by_index(self.dialect, self.index(driving)));
        }
    }

    pub(super) fn index(&self, driving: Option<Filter>) -> &'static str {
        match (driving, self.sort.by, self.deleted) {
            (Some(Filter::Owner), ..) => "ix_deployments_owner",
            (Some(Filter::Framework), ..) => "ix_deployments_framework",
            (Some(Filter::Kind), ..) => "ix_deployments_type",
            (Some(Filter::Status), _, false) | (None, SortBy::Status, false) => {
                "ix_deployments_live_status"
            }
            (Some(Filter::Status), _, true) | (None, SortBy::Status, true) => {
                "ix_deployments_status"
            }
            (Some(Filter::Prefix), _, false) | (None, SortBy::Name, false) => {
                "ix_deployments_live_name"
            }
            (Some(Filter::Prefix), _, true) | (None, SortBy::Name, true) => "ix_deployments_name",
            (None, SortBy::CreatedAt, false) => "ix_deployments_live",
            (None, SortBy::CreatedAt, true) => "ix_deployments_created_at",
        }
    }

    fn asks(&self, filter: Filter) -> bool {
        match filter {
            Filter::Owner => self.owner.is_some(),
            Filter::Prefix => self.q.is_some(),
            Filter::Framework => self.framework.is_some(),
            Filter::Status => self.status.is_some(),
            Filter::Kind => self.kind.is_some(),
        }
    }

    /// The filter whose index leaves the fewest rows, in no order.
    pub(super) fn best(&self) -> Option<Filter> {
        FILTERS.into_iter().find(|filter| self.asks(*filter))
    }

    /// The filter whose index gives its rows in the order asked for.
    pub(super) fn in_order(&self) -> Option<Filter> {
        let gives = |filter: &Filter| match (self.sort.by, filter) {
            (SortBy::CreatedAt, Filter::Status) | (SortBy::Status, Filter::Status) => true,
            (SortBy::CreatedAt, Filter::Owner | Filter::Framework | Filter::Kind) => !self.deleted,
            (SortBy::Name, Filter::Prefix) => true,
            _ => false,
        };
        FILTERS
            .into_iter()
            .find(|filter| self.asks(*filter) && gives(filter))
    }

    /// True when rows are left to look at one by one after this filter.
    pub(super) fn leaves_more(&self, driving: Option<Filter>) -> bool {
        FILTERS
            .into_iter()
            .any(|filter| self.asks(filter) && Some(filter) != driving)
    }

    /// ` WHERE` live or not, and the filter that drives.
    pub(super) fn push_where(&self, into: &mut Builder, driving: Option<Filter>) {
        into.push(" WHERE ");
        match self.deleted {
            true => into.push("1 = 1"),
            false => into.push("d.deleted_at IS NULL"),
        };
        // A status asked for says it by itself.
        if !self.deleted && (self.status.is_none() || self.status == Some(Status::Deleted)) {
            into.push(" AND ").push(not_deleted(self.dialect));
        }
        if let Some(filter) = driving {
            into.push(" AND ");
            self.push_filter(into, filter, true);
        }
    }

    /// The other filters, each after ` AND `.
    pub(super) fn push_rest(&self, into: &mut Builder, driving: Option<Filter>) {
        for filter in FILTERS {
            if self.asks(filter) && Some(filter) != driving {
                into.push(" AND ");
                self.push_filter(into, filter, false);
            }
        }
    }

    fn push_filter(&self, into: &mut Builder, filter: Filter, drives: bool) {
        let narrows = if drives {
            ""
        } else {
            only_narrows(self.dialect)
        };
        let mut equals = |column: &str, value: Option<&str>| {
            into.push(narrows).push(column).push(" = ");
            into.push_bind(value);
        };
        match filter {
            Filter::Owner => equals("d.user_id", self.owner.as_deref()),
            Filter::Framework => equals("d.framework", self.framework.as_deref()),
            Filter::Kind => equals("d.deployment_type", self.kind.map(DeploymentKind::as_str)),
            Filter::Status => {
                let word = self.status.map_or("", Status::as_str);
                into.push(narrows).push_with(status_is(self.dialect), word);
            }
            // The row of that id is looked for beside it.
            Filter::Prefix if drives => self.push_range(into, narrows),
            Filter::Prefix => {
                into.push("((");
                self.push_range(into, narrows);
                into.push(") OR ").push(narrows).push("d.id = ");
                into.push_bind(self.q.as_deref()).push(")");
            }
        }
    }

    /// The names that begin with `q`, bytewise.
    fn push_range(&self, into: &mut Builder, narrows: &str) {
        let q = self.q.as_deref().unwrap_or_default();
        into.push(narrows).push("d.name >= ").push_bind(q);
        if let Some(end) = behind_prefix(q) {
            into.push(" AND ")
                .push(narrows)
                .push("d.name < ")
                .push_bind(end);
        }
    }

    /// The row whose id is `q`, where [`Filter::Prefix`] drives and does not find it.
    pub(super) fn push_exact(&self, into: &mut Builder, not_in_range: bool) {
        self.push_where(into, None);
        into.push(" AND d.id = ").push_bind(self.q.as_deref());
        self.push_rest(into, Some(Filter::Prefix));
        if not_in_range {
            into.push(" AND NOT (");
            self.push_range(into, "");
            into.push(")");
        }
    }

    /// ` ORDER BY …`.
    pub(super) fn push_order(&self, into: &mut Builder) {
        self.push_order_of(into, self.sort.by);
    }

    fn push_order_of(&self, into: &mut Builder, by: SortBy) {
        let way = if self.sort.descending { " DESC" } else { "" };
        let columns: &[&str] = match (by, self.status) {
            (SortBy::Name, _) => &["d.name", "d.id"],
            (SortBy::Status, None) => &[status_word(self.dialect), "d.created_at", "d.id"],
            // Rows of one status are equal in it.
            (SortBy::CreatedAt, _) | (SortBy::Status, Some(_)) => &["d.created_at", "d.id"],
        };
        let live = order_of_live(self.dialect).filter(|_| !self.deleted);
        let mut before = " ORDER BY ";
        for column in live.iter().chain(columns) {
            into.push(before).push(column).push(way);
            before = ", ";
        }
    }

    /// The rows behind a place, in order. More than one part where an index has to be asked more than once to begin right
    /// there; then the rows of the first come before those of the second.
    pub(super) fn behind(&self, place: Option<&Place>) -> Vec<Behind> {
        let by = self.sort.by;
        let one = |of| vec![Behind { of, by }];
        let Some(place) = place else {
            return one(Builder::new(""));
        };
        let at = || Value::Place(place.created_at.clone());
        let word = || Value::from(place.word.as_str());
        match (by, self.status) {
            (SortBy::Name, _) => one(self.pair("d.name", word, place)),
            (SortBy::CreatedAt, _) | (SortBy::Status, Some(_)) => {
                one(self.pair("d.created_at", at, place))
            }
            (SortBy::Status, None) => {
                let status = status_word(self.dialect);
                let mut same = Builder::new(" AND ");
                same.push(status).push(" = ").push_bind(word());
                same.append(self.pair("d.created_at", at, place));
                let mut further = Builder::new(" AND ");
                further.push(status).push(self.further()).push_bind(word());
                let same = Behind {
                    of: same,
                    by: SortBy::CreatedAt,
                };
                vec![same, Behind { of: further, by }]
            }
        }
    }

    /// Conditions and order of one part.
    pub(super) fn push_part(&self, into: &mut Builder, part: Behind) {
        into.append(part.of);
        self.push_order_of(into, part.by);
    }

    fn further(&self) -> &'static str {
        if self.sort.descending { " < " } else { " > " }
    }

    /// Twice the same bound: the first is what an index seeks by, the second decides among equals.
    fn pair(&self, column: &str, value: impl Fn() -> Value, place: &Place) -> Builder {
        let further = self.further();
        let mut behind = Builder::new(" AND ");
        behind
            .push(column)
            .push(further.trim_end())
            .push("= ")
            .push_bind(value());
        behind
            .push(" AND (")
            .push(column)
            .push(further)
            .push_bind(value());
        behind
            .push(" OR d.id")
            .push(further)
            .push_bind(place.id.as_str())
            .push(")");
        behind
    }
}

/// The first text that is behind all that begin with this one; none where there is none.
fn behind_prefix(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        // The step from U+D7FF goes over what is no letter by itself.
        if let Some(next) = (last..=char::MAX).nth(1) {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_of_a_prefix() {
        assert_eq!(behind_prefix("my-").as_deref(), Some("my."));
        assert_eq!(behind_prefix("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(behind_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(behind_prefix("\u{10ffff}\u{10ffff}"), None);
        assert_eq!(behind_prefix(""), None);
    }

    proptest! {
        #[test]
        fn a_range_holds_what_begins_with_the_prefix_and_nothing_else(prefix in ".{1,3}", text in ".{0,5}") {
            let in_range = |text: &str| {
                *text >= *prefix && behind_prefix(&prefix).is_none_or(|end| *text < *end)
            };
            prop_assert_eq!(in_range(&text), text.starts_with(&prefix));
            let begins = format!("{prefix}{text}");
            prop_assert!(in_range(&begins));
        }
    }
}
