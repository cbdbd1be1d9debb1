//! Repositories of this machine.

use domain::ports::Source;
use source::LocalGit;

use crate::support::{Fetcher, Repo, output};

#[tokio::test]
async fn local_repositories_are_admitted_only_as_configured() {
    let repo = Repo::of(&[("a", "x")]);
    let denied = Fetcher::with(|config| config.local = LocalGit::Denied);
    assert!(denied.source.admit(&repo.url()).is_err());
    let says = denied.refusal(&repo.url(), None).await;
    assert!(says.contains("HAVRE_ALLOW_LOCAL_GIT"), "{says}");

    let elsewhere = Repo::empty();
    let roots = |root: &std::path::Path| LocalGit::Roots(vec![root.to_path_buf()]);
    let outside = Fetcher::with(|config| config.local = roots(elsewhere.path()));
    assert!(
        outside
            .refusal(&repo.url(), None)
            .await
            .contains("not below")
    );
    let inside = Fetcher::with(|config| config.local = roots(repo.path().parent().unwrap()));
    inside.source.admit(&repo.url()).unwrap();
    inside.fetch(&repo.url(), None).await.unwrap();
}

/// Git by itself refuses to serve from a repository of somebody else.
#[tokio::test]
async fn a_repository_of_another_user_is_fetched() {
    if !nix::unistd::Uid::effective().is_root() {
        println!("SKIPPED: a_repository_of_another_user_is_fetched: only root can give files away");
        return;
    }
    let repo = Repo::of(&[("a", "x")]);
    let head = repo.head();
    output(
        std::process::Command::new("chown")
            .args(["-R", "12345:12345"])
            .arg(repo.path()),
    );
    let fetcher = Fetcher::default();
    assert_eq!(fetcher.fetch(&repo.url(), None).await.unwrap().commit, head);
}

#[tokio::test]
async fn bare_repositories_and_odd_folder_names_are_fetched() {
    let repo = Repo::of(&[("a", "x")]);
    let top = tempfile::tempdir().unwrap();
    let bare = top.path().join("it's;a%20$(bare).git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let url = format!("file://{}", bare.display()).replace('%', "%25");
    let fetcher = Fetcher::default();
    assert_eq!(
        fetcher
            .fetch(&url.parse().unwrap(), None)
            .await
            .unwrap()
            .commit,
        repo.head()
    );
}

/// A client in the place of ssh: it tells what it was told, and runs the other half here.
#[tokio::test]
async fn ssh_urls_are_fetched_with_the_key_and_the_known_hosts_of_the_server() {
    let repo = Repo::of(&[("a", "x")]);
    let folder = tempfile::tempdir().unwrap();
    let (ssh, known_hosts) = (
        folder.path().join("ssh"),
        folder.path().join("keys/known_hosts"),
    );
    let script = "#!/bin/sh\nfor last; do :; done\necho \"$*\" >> \"$(dirname \"$0\")/keys/known_hosts\"\nexec sh -c \"$last\"\n";
    std::fs::write(&ssh, script).unwrap();
    std::fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let fetcher = Fetcher::with(|config| {
        config.ssh = ssh;
        config.deploy_key = Some("/etc/havre/key".into());
        config.known_hosts = known_hosts.clone();
    });
    // Beside the client: elsewhere the fence around it keeps it from reading.
    let bare = folder.path().join("app.git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let url = format!("git@host.example:{}", bare.display())
        .parse()
        .unwrap();
    assert_eq!(fetcher.fetch(&url, None).await.unwrap().commit, repo.head());
    let told = std::fs::read_to_string(&known_hosts).unwrap();
    for option in [
        "-F /dev/null",
        "-o BatchMode=yes",
        "-i /etc/havre/key",
        "StrictHostKeyChecking=accept-new",
    ] {
        assert!(told.contains(option), "{told}");
    }
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&known_hosts.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn ssh_without_a_key_is_refused_at_once() {
    let says = Fetcher::default()
        .refusal(&"git@host.example:a/b".parse().unwrap(), None)
        .await;
    assert!(
        says.contains("no deploy key") && says.contains("https"),
        "{says}"
    );
}

#[tokio::test]
async fn a_repository_below_a_root_cannot_lend_objects_from_elsewhere() {
    let (secret, top) = (
        Repo::of(&[("secret", "swordfish")]),
        tempfile::tempdir().unwrap(),
    );
    let borrower = top.path().join("app");
    secret.git(&[
        "clone",
        "--quiet",
        "--bare",
        "--shared",
        ".",
        borrower.to_str().unwrap(),
    ]);
    let url = format!("file://{}", borrower.display()).parse().unwrap();
    let fetcher =
        Fetcher::with(|config| config.local = LocalGit::Roots(vec![top.path().to_path_buf()]));
    // SAFETY: asks for the version only.
    let landlock = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<u8>(),
            0,
            1,
        )
    };
    if landlock < 1 {
        println!(
            "SKIPPED: a_repository_below_a_root_cannot_lend_objects_from_elsewhere: no Landlock"
        );
        return;
    }
    let fetched = fetcher.fetch(&url, None).await;
    assert!(fetched.is_err() && !fetcher.place().exists(), "{fetched:?}");
}
