//! Sessions that are shared.

use std::time::Duration;

use ssh::{Bounds, Exit, Pool, PoolLimits, SshError, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::copies::Gate;
use crate::sshd::Sshd;
use crate::support::{client_key, code, loopback, silent, soon, until};

async fn ok(pool: &Pool, target: &Target) {
    let output = soon(pool.run(target, &["echo", "ok"], b"", Bounds::default())).await;
    assert_eq!(output.unwrap().stdout.bytes, b"ok\n");
}

#[tokio::test]
async fn fifty_commands_at_once_share_one_session() {
    let Some(sshd) = Sshd::start("fifty_commands_at_once_share_one_session") else {
        return;
    };
    let pool = Pool::new(PoolLimits::default());
    let target = sshd.target();
    let runs = (0..50).map(|n| {
        let (pool, target) = (pool.clone(), target.clone());
        tokio::spawn(async move {
            let word = format!("n{n}");
            let output = pool
                .run(&target, &["echo", &word], b"", Bounds::default())
                .await;
            assert_eq!(output.unwrap().stdout.text().trim(), word);
        })
    });
    for run in runs.collect::<Vec<_>>() {
        soon(run).await.unwrap();
    }
    assert_eq!(sshd.logins(), 1);
    assert_eq!(pool.stats().sessions, 1);
    until("all is given back", || pool.stats().busy == 0).await;
}

#[tokio::test]
async fn never_more_commands_at_once_than_sshd_allows() {
    let name = "never_more_commands_at_once_than_sshd_allows";
    let Some(sshd) = Sshd::start_with(name, 100, "MaxSessions 3") else {
        return;
    };
    let limits = PoolLimits {
        channels: 3,
        ..PoolLimits::default()
    };
    let pool = Pool::new(limits);
    let runs = (0..12).map(|_| {
        let (pool, target) = (pool.clone(), sshd.target());
        tokio::spawn(async move {
            pool.run(&target, &["sleep", "0.05"], b"", Bounds::default())
                .await
        })
    });
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(code(&soon(run).await.unwrap()), Some(0));
    }
    assert_eq!(
        sshd.logins(),
        1,
        "a refused channel would have made a second session"
    );
}

#[tokio::test]
async fn commands_without_end_do_not_keep_others_out() {
    let Some(sshd) = Sshd::start("commands_without_end_do_not_keep_others_out") else {
        return;
    };
    let limits = PoolLimits {
        channels: 2,
        shared: 2,
        wait: Duration::from_secs(5),
        ..PoolLimits::default()
    };
    let pool = Pool::new(limits);
    let ignore = |_: &[u8]| {};
    let follow = || {
        let (pool, target) = (pool.clone(), sshd.target());
        tokio::spawn(async move {
            pool.stream(&target, &["cat"], silent(), ignore, ignore)
                .await
        })
    };
    let begun = |n| sshd.log().matches("Starting session").count() >= n;
    let _followers = [follow(), follow()];
    until("two run", || begun(2)).await;
    ok(&pool, &sshd.target()).await;
    assert_eq!(sshd.logins(), 2);
    // Two more fill that session as well, and there is no third.
    let _followers = [follow(), follow()];
    until("four run", || begun(5)).await;
    let busy = soon(pool.run(&sshd.target(), &["true"], b"", Bounds::default())).await;
    assert!(matches!(busy, Err(SshError::Busy { .. })), "{busy:?}");
    assert_eq!(sshd.logins(), 2);
}

#[tokio::test]
async fn commands_that_live_on_do_not_use_up_the_target() {
    let Some(sshd) = Sshd::start("commands_that_live_on_do_not_use_up_the_target") else {
        return;
    };
    let pool = Pool::new(PoolLimits::default());
    let target = sshd.target();
    let bounds = Bounds::time(Duration::from_millis(20));
    // sshd counts them until they end, and allows ten.
    for _ in 0..14 {
        let late = soon(pool.run(&target, &["sleep", "20"], b"", bounds)).await;
        assert!(matches!(late, Err(SshError::TooLong { .. })), "{late:?}");
    }
    ok(&pool, &target).await;
    assert_eq!(sshd.logins(), 2);
}

