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
