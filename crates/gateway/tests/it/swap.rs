//! Swapping guests under load, and draining the old one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::ports::{Router, RouterError};
use tokio::sync::Semaphore;

use crate::support::{App, Count, Raw, TestGateway, get, label, soon, stopped, text};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_guests_are_swapped_and_killed() {
    const CLIENTS: usize = 16;
    const SWAPS: usize = 20;
    const REQUESTS: usize = 6_000;
    let gateway = Arc::new(TestGateway::start().await);
    let mut app = App::saying("v0").await;
    gateway.route("app", app.upstream()).await;
    let done = Count::new();
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (done, over) = (done.clone(), Arc::clone(&over));
            let address = gateway.address;
            tokio::spawn(async move {
                let mut raw = Raw::connect(address).await;
                let mut newest = 0;
                while !over.load(Ordering::SeqCst) {
                    let request = match client % 3 {
                        0 => "POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 2\r\n\r\nhi",
                        1 => "POST / HTTP/1.1\r\nHost: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                        _ => "GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n",
                    };
                    raw.send(request).await;
                    let answer = raw.answer().await;
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    let version: usize = answer.text()[1..].parse().unwrap();
                    assert!(version >= newest, "v{version} answered after v{newest}");
                    newest = version;
                    done.up();
                }
            })
        })
        .collect();
    for swap in 1..=SWAPS {
        done.is(|done| *done >= swap * REQUESTS / (SWAPS + 1)).await;
        let next = App::saying(&format!("v{swap}")).await;
        gateway.route("app", next.upstream()).await;
        // The answer of `set` means that every new request takes the new route.
        let answer = get(gateway.address, "app.localhost", "/").await;
        assert_eq!(answer.text(), format!("v{swap}"));
        let cut = gateway.client.drain(&app.upstream(), LONG).await.unwrap();
        assert_eq!(cut, 0);
        // The old guest, and every connection to it, is killed.
        app = next;
    }
    done.is(|done| *done >= REQUESTS).await;
    over.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    let status = gateway.client.status().await.unwrap();
    assert_eq!(status.in_flight, 0);
    assert_eq!(status.counters.cut + status.counters.bad_gateway, 0);
}

/// A guest whose answers wait for a permit.
async fn gated(words: &'static str) -> (App, Arc<Semaphore>, Count) {
    let gate = Arc::new(Semaphore::new(0));
    let asked = Count::new();
    let (held, count) = (Arc::clone(&gate), asked.clone());
    let app = App::serve(move |_| {
        let gate = Arc::clone(&held);
        count.up();
        async move {
            gate.acquire().await.unwrap().forget();
            text(words)
        }
    })
    .await;
    (app, gate, asked)
}

async fn begin(gateway: &TestGateway, asked: &Count) -> Raw {
    let before = asked.get();
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("POST / HTTP/1.1\r\nHost: app.localhost\r\nContent-Length: 0\r\n\r\n")
        .await;
    asked.is(|asked| *asked > before).await;
    raw
}

#[tokio::test]
async fn requests_in_flight_finish_on_the_old_guest_and_end_the_drain() {
    let gateway = TestGateway::start().await;
    let (old, gate, asked) = gated("old").await;
    let new = App::saying("new").await;
    gateway.route("app", old.upstream()).await;
    let mut raw = begin(&gateway, &asked).await;
    assert_eq!(gateway.client.status().await.unwrap().in_flight, 1);
    gateway.route("app", new.upstream()).await;
    assert_eq!(
        get(gateway.address, "app.localhost", "/").await.text(),
        "new"
    );
    let (client, upstream) = (gateway.client.clone(), old.upstream());
    let drain = tokio::spawn(async move { client.drain(&upstream, LONG).await });
    // The drain is under way and waits.
    gateway.status_is(|status| status.in_flight == 1).await;
    assert!(!drain.is_finished());
    gate.add_permits(1);
    assert_eq!(raw.answer().await.text(), "old");
    assert_eq!(soon(drain).await.unwrap().unwrap(), 0);
    // The client's connection goes on with the new guest.
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    assert_eq!(raw.answer().await.text(), "new");
}

