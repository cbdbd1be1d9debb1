//! Cursors: where a page ended. Opaque to everybody else, and good for one list only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::{ListQuery, Scope, SortBy, StoreError};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::Ran;
use crate::sql::Row;

/// Bytes of the sum at the beginning of a cursor.
const SUM: usize = 8;

/// The last row that was looked at, by what the list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The name, or the status in lower case, where the list is ordered by it.
    pub(super) word: String,
    /// `created_at` as it stands in the database, see [`Row::place`].
    pub(super) created_at: String,
    /// The id.
    pub(super) id: String,
    /// Rows that fit and are still to be passed over.
    pub(super) skip: u32,
}

impl Place {
    /// The place of a row; none where it cannot be told, since another program wrote what is no text.
    pub(super) fn of(row: &Row, by: SortBy) -> Option<Self> {
        let text = |column| row.text_opt(column).ok().map(Option::unwrap_or_default);
        let word = match by {
            SortBy::CreatedAt => String::new(),
            SortBy::Name => text("name")?,
            SortBy::Status => text("status")?.to_ascii_lowercase(),
        };
        Some(Self {
            word,
            created_at: row.place("created_at").ok()?,
            id: text("id")?,
            skip: 0,
        })
    }

    /// As text that only the same list takes back.
    pub(super) fn seal(&self, list: &str) -> String {
        let payload = json!([self.word, self.created_at, self.id, self.skip]).to_string();
        let mut bytes = sum(list, payload.as_bytes()).to_vec();
        bytes.extend_from_slice(payload.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads [`Place::seal`].
    pub(super) fn open(text: &str, list: &str) -> Ran<Self> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let (found, payload) = bytes.split_at_checked(SUM)?;
            if found != sum(list, payload) {
                return None;
            }
            let (word, created_at, id, skip) = serde_json::from_slice(payload).ok()?;
            Some(Self {
                word,
                created_at,
                id,
                skip,
            })
        };
        read().ok_or_else(|| StoreError::BadCursor.into())
    }
}

fn sum(list: &str, payload: &[u8]) -> [u8; SUM] {
    let mut hash = Sha256::new();
    hash.update(list.as_bytes());
    hash.update([0]);
    hash.update(payload);
    let mut sum = [0; SUM];
    sum.iter_mut()
        .zip(hash.finalize())
        .for_each(|(to, from)| *to = from);
    sum
}

/// What a list filters by: equal for the pages of one list, and for nothing else.
pub(super) fn filters_of(scope: &Scope, query: &ListQuery) -> String {
    let scope = match scope {
        Scope::Everyone => None,
        Scope::Owner(owner) => Some(owner),
    };
    let filters = json!([
        scope,
        query.deleted,
        query.status,
        query.kind,
        query.framework,
        query.tag.as_ref().map(domain::Tag::as_str),
        query.owner,
        query.q
    ]);
    filters.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place() -> Place {
        Place {
            word: "my-app".into(),
            created_at: "2026-11-22 08:30:38.672045".into(),
            id: "x".into(),
            skip: 3,
        }
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let sealed = place().seal("one");
        assert_eq!(Place::open(&sealed, "one").ok(), Some(place()));
        assert!(Place::open(&sealed, "other").is_err());
    }

    #[test]
    fn every_filter_makes_another_list() {
        let all = [
            ListQuery::default(),
            ListQuery {
                deleted: true,
                ..ListQuery::default()
            },
            ListQuery {
                status: Some(domain::Status::Failed),
                ..ListQuery::default()
            },
            ListQuery {
                kind: Some(domain::DeploymentKind::Vm),
                ..ListQuery::default()
            },
            ListQuery {
                framework: Some("x".into()),
                ..ListQuery::default()
            },
            ListQuery {
                tag: "x".parse().ok(),
                ..ListQuery::default()
            },
            ListQuery {
                owner: Some("x".into()),
                ..ListQuery::default()
            },
            ListQuery {
                q: Some("x".into()),
                ..ListQuery::default()
            },
        ];
        let mut lists: Vec<String> = all
            .iter()
            .map(|query| filters_of(&Scope::Everyone, query))
            .collect();
        lists.push(filters_of(&Scope::Owner("x".into()), &all[0]));
        let distinct: std::collections::BTreeSet<&String> = lists.iter().collect();
        assert_eq!(distinct.len(), lists.len());
    }

    proptest! {
        #[test]
        fn nothing_else_is_a_cursor(text in ".{0,80}", at in 0usize..40, bit in 0u8..6) {
            prop_assert!(Place::open(&text, "one").is_err());
            // One letter of a good one changed.
            let mut letters: Vec<u8> = place().seal("one").into_bytes();
            let at = at % letters.len();
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let now = alphabet.iter().position(|letter| *letter == letters[at]).unwrap();
            letters[at] = alphabet[now ^ (1 << bit)];
            let text = String::from_utf8(letters).unwrap();
            prop_assert!(Place::open(&text, "one").is_err());
        }

        #[test]
        fn any_place_comes_back(word in ".*", created_at in ".*", id in ".*", skip: u32) {
            let place = Place { word, created_at, id, skip };
            prop_assert_eq!(Place::open(&place.seal("l"), "l").ok(), Some(place));
        }
    }
}
