//! How long things take, for the record. Only on demand: it moves gigabytes.

use std::time::Instant;

use ssh::{Bounds, Exit, Pool, PoolLimits, Session};
use tokio::io::AsyncReadExt;

use crate::sshd::Sshd;
use crate::support::{code, soon};

const GIGABYTES: u64 = 5 * 1024 * 1024 * 1024 / 2;

fn wanted(test: &str) -> Option<Sshd> {
    if std::env::var_os("HAVRE_TEST_FIGURES").is_none() {
        println!("SKIPPED: {test}: it measures; set HAVRE_TEST_FIGURES=1 to run it");
        return None;
    }
    Sshd::start(test)
}

/// The most kilobytes that this process has held.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kilobytes = line.unwrap().split_whitespace().nth(1);
    kilobytes.unwrap().parse().unwrap()
}

fn rate(name: &str, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let rate = GIGABYTES as f64 / 1_048_576.0 / seconds;
    println!("{name}: {rate:.0} MiB/s, most memory {} KiB", resident());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gigabytes_go_through_at_constant_memory() {
    let Some(sshd) = wanted("gigabytes_go_through_at_constant_memory") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let begun = Instant::now();
    let zeroes = tokio::io::repeat(0).take(GIGABYTES);
    let up = session.upload(&["wc", "-c"], zeroes).await.unwrap();
    rate("up", begun);
    assert_eq!(up.stdout.text().trim(), GIGABYTES.to_string());
    let begun = Instant::now();
    let bytes = GIGABYTES.to_string();
    let argv = ["head", "-c", &bytes, "/dev/zero"];
    let mut count = 0;
    let counting = |data: &[u8]| count += data.len() as u64;
    let down = session.stream(&argv, tokio::io::empty(), counting, |_| {});
    assert_eq!(down.await.unwrap(), Exit::Code(0));
    rate("down", begun);
    assert_eq!(count, GIGABYTES);
    assert!(resident() < 100 * 1024);
}

fn times(name: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let (half, last) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{name}: p50 {half:.1} ms, p99 {last:.1} ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_long_connecting_and_a_command_take() {
    let Some(sshd) = wanted("how_long_connecting_and_a_command_take") else {
        return;
    };
    let mut connects = Vec::new();
    for _ in 0..30 {
        let begun = Instant::now();
        let session = soon(Session::connect(&sshd.target())).await.unwrap();
        connects.push(begun.elapsed().as_secs_f64() * 1000.0);
        session.close().await;
    }
    times("connect", connects);
    let pool = Pool::new(PoolLimits::default());
    let mut runs = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        let output = soon(pool.run(&sshd.target(), &["true"], b"", Bounds::default())).await;
        runs.push(begun.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(code(&output), Some(0));
    }
    times("a command", runs);
}
