//! Much data, both ways, at constant memory and as fast as the slower end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ssh::{Bounds, Exit, Session, SshError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::Notify;

use crate::sshd::Sshd;
use crate::support::{soon, until};

const MUCH: u64 = 100 * 1024 * 1024;

const BLOCK: usize = 1024 * 1024;

/// Bytes that are not all the same: a block of noise, its number written over its beginning.
struct Noise {
    block: Vec<u8>,
    at: u64,
}

impl Noise {
    fn new() -> Self {
        let mut block = vec![0; BLOCK];
        StdRng::seed_from_u64(5).fill_bytes(&mut block);
        Self { block, at: 0 }
    }

    /// What comes next, at most so much.
    fn next(&mut self, most: usize) -> &[u8] {
        let left = usize::try_from(MUCH - self.at).unwrap();
        let from = usize::try_from(self.at).unwrap() % BLOCK;
        self.block[..8].copy_from_slice(&(self.at / BLOCK as u64).to_be_bytes());
        let to = BLOCK.min(from + most.min(left));
        self.at += (to - from) as u64;
        &self.block[from..to]
    }

    /// Goes on as far as this, which must be the same.
    fn expect(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let next = self.next(data.len());
            assert!(
                !next.is_empty() && data.starts_with(next),
                "not what was sent"
            );
            data = &data[next.len()..];
        }
    }
}

