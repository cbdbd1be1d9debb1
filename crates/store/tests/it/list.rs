//! Finding, listing, counting.

use domain::Status;
use domain::ports::{Counts, ListQuery, Page, Scope, StoreError};

use crate::world::*;

const ALL: Scope = Scope::Everyone;

impl World {
    async fn page(&self, query: &ListQuery) -> (Vec<String>, u64, Option<String>) {
        let listing = self.store.list(&ALL, query).await.unwrap();
        let names = listing.rows.into_iter().map(|row| row.name).collect();
        (names, listing.total.unwrap_or_default(), listing.next)
    }

    /// Every page of a list, by cursor.
    async fn walk(&self, query: &ListQuery) -> Vec<String> {
        let (mut seen, mut query) = (Vec::new(), query.clone());
        for _ in 0..1000 {
            let (names, _, next) = self.page(&query).await;
            assert!(names.len() <= query.limit as usize);
            seen.extend(names);
            match next {
                Some(next) => query.page = Page::After(next),
                None => return seen,
            }
        }
        panic!("the list {query:?} has no end");
    }
}

fn limit(limit: u32) -> ListQuery {
    ListQuery {
        limit,
        want_total: true,
        ..ListQuery::default()
    }
}

fn sorted(sort: &str, limit: u32) -> ListQuery {
    ListQuery {
        sort: sort.parse().unwrap(),
        limit,
        ..ListQuery::default()
    }
}

fn after(next: Option<String>) -> Page {
    Page::After(next.expect("there is a next page"))
}