#[tokio::test]
async fn what_is_left_at_the_end_of_a_drain_is_cut_and_counted() {
    let gateway = TestGateway::start().await;
    let (old, _gate, asked) = gated("old").await;
    gateway.route("app", old.upstream()).await;
    let mut one = begin(&gateway, &asked).await;
    let mut two = begin(&gateway, &asked).await;
    let route = stopped("app");
    gateway.client.set(&label("app"), route).await.unwrap();
    let limit = Duration::from_millis(50);
    let cut = gateway.client.drain(&old.upstream(), limit).await.unwrap();
    assert_eq!(cut, 2);
    for raw in [&mut one, &mut two] {
        let answer = raw.answer().await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("1"))
        );
    }
    let status = gateway.client.status().await.unwrap();
    assert_eq!((status.in_flight, status.counters.cut), (0, 2));
}

#[tokio::test]
async fn a_get_that_is_cut_before_its_answer_began_is_answered_by_the_new_guest() {
    let gateway = TestGateway::start().await;
    let (old, _gate, asked) = gated("old").await;
    let new = App::saying("new").await;
    gateway.route("app", old.upstream()).await;
    let mut raw = Raw::connect(gateway.address).await;
    raw.send("GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
        .await;
    asked.is(|asked| *asked == 1).await;
    gateway.route("app", new.upstream()).await;
    let limit = Duration::from_millis(50);
    let cut = gateway.client.drain(&old.upstream(), limit).await.unwrap();
    assert_eq!(cut, 1);
    let answer = raw.answer().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "new"));
}

#[tokio::test]
async fn a_guest_that_serves_is_never_drained() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    gateway.route("app", app.upstream()).await;
    let refused = gateway.client.drain(&app.upstream(), LONG).await;
    assert!(matches!(refused, Err(RouterError::Refused(why)) if why.contains("still serves app")));
    assert_eq!(get(gateway.address, "app.localhost", "/").await.status, 200);
}

#[tokio::test]
async fn draining_what_nobody_knows_is_done_at_once() {
    let gateway = TestGateway::start().await;
    let app = App::saying("hello").await;
    let cut = soon(gateway.client.drain(&app.upstream(), LONG))
        .await
        .unwrap();
    assert_eq!(cut, 0);
}

#[tokio::test]
async fn a_guest_that_comes_back_is_not_touched_by_its_old_drain() {
    let gateway = TestGateway::start().await;
    let (old, gate, asked) = gated("old").await;
    let new = App::saying("new").await;
    gateway.route("app", old.upstream()).await;
    let mut before = begin(&gateway, &asked).await;
    gateway.route("app", new.upstream()).await;
    let (client, upstream) = (gateway.client.clone(), old.upstream());
    let drain =
        tokio::spawn(async move { client.drain(&upstream, Duration::from_millis(300)).await });
    // A rollback while the drain waits.
    gateway.route("app", old.upstream()).await;
    let mut after = begin(&gateway, &asked).await;
    let cut = soon(drain).await.unwrap();
    // Depending on which came first the drain cut the one request from before, or was refused.
    if let Ok(cut) = cut {
        assert_eq!(cut, 1);
        assert_eq!(before.answer().await.status, 503);
    }
    gate.add_permits(2);
    assert_eq!(after.answer().await.text(), "old");
}

#[tokio::test]
async fn idle_connections_of_a_replaced_guest_are_closed_at_once() {
    let gateway = TestGateway::start().await;
    let open = Count::new();
    let count = open.clone();
    let old = App::raw(move |mut stream| {
        let open = count.clone();
        async move {
            open.up();
            while crate::support::read_head(&mut stream).await.is_some() {
                use tokio::io::AsyncWriteExt;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    .await;
            }
            open.down();
        }
    })
    .await;
    gateway.route("app", old.upstream()).await;
    get(gateway.address, "app.localhost", "/").await;
    assert_eq!(open.get(), 1);
    let set = std::time::Instant::now();
    gateway
        .client
        .set(&label("app"), stopped("app"))
        .await
        .unwrap();
    open.is(|open| *open == 0).await;
    // Sooner than they would have grown too old.
    assert!(
        set.elapsed() < Duration::from_millis(700),
        "{:?}",
        set.elapsed()
    );
    // Without a swap they are closed within a second.
    gateway.route("app", old.upstream()).await;
    get(gateway.address, "app.localhost", "/").await;
    let idle = std::time::Instant::now();
    assert_eq!(open.get(), 1);
    open.is(|open| *open == 0).await;
    assert!(
        idle.elapsed() < Duration::from_millis(1500),
        "{:?}",
        idle.elapsed()
    );
}