impl AsyncRead for Noise {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let next = self.next(buf.remaining());
        buf.put_slice(next);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Noise {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.expect(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The same in a file.
async fn noise_file(sshd: &Sshd) -> String {
    let file = sshd.path("much");
    let mut out = tokio::fs::File::create(&file).await.unwrap();
    tokio::io::copy(&mut Noise::new(), &mut out).await.unwrap();
    out.flush().await.unwrap();
    file
}

fn rate(name: &str, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    println!("{name}: {:.0} MiB/s", MUCH as f64 / 1_048_576.0 / seconds);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_mebibytes_go_up() {
    let Some(sshd) = Sshd::start("a_hundred_mebibytes_go_up") else {
        return;
    };
    let file = noise_file(&sshd).await;
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let begun = Instant::now();
    let output = soon(session.upload(&["cmp", "-", &file], Noise::new())).await;
    rate("up", begun);
    let output = output.unwrap();
    assert_eq!(output.exit, Exit::Code(0), "{output:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_mebibytes_come_down() {
    let Some(sshd) = Sshd::start("a_hundred_mebibytes_come_down") else {
        return;
    };
    let file = noise_file(&sshd).await;
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let mut expected = Noise::new();
    let begun = Instant::now();
    let output = soon(session.download(&["cat", &file], &mut expected)).await;
    rate("down", begun);
    let output = output.unwrap();
    assert_eq!(output.exit, Exit::Code(0), "{output:?}");
    assert_eq!(expected.at, MUCH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_mebibytes_go_there_and_back() {
    let Some(sshd) = Sshd::start("a_hundred_mebibytes_go_there_and_back") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let mut expected = Noise::new();
    let back = |data: &[u8]| expected.expect(data);
    let exit = soon(session.stream(&["cat"], Noise::new(), back, |_| {})).await;
    assert_eq!(exit.unwrap(), Exit::Code(0));
    assert_eq!(expected.at, MUCH);
}

/// Two connections, one in the other: neither may wait for the other to read while that one waits for it to write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_goes_there_and_back_through_a_jump_host() {
    let name = "much_goes_there_and_back_through_a_jump_host";
    let (Some(jump), Some(guest)) = (Sshd::start_with(name, 200, ""), Sshd::start(name)) else {
        return;
    };
    let target = guest.target().through(jump.target());
    let session = soon(Session::connect(&target)).await.unwrap();
    let ways = (0..4).map(|_| {
        let session = session.clone();
        tokio::spawn(async move {
            let mut expected = Noise::new();
            let back = |data: &[u8]| expected.expect(data);
            let exit = session
                .stream(&["cat"], Noise::new().take(MUCH / 4), back, |_| {})
                .await;
            assert_eq!((exit.unwrap(), expected.at), (Exit::Code(0), MUCH / 4));
        })
    });
    for way in ways.collect::<Vec<_>>() {
        soon(way).await.unwrap();
    }
}

/// Long copies outlive the keys of their connection: new ones are agreed on in the middle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_renewed_in_the_middle_of_a_copy() {
    let name = "keys_are_renewed_in_the_middle_of_a_copy";
    let Some(sshd) = Sshd::start_with(name, 100, "RekeyLimit 5M\nLogLevel DEBUG1") else {
        return;
    };
    let file = noise_file(&sshd).await;
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let up = soon(session.upload(&["cmp", "-", &file], Noise::new())).await;
    assert_eq!(up.unwrap().exit, Exit::Code(0));
    let mut expected = Noise::new();
    let down = soon(session.download(&["cat", &file], &mut expected)).await;
    assert_eq!((down.unwrap().exit, expected.at), (Exit::Code(0), MUCH));
    let mut expected = Noise::new();
    let back = |data: &[u8]| expected.expect(data);
    let both = soon(session.stream(&["cat"], Noise::new(), back, |_| {})).await;
    assert_eq!((both.unwrap(), expected.at), (Exit::Code(0), MUCH));
    let renewed = sshd.log().matches("SSH2_MSG_KEXINIT sent").count();
    assert!(renewed > 20, "{renewed}");
}

/// Takes one write, then nothing until it is let go.
#[derive(Clone, Default)]
pub struct Gate {
    taken: Arc<AtomicU64>,
    open: Arc<Notify>,
    opened: Arc<AtomicU64>,
}

impl Gate {
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    pub fn open(&self) {
        self.opened.store(1, Ordering::Relaxed);
        self.open.notify_waiters();
    }

    /// A writer behind it.
    pub fn writer(&self) -> impl AsyncWrite + Send + use<> {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let gate = self.clone();
        tokio::spawn(async move { gate.drain(ours).await });
        theirs
    }

    async fn drain(self, mut reader: impl AsyncRead + Unpin) {
        let mut block = vec![0; 32 * 1024];
        while let Ok(n) = reader.read(&mut block).await {
            if n == 0 {
                return;
            }
            self.taken.fetch_add(n as u64, Ordering::Relaxed);
            let opened = self.open.notified();
            if self.opened.load(Ordering::Relaxed) == 0 {
                opened.await;
            }
        }
    }
}

#[tokio::test]
async fn a_slow_reader_holds_back_the_program_and_gets_all() {
    let Some(sshd) = Sshd::start("a_slow_reader_holds_back_the_program_and_gets_all") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let progress = sshd.path("progress");
    let script = format!(
        "i=0; while [ $i -lt 640 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i >{progress}; done"
    );
    let gate = Gate::default();
    let writer = gate.writer();
    let copying =
        tokio::spawn(async move { session.download(&["sh", "-c", &script], writer).await });
    let written = || {
        std::fs::read_to_string(&progress)
            .unwrap_or_default()
            .trim()
            .parse()
            .unwrap_or(0_u64)
    };
    // It has come to a halt when it has not moved for a while.
    let (mut last, mut since) = (0, Instant::now());
    until("it comes to a halt", || {
        let now = written();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        last > 0 && since.elapsed() > Duration::from_millis(400)
    })
    .await;
    assert!(
        last < 320,
        "{last} blocks of 64 KiB were let through though nobody read"
    );
    gate.open();
    let output = soon(copying).await.unwrap().unwrap();
    assert_eq!(output.exit, Exit::Code(0));
    until("all is read", || gate.taken() == 640 * 65536).await;
}

/// A reader that pauses for longer than a dead peer is given, and then reads on.
async fn pauses(target: &mut ssh::Target) {
    let dead = Duration::from_millis(600);
    target.timeouts.dead = dead;
    if let Some(jump) = &mut target.jump {
        jump.timeouts.dead = dead;
    }
    let session = soon(Session::connect(target)).await.unwrap();
    let gate = Gate::default();
    let writer = gate.writer();
    let argv = ["head", "-c", "40000000", "/dev/zero"];
    let copying = tokio::spawn(async move { session.download(&argv, writer).await });
    until("it has begun", || gate.taken() > 0).await;
    let paused = Instant::now();
    until("a long pause", || paused.elapsed() > dead * 3).await;
    gate.open();
    let output = soon(copying).await.unwrap().unwrap();
    assert_eq!(output.exit, Exit::Code(0));
    until("all is read", || gate.taken() == 40_000_000).await;
}

#[tokio::test]
async fn a_reader_that_pauses_for_long_is_not_cut_off() {
    let Some(sshd) = Sshd::start("a_reader_that_pauses_for_long_is_not_cut_off") else {
        return;
    };
    pauses(&mut sshd.target()).await;
}

#[tokio::test]
async fn nor_is_one_behind_a_jump_host() {
    let name = "nor_is_one_behind_a_jump_host";
    let (Some(jump), Some(guest)) = (Sshd::start_with(name, 200, ""), Sshd::start(name)) else {
        return;
    };
    pauses(&mut guest.target().through(jump.target())).await;
}

#[tokio::test]
async fn an_end_that_fails_here_is_told_as_ours() {
    let Some(sshd) = Sshd::start("an_end_that_fails_here_is_told_as_ours") else {
        return;
    };
    let session = soon(Session::connect(&sshd.target())).await.unwrap();
    let (ours, theirs) = tokio::io::duplex(10);
    drop(ours);
    let error = soon(session.download(&["yes"], theirs)).await.unwrap_err();
    assert!(matches!(error, SshError::Local { .. }), "{error}");
    let after = soon(session.run(&["true"], b"", Bounds::default())).await;
    assert!(after.is_ok());
}
