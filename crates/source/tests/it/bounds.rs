//! Bounds on what is fetched.

use std::fmt::Write;
use std::time::Duration;

use domain::ports::{FetchRequest, Source, SourceError};
use source::Caps;

use crate::support::{Fetcher, Repo};

async fn too_large(repo: &Repo, caps: Caps) -> String {
    let fetcher = Fetcher::capped(caps);
    match fetcher.fetch(&repo.url(), None).await {
        Err(SourceError::TooLarge(what)) => what,
        other => panic!("{other:?}"),
    }
}

/// Text that does not compress to nothing.
fn noise(bytes: usize) -> String {
    let mut text = String::new();
    let mut seed: u64 = 1;
    while text.len() < bytes {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let _ = write!(text, "{seed:016x}");
    }
    text
}

#[tokio::test]
async fn a_huge_file_is_refused_before_it_is_written() {
    let repo = Repo::of(&[("app.py", "x"), ("data/huge.csv", &"0".repeat(2_000_000))]);
    let what = too_large(
        &repo,
        Caps {
            file_bytes: 1 << 20,
            ..Caps::default()
        },
    )
    .await;
    assert!(
        what.contains("`data/huge.csv`") && what.contains("1 MiB"),
        "{what}"
    );
}

#[tokio::test]
async fn many_files_and_many_bytes_are_refused() {
    let names: Vec<String> = (0..50).map(|n| format!("f{n}")).collect();
    let text = "0".repeat(3000);
    let files: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), text.as_str()))
        .collect();
    let repo = Repo::of(&files);
    let what = too_large(
        &repo,
        Caps {
            files: 49,
            ..Caps::default()
        },
    )
    .await;
    assert!(what.contains("49 files"), "{what}");
    let what = too_large(
        &repo,
        Caps {
            bytes: 100_000,
            ..Caps::default()
        },
    )
    .await;
    assert!(what.contains("together"), "{what}");
}

/// A few objects that stand for a thousand million files.
#[tokio::test]
async fn a_tree_that_multiplies_is_refused_at_once() {
    let repo = Repo::empty();
    let mut entry = (
        "100644 blob",
        repo.feed(&["hash-object", "-w", "--stdin"], b"x"),
    );
    for _ in 0..9 {
        let mut list = String::new();
        for n in 0..10 {
            let _ = write!(list, "{} {}\td{n}\0", entry.0, entry.1);
        }
        entry = ("040000 tree", repo.feed(&["mktree", "-z"], list.as_bytes()));
    }
    let commit = repo.git(&["commit-tree", "-m", "x", &entry.1]);
    repo.git(&["update-ref", "refs/heads/main", &commit]);
    let what = too_large(
        &repo,
        Caps {
            files: 1000,
            ..Caps::default()
        },
    )
    .await;
    assert!(what.contains("1000 files"), "{what}");
}

#[tokio::test]
async fn a_transfer_past_its_bound_is_cut() {
    let repo = Repo::of(&[("noise", &noise(3_000_000))]);
    let what = too_large(
        &repo,
        Caps {
            bytes: 200_000,
            ..Caps::default()
        },
    )
    .await;
    assert!(what.contains("fetching it took more than"), "{what}");
}

#[tokio::test]
async fn time_runs_out_with_its_own_error() {
    let repo = Repo::of(&[("a", "x")]);
    let fetcher = Fetcher::default();
    let request = FetchRequest {
        timeout: Duration::ZERO,
        ..fetcher.request(&repo.url(), None)
    };
    let ended = fetcher.source.fetch(&request).await;
    assert!(matches!(ended, Err(SourceError::TimedOut(_))), "{ended:?}");
    fetcher.assert_nothing_left();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_fetches_at_once_do_not_disturb_each_other() {
    let repo = Repo::of(&[("a", "x")]);
    let fetcher = std::sync::Arc::new(Fetcher::default());
    let all = (0..12).map(|n| {
        let into = fetcher.folder.path().join(format!("into{n}"));
        let request = FetchRequest {
            into,
            ..fetcher.request(&repo.url(), None)
        };
        let fetcher = fetcher.clone();
        tokio::spawn(async move { fetcher.source.fetch(&request).await })
    });
    for fetch in all.collect::<Vec<_>>() {
        assert_eq!(fetch.await.unwrap().unwrap().commit, repo.head());
    }
    fetcher.assert_nothing_left();
}

/// A folder of one MiB, in a mount namespace of this thread's own so that nothing is left whatever happens.
fn small_disk(folder: &std::path::Path) -> nix::Result<()> {
    use nix::mount::{MsFlags, mount};
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS)?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_PRIVATE | MsFlags::MS_REC, none)?;
    mount(
        Some("tmpfs"),
        folder,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("size=1m"),
    )
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_left_on_it() {
    let repo = Repo::of(&[("noise", &noise(3_000_000))]);
    let small = tempfile::tempdir().unwrap();
    if let Err(error) = small_disk(small.path()) {
        println!(
            "SKIPPED: a_full_disk_is_told_and_nothing_is_left_on_it: no mounts here ({error})"
        );
        return;
    }
    let scratch = small.path().join("scratch");
    let fetcher = Fetcher::with(|config| config.scratch = scratch.clone());
    let request = FetchRequest {
        into: small.path().join("into"),
        ..fetcher.request(&repo.url(), None)
    };
    match fetcher.source.fetch(&request).await {
        Err(SourceError::Other { what, .. }) => {
            assert!(what.contains("disk of the server is full"), "{what}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
}
