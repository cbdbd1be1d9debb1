//! Routes, requests in flight, and source.

use std::time::Duration;

use domain::ports::{FetchRequest, RouterError, SourceError};
use domain::tree::EntryKind;

use super::support::{build, label, route, serve};
use crate::{Asked, Fault, Op, World};

#[tokio::test]
async fn a_guest_must_not_be_taken_away_under_its_route() {
    let world = World::new();
    let plug = world.plug();
    let artifact = build(&plug, &[]).await;
    let (old, new) = (
        serve(&plug, 1, &artifact).await,
        serve(&plug, 2, &artifact).await,
    );
    route(&plug, &old).await;
    assert_eq!(
        world.ask("hello"),
        Asked::App {
            status: 200,
            guest: old.clone()
        }
    );
    route(&plug, &new).await;
    assert!(plug.driver.freeze(&old).await.unwrap());
    plug.driver.destroy(&old).await.unwrap();
    world.assert_rules();

    plug.driver.freeze(&new).await.unwrap();
    plug.driver.stop(&new, Duration::ZERO).await.unwrap();
    plug.driver.destroy(&new).await.unwrap();
    assert_eq!(world.take_violations().len(), 3);
    assert!(matches!(world.ask("hello"), Asked::Failed(_)));
    plug.router.set(&label(), None).await.unwrap();
    assert_eq!(world.ask("hello"), Asked::Unknown);
    world.leave_ok();
}

#[tokio::test]
async fn draining_waits_for_requests_and_cuts_what_is_left() {
    let world = World::with_time(crate::TimeMode::Manual);
    let plug = world.plug();
    let artifact = build(&plug, &[]).await;
    let id = serve(&plug, 1, &artifact).await;
    route(&plug, &id).await;
    let upstream = plug.driver.address(&id).await.unwrap();
    let limit = Duration::from_secs(30);

    let request = world.request("hello").unwrap();
    let (cut, ()) = tokio::join!(plug.router.drain(&upstream, limit), async { drop(request) });
    assert_eq!(cut.unwrap(), 0);

    let request = world.request("hello").unwrap();
    let wait = world.until("the drain waits", |world| world.sleepers() == 1);
    let (cut, ()) = tokio::join!(plug.router.drain(&upstream, limit), async {
        wait.await;
        world.advance(limit);
    });
    assert_eq!(cut.unwrap(), 1);
    assert!(request.was_cut());
    world.leave_ok();
}

#[tokio::test]
async fn a_router_that_lost_its_answer_has_the_route() {
    let world = World::new();
    let plug = world.plug();
    world.fail(Op::RouteSet, Fault::Ambiguous { happened: true }, 1);
    let page = domain::ports::Route {
        name: "Hello".into(),
        state: domain::ports::RouteState::Deploying,
    };
    let lost = plug.router.set(&label(), Some(page)).await;
    assert!(matches!(lost, Err(RouterError::Unavailable(_))));
    world.expect().page("hello", "deploying").check();
    assert_eq!(world.ask("hello"), Asked::Page("deploying"));
    world.leave_ok();
}

#[tokio::test]
async fn source_is_fetched_by_branch_tag_and_commit_into_real_files() {
    let world = World::new();
    let plug = world.plug();
    let url = "https://git.example/hello";
    let repo = world
        .repo(url)
        .commit(&[("Procfile", "web: one"), ("src/app.py", "")])
        .name("v1");
    let first = repo.head().unwrap();
    let repo = repo.commit(&[("Procfile", "web: two")]);
    let folder = tempfile::tempdir().unwrap();
    let request = |git_ref: Option<&str>| FetchRequest {
        url: repo.url(),
        git_ref: git_ref.map(|name| name.parse().unwrap()),
        commit: None,
        into: folder.path().join("src"),
        timeout: Duration::from_secs(60),
    };
    let tree = plug.source.tree(&folder.path().join("src"));
    for (git_ref, text) in [
        (Some("v1"), "web: one"),
        (None, "web: two"),
        (Some(&first.as_str()[..8]), "web: one"),
    ] {
        plug.source.fetch(&request(git_ref)).await.unwrap();
        assert_eq!(tree.read("Procfile").as_deref(), Some(text));
    }
    assert_eq!(
        tree.list(""),
        [
            ("Procfile".into(), EntryKind::File),
            ("src".into(), EntryKind::Folder)
        ]
    );
    assert!(tree.read("../etc").is_none());
    let again = FetchRequest {
        commit: Some(first.clone()),
        ..request(None)
    };
    assert_eq!(plug.source.fetch(&again).await.unwrap().commit, first);
    let missing = plug.source.fetch(&request(Some("nope"))).await;
    assert!(matches!(missing, Err(SourceError::Refused { .. })));
    assert!(plug.source.admit(&repo.url()).is_ok());
    let repo = repo.not_admitted();
    assert!(plug.source.admit(&repo.url()).is_err());
}
