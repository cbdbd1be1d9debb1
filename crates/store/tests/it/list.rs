//! Finding, listing, counting.

use domain::Status;
use domain::ports::{Counts, ListQuery, Page, Scope};

use crate::world::*;

const ALL: Scope = Scope::Everyone;

impl World {
    async fn page(&self, query: &ListQuery) -> (Vec<String>, u64, Option<String>) {
        let listing = self.store.list(&ALL, query).await.unwrap();
        let names = listing.rows.into_iter().map(|row| row.name).collect();
        (names, listing.total.unwrap(), listing.next)
    }
}

fn limit(limit: u32) -> ListQuery {
    ListQuery {
        limit,
        ..ListQuery::default()
    }
}

contract! {
    async fn pages_go_back_in_time(world) {
        for number in 0..5 {
            world.deploy(&format!("app-{number}")).await;
            world.clock.pass(1);
        }
        let (names, total, next) = world.page(&limit(2)).await;
        assert_eq!((names, total), (vec!["app-4".into(), "app-3".into()], 5));
        let mut query = ListQuery { page: Page::After(next.unwrap()), ..limit(2) };
        let (names, total, next) = world.page(&query).await;
        assert_eq!((names, total), (vec!["app-2".into(), "app-1".into()], 5));
        query.page = Page::After(next.unwrap());
        let (names, _, next) = world.page(&query).await;
        assert_eq!((names, next), (vec!["app-0".into()], None));
    }

    /// The clock stands still: only the id tells them apart.
    async fn rows_of_one_moment_are_on_one_page_each(world) {
        for number in 0..7 {
            world.deploy(&format!("app-{number}")).await;
        }
        let (mut seen, mut query) = (Vec::new(), limit(3));
        loop {
            let (names, _, next) = world.page(&query).await;
            seen.extend(names);
            match next {
                Some(place) => query.page = Page::After(place),
                None => break,
            }
        }
        seen.sort();
        assert_eq!(seen, (0..7).map(|number| format!("app-{number}")).collect::<Vec<_>>());
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

    async fn a_place_that_nobody_gave_is_refused(world) {
        for place in ["x", "00", "ff0a", "'; drop table deployments; --"] {
            let query = ListQuery { page: Page::After(place.into()), ..limit(9) };
            let words = refusal(world.store.list(&ALL, &query).await);
            assert!(words.contains("first page"), "{words}");
        }
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