#[tokio::test]
async fn a_slow_download_holds_back_nobody_else() {
    let Some(sshd) = Sshd::start("a_slow_download_holds_back_nobody_else") else {
        return;
    };
    let pool = Pool::new(PoolLimits::default());
    let target = sshd.target();
    let gate = Gate::default();
    let copying = {
        let (pool, target, writer) = (pool.clone(), target.clone(), gate.writer());
        let argv = ["head", "-c", "40000000", "/dev/zero"];
        tokio::spawn(async move { pool.download(&target, &argv, writer).await })
    };
    until("it has begun", || gate.taken() > 0).await;
    for _ in 0..5 {
        ok(&pool, &target).await;
    }
    assert!(gate.taken() < 40_000_000);
    gate.open();
    assert_eq!(soon(copying).await.unwrap().unwrap().exit, Exit::Code(0));
}

#[tokio::test]
async fn a_restarted_sshd_is_called_again() {
    let Some(mut sshd) = Sshd::start("a_restarted_sshd_is_called_again") else {
        return;
    };
    let pool = Pool::new(PoolLimits::default());
    let target = sshd.target();
    ok(&pool, &target).await;
    let running = {
        let (pool, target) = (pool.clone(), target.clone());
        let ignore = |_: &[u8]| {};
        tokio::spawn(async move {
            pool.stream(&target, &["cat"], silent(), ignore, ignore)
                .await
        })
    };
    until("it runs", || {
        pool.stats().busy == 1 && sshd.log().matches("Starting session").count() == 2
    })
    .await;
    sshd.kill();
    let lost = soon(running).await.unwrap().unwrap_err();
    assert!(matches!(lost, SshError::Lost { .. }), "{lost}");
    let down = soon(pool.run(&target, &["true"], b"", Bounds::default())).await;
    assert!(
        matches!(down, Err(SshError::Unreachable { .. })),
        "{down:?}"
    );
    sshd.up();
    ok(&pool, &target).await;
}

#[tokio::test]
async fn callers_of_a_machine_that_is_away_share_one_attempt() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut target = crate::support::target(
        listener.local_addr().unwrap().port(),
        "x",
        ssh::Trust::Learn,
    );
    target.timeouts.connect = Duration::from_millis(200);
    let pool = Pool::new(PoolLimits::default());
    let runs = (0..20).map(|_| {
        let (pool, target) = (pool.clone(), target.clone());
        tokio::spawn(async move { pool.run(&target, &["true"], b"", Bounds::default()).await })
    });
    for run in runs.collect::<Vec<_>>() {
        assert!(matches!(
            soon(run).await.unwrap(),
            Err(SshError::Unreachable { .. })
        ));
    }
    let mut attempts = 0;
    while let Ok(Ok(_)) = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await {
        attempts += 1;
    }
    assert_eq!(attempts, 1);
}

#[tokio::test]
async fn forwards_have_sessions_of_their_own_and_leave_them_behind() {
    let Some(sshd) = Sshd::start("forwards_have_sessions_of_their_own") else {
        return;
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let pool = Pool::new(PoolLimits::default());
    let target = sshd.target();
    ok(&pool, &target).await;
    for _ in 0..3 {
        let mut forward = soon(pool.forward(&target, &loopback(), port))
            .await
            .unwrap();
        let (mut far, _) = soon(listener.accept()).await.unwrap();
        far.write_all(b"hello").await.unwrap();
        drop(far);
        let mut back = String::new();
        soon(forward.read_to_string(&mut back)).await.unwrap();
        assert_eq!(back, "hello");
        drop(forward);
        until("it is given back", || pool.stats().busy == 0).await;
    }
    assert_eq!(sshd.logins(), 2, "one for commands, one for forwards");
}

#[tokio::test]
async fn another_key_is_another_target() {
    let Some(sshd) = Sshd::start("another_key_is_another_target") else {
        return;
    };
    let pool = Pool::new(PoolLimits::default());
    ok(&pool, &sshd.target()).await;
    let mut other = sshd.target();
    other.key = client_key(2);
    let refused = soon(pool.run(&other, &["true"], b"", Bounds::default())).await;
    assert!(
        matches!(refused, Err(SshError::AuthRefused { .. })),
        "{refused:?}"
    );
}
