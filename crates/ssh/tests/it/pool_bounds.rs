//! How much a pool holds, and when it lets go.

use std::time::Duration;

use ssh::{Bounds, Pool, PoolLimits, SshError, Target};

use crate::rude_server::says;
use crate::sshd::Sshd;
use crate::support::{code, silent, soon, until};

fn few(sessions: usize) -> PoolLimits {
    PoolLimits {
        sessions,
        wait: Duration::from_millis(400),
        ..PoolLimits::default()
    }
}

async fn ok(pool: &Pool, target: &Target) {
    let output = soon(pool.run(target, &["true"], b"", Bounds::default())).await;
    assert_eq!(code(&output), Some(0), "{output:?}");
}

#[tokio::test]
async fn an_idle_session_makes_way_for_another_target() {
    let name = "an_idle_session_makes_way_for_another_target";
    let (Some(a), Some(b)) = (Sshd::start(name), Sshd::start_with(name, 101, "")) else {
        return;
    };
    let pool = Pool::new(few(1));
    for _ in 0..3 {
        ok(&pool, &a.target()).await;
        ok(&pool, &b.target()).await;
        assert_eq!(pool.stats().sessions, 1);
    }
    assert_eq!((a.logins(), b.logins()), (3, 3));
}

#[tokio::test]
async fn the_one_that_was_used_last_stays() {
    let name = "the_one_that_was_used_last_stays";
    let (Some(a), Some(b), Some(c)) = (
        Sshd::start(name),
        Sshd::start_with(name, 101, ""),
        Sshd::start_with(name, 102, ""),
    ) else {
        return;
    };
    let pool = Pool::new(few(2));
    for sshd in [&a, &b, &a, &c, &a] {
        ok(&pool, &sshd.target()).await;
    }
    assert_eq!((a.logins(), b.logins(), c.logins()), (1, 1, 1));
}

#[tokio::test]
async fn when_all_are_in_use_a_caller_waits_and_then_is_told() {
    let name = "when_all_are_in_use_a_caller_waits_and_then_is_told";
    let (Some(a), Some(b)) = (Sshd::start(name), Sshd::start_with(name, 101, "")) else {
        return;
    };
    let pool = Pool::new(few(1));
    let running = {
        let (pool, target) = (pool.clone(), a.target());
        let ignore = |_: &[u8]| {};
        tokio::spawn(async move {
            pool.stream(&target, &["cat"], silent(), ignore, ignore)
                .await
        })
    };
    until("it runs", || pool.stats().busy == 1).await;
    let busy = soon(pool.run(&b.target(), &["true"], b"", Bounds::default())).await;
    assert!(matches!(busy, Err(SshError::Busy { .. })), "{busy:?}");
    // Given up in the middle of the other's wait: the place is his.
    let waiting = {
        let (pool, target) = (pool.clone(), b.target());
        tokio::spawn(async move { pool.run(&target, &["true"], b"", Bounds::default()).await })
    };
    running.abort();
    assert_eq!(code(&soon(waiting).await.unwrap()), Some(0));
}

#[tokio::test]
async fn too_many_callers_are_told_at_once() {
    let target = says(b"SSH-2.0-x\r\n", false, true).await;
    let limits = PoolLimits {
        waiting: 3,
        ..PoolLimits::default()
    };
    let pool = Pool::new(limits);
    let runs = (0..20).map(|_| {
        let (pool, target) = (pool.clone(), target.clone());
        tokio::spawn(async move { pool.run(&target, &["true"], b"", Bounds::default()).await })
    });
    let mut busy = 0;
    for run in runs.collect::<Vec<_>>() {
        match soon(run).await.unwrap() {
            Err(SshError::Busy { .. }) => busy += 1,
            Err(SshError::Unreachable { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(busy, 17);
}

#[tokio::test]
async fn idle_sessions_are_closed_and_the_pool_forgets() {
    let Some(sshd) = Sshd::start("idle_sessions_are_closed_and_the_pool_forgets") else {
        return;
    };
    let limits = PoolLimits {
        idle: Duration::from_millis(200),
        ..PoolLimits::default()
    };
    let pool = Pool::new(limits);
    ok(&pool, &sshd.target()).await;
    until("it is forgotten", || {
        pool.stats() == ssh::PoolStats::default()
    })
    .await;
    let ends = [
        "Connection closed by",
        "Connection reset by",
        "Received disconnect",
    ];
    until("sshd sees it", || {
        ends.iter().any(|end| sshd.log().contains(end))
    })
    .await;
    ok(&pool, &sshd.target()).await;
    assert_eq!(sshd.logins(), 2);
}

#[tokio::test]
async fn a_session_in_use_is_not_idle() {
    let Some(sshd) = Sshd::start("a_session_in_use_is_not_idle") else {
        return;
    };
    let limits = PoolLimits {
        idle: Duration::from_millis(50),
        ..PoolLimits::default()
    };
    let pool = Pool::new(limits);
    let output = soon(pool.run(&sshd.target(), &["sleep", "0.5"], b"", Bounds::default())).await;
    assert_eq!(code(&output), Some(0));
}

#[tokio::test]
async fn a_target_that_is_forgotten_loses_what_runs() {
    let Some(sshd) = Sshd::start("a_target_that_is_forgotten_loses_what_runs") else {
        return;
    };
    let pool = Pool::new(PoolLimits::default());
    let running = {
        let (pool, target) = (pool.clone(), sshd.target());
        let ignore = |_: &[u8]| {};
        tokio::spawn(async move {
            pool.stream(&target, &["cat"], silent(), ignore, ignore)
                .await
        })
    };
    until("it runs", || sshd.log().contains("Starting session")).await;
    pool.forget(&sshd.target()).await;
    let lost = soon(running).await.unwrap();
    assert!(matches!(lost, Err(SshError::Lost { .. })), "{lost:?}");
    ok(&pool, &sshd.target()).await;
    pool.close().await;
    assert_eq!(pool.stats(), ssh::PoolStats::default());
}