contract! {
    async fn pages_go_back_in_time(world) {
        for number in 0..5 {
            world.deploy(&format!("app-{number}")).await;
            world.clock.pass(1);
        }
        let (names, total, next) = world.page(&limit(2)).await;
        assert_eq!((names, total), (vec!["app-4".into(), "app-3".into()], 5));
        let mut query = ListQuery { page: after(next), ..limit(2) };
        let (names, total, next) = world.page(&query).await;
        assert_eq!((names, total), (vec!["app-2".into(), "app-1".into()], 5));
        query.page = after(next);
        let (names, _, next) = world.page(&query).await;
        assert_eq!((names, next), (vec!["app-0".into()], None));
        query.page = Page::Offset(3);
        assert_eq!(world.page(&query).await, (vec!["app-1".into(), "app-0".into()], 5, None));
        query.page = Page::Offset(5);
        assert_eq!(world.page(&query).await, (vec![], 5, None));
    }

    /// The clock stands still: only the id tells them apart.
    async fn rows_of_one_moment_are_on_one_page_each(world) {
        for number in 0..7 {
            world.deploy(&format!("app-{number}")).await;
        }
        for sort in ["created_at", "-created_at", "status", "-status"] {
            let mut seen = world.walk(&sorted(sort, 3)).await;
            seen.sort();
            assert_eq!(seen, (0..7).map(|number| format!("app-{number}")).collect::<Vec<_>>(), "{sort}");
        }
    }

    async fn a_full_last_page_has_no_next(world) {
        world.deploy("one").await;
        world.deploy("two").await;
        assert_eq!(world.page(&limit(2)).await.2, None);
        assert_eq!(world.page(&limit(0)).await.0.len(), 1, "a page has a row");
    }

    async fn deleted_ones_are_left_out_unless_asked_for(world) {
        let first = world.deploy("one").await;
        world.deploy("two").await;
        world.destroy_waiting(&first.deployment).await;
        assert_eq!(world.page(&limit(9)).await.0, ["two"]);
        let query = ListQuery { deleted: true, ..limit(9) };
        assert_eq!(world.page(&query).await.1, 2);
        let query = ListQuery { deleted: true, status: Some(Status::Deleted), ..limit(9) };
        assert_eq!(world.page(&query).await.0, ["one"]);
        assert_eq!(world.store.counts(&ALL).await.unwrap(), Counts { total: 1, running: 0, failed: 0 });
    }

    async fn counts_are_by_status(world) {
        for name in ["one", "two", "three"] {
            world.deploy(name).await;
        }
        world.serve_next(1).await;
        world.fail_next().await;
        assert_eq!(world.store.counts(&ALL).await.unwrap(), Counts { total: 3, running: 1, failed: 1 });
        let query = ListQuery { status: Some(Status::Running), ..limit(9) };
        let (names, total, _) = world.page(&query).await;
        assert_eq!((names, total), (vec!["one".into()], 1));
    }

    async fn names_are_ordered_bytewise_and_found_by_what_they_begin_with(world) {
        for name in ["beta", "Alpha", "alp-1", "alp_2"] {
            world.deploy(name).await;
        }
        assert_eq!(world.walk(&sorted("name", 2)).await, ["Alpha", "alp-1", "alp_2", "beta"]);
        assert_eq!(world.walk(&sorted("-name", 2)).await, ["beta", "alp_2", "alp-1", "Alpha"]);
        for (q, found) in [("alp", vec!["alp-1", "alp_2"]), ("alp_", vec!["alp_2"]), ("%", vec![]), ("b", vec!["beta"])] {
            for sort in ["name", "created_at", "status"] {
                let query = ListQuery { q: Some(q.into()), want_total: true, ..sorted(sort, 1) };
                let mut seen = world.walk(&query).await;
                seen.sort();
                assert_eq!(seen, found, "{q} by {sort}");
                assert_eq!(world.page(&query).await.1, found.len() as u64, "{q} by {sort}");
            }
        }
    }

    async fn an_id_is_found_whole(world) {
        let id = world.deploy("one").await.deployment.to_string();
        world.deploy("two").await;
        for sort in ["name", "-name", "created_at", "-status"] {
            let query = ListQuery { q: Some(id.clone()), want_total: true, ..sorted(sort, 2) };
            assert_eq!(world.page(&query).await, (vec!["one".into()], 1, None), "{sort}");
            let query = ListQuery { q: Some(id[..35].into()), want_total: true, ..sorted(sort, 2) };
            assert_eq!(world.page(&query).await, (vec![], 0, None), "{sort}");
        }
    }

    async fn a_cursor_that_no_page_gave_is_refused(world) {
        for number in 0..3 {
            world.deploy(&format!("app-{number}")).await;
        }
        let given = world.page(&limit(1)).await.2.unwrap();
        let with = |query: ListQuery, cursor: &str| ListQuery { page: Page::After(cursor.into()), ..query };
        let others = [
            with(limit(1), "x"),
            with(limit(1), "'; drop table deployments; --"),
            with(limit(1), &given[1..]),
            with(sorted("created_at", 1), &given),
            with(ListQuery { deleted: true, ..limit(1) }, &given),
            with(ListQuery { status: Some(Status::Running), ..limit(1) }, &given),
        ];
        for query in others {
            let error = world.store.list(&ALL, &query).await.unwrap_err();
            assert!(matches!(error, StoreError::BadCursor), "{query:?}: {error}");
        }
        let own = world.store.list(&Scope::Owner("ana".into()), &with(limit(1), &given)).await;
        assert!(matches!(own, Err(StoreError::BadCursor)));
        // Another number of rows is the same list.
        assert_eq!(world.page(&with(limit(9), &given)).await.0.len(), 2);
    }

    async fn found_by_id_then_by_name_the_live_one_first(world) {
        let old = world.deploy("My-App").await;
        world.destroy_waiting(&old.deployment).await;
        world.clock.pass(1);
        assert_eq!(world.shown("My-App").await.id, old.deployment.to_string(), "a deleted one is found while it is the only one");
        let new = world.deploy("MY-app").await;
        assert_eq!(world.shown("my-APP").await.id, new.deployment.to_string());
        assert_eq!(world.shown(&old.deployment.to_string()).await.status, Some(Status::Deleted));
        for key in ["my_app", "", "%", "nobody", "' OR 1=1 --"] {
            assert!(world.store.find(&ALL, key).await.unwrap().is_none(), "{key}");
        }
    }

    async fn live_ones_are_paged_for_reconcilers(world) {
        let mut ids = Vec::new();
        for name in ["one", "two", "three"] {
            ids.push(world.deploy(name).await.deployment);
        }
        ids.sort_by_key(ToString::to_string);
        let first = world.store.live(None, 2).await.unwrap();
        assert_eq!(first.iter().map(|facts| facts.id).collect::<Vec<_>>(), ids[..2]);
        let rest = world.store.live(Some(&ids[1]), 2).await.unwrap();
        assert_eq!(rest.iter().map(|facts| facts.id).collect::<Vec<_>>(), ids[2..]);
    }
}
