//! Which commit is fetched.

use domain::ports::{FetchRequest, Source};

use crate::support::{Fetcher, Repo};

fn two_commits() -> (Repo, [domain::Commit; 2]) {
    let repo = Repo::of(&[("app.py", "one")]);
    let first = repo.head();
    repo.write(&[("app.py", "two")]);
    let second = repo.commit();
    (repo, [first, second])
}

#[tokio::test]
async fn the_default_branch_comes_without_git_folder_and_history() {
    let (repo, [_, second]) = two_commits();
    let fetcher = Fetcher::default();
    let fetched = fetcher.fetch(&repo.url(), None).await.unwrap();
    assert_eq!(
        (fetched.commit, fetched.bytes, fetched.warnings.len()),
        (second, 3, 0)
    );
    assert_eq!(
        fetcher.files(),
        [("app.py".to_owned(), "two".to_owned())].into()
    );
}

#[tokio::test]
async fn the_default_branch_is_what_head_names() {
    let (repo, [first, _]) = two_commits();
    repo.git(&["branch", "trunk", first.as_str()]);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let fetcher = Fetcher::default();
    assert_eq!(
        fetcher.fetch(&repo.url(), None).await.unwrap().commit,
        first
    );
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/gone"]);
    let fetcher = Fetcher::default();
    let says = fetcher.refusal(&repo.url(), None).await;
    assert!(
        says.contains("default branch") && says.contains("there is: main, trunk"),
        "{says}"
    );
}

#[tokio::test]
async fn branches_tags_and_commits_are_found() {
    let (repo, [first, second]) = two_commits();
    repo.git(&["branch", "feature/a.b", first.as_str()]);
    repo.git(&["branch", "a;b$(x)", first.as_str()]);
    repo.git(&["tag", "light", first.as_str()]);
    repo.git(&["tag", "--annotate", "--message=x", "heavy", first.as_str()]);
    repo.git(&["checkout", "--quiet", "--detach", "heavy"]);
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    let fetcher = Fetcher::default();
    let whole = [first.as_str(), &first.as_str()[..7], &first.as_str()[..20]];
    for name in [
        "feature/a.b",
        "a;b$(x)",
        "light",
        "heavy",
        "refs/tags/heavy",
    ]
    .iter()
    .chain(&whole)
    {
        let fetched = fetcher.fetch(&repo.url(), Some(name)).await.unwrap();
        assert_eq!(fetched.commit, first, "{name}");
    }
    assert_eq!(
        fetcher
            .fetch(&repo.url(), Some("main"))
            .await
            .unwrap()
            .commit,
        second
    );
}

#[tokio::test]
async fn a_resumed_deploy_gets_its_commit_whatever_the_branch_names_by_now() {
    let (repo, [first, _]) = two_commits();
    let fetcher = Fetcher::default();
    let request = FetchRequest {
        commit: Some(first.clone()),
        ..fetcher.request(&repo.url(), Some("main"))
    };
    assert_eq!(fetcher.source.fetch(&request).await.unwrap().commit, first);
    assert_eq!(fetcher.files()["app.py"], "one");
}

#[tokio::test]
async fn a_commit_that_no_branch_reaches_is_fetched_where_it_is_there() {
    let (repo, [_, second]) = two_commits();
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let fetcher = Fetcher::default();
    assert_eq!(
        fetcher
            .fetch(&repo.url(), Some(second.as_str()))
            .await
            .unwrap()
            .commit,
        second
    );
}

#[tokio::test]
async fn a_missing_ref_names_what_there_is() {
    let (repo, _) = two_commits();
    let fetcher = Fetcher::default();
    for name in [
        "nope",
        "refs/heads/nope",
        "deadbeef",
        "0123456789012345678901234567890123456789",
    ] {
        let says = fetcher.refusal(&repo.url(), Some(name)).await;
        assert!(
            says.contains(&format!("no branch, tag or commit `{name}`")),
            "{says}"
        );
    }
    let says = fetcher.refusal(&repo.url(), Some("nope")).await;
    assert!(says.contains("there is: main"), "{says}");
}

#[tokio::test]
async fn a_tag_of_no_commit_is_refused() {
    let (repo, _) = two_commits();
    repo.git(&["tag", "blob", "HEAD:app.py"]);
    let says = Fetcher::default().refusal(&repo.url(), Some("blob")).await;
    assert!(says.contains("does not name a commit"), "{says}");
}

#[tokio::test]
async fn an_empty_repository_and_a_folder_that_is_none_are_told_apart() {
    let fetcher = Fetcher::default();
    let says = fetcher.refusal(&Repo::empty().url(), None).await;
    assert!(says.contains("is empty"), "{says}");
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display())
        .parse()
        .unwrap();
    let says = fetcher.refusal(&url, None).await;
    assert!(says.contains("no Git repository"), "{says}");
    drop(folder);
    let says = fetcher.refusal(&url, None).await;
    assert!(says.contains("no Git repository"), "{says}");
}

#[tokio::test]
async fn repositories_with_sha256_are_fetched() {
    let repo = Repo::with_hashes("sha256");
    repo.write(&[("a", "1")]);
    let head = repo.commit();
    assert_eq!(head.as_str().len(), 64);
    let fetcher = Fetcher::default();
    assert_eq!(fetcher.fetch(&repo.url(), None).await.unwrap().commit, head);
    assert_eq!(
        fetcher
            .fetch(&repo.url(), Some(head.as_str()))
            .await
            .unwrap()
            .commit,
        head
    );
}

#[tokio::test]
async fn fetching_again_replaces_what_was_there() {
    let (repo, [first, _]) = two_commits();
    let fetcher = Fetcher::default();
    std::fs::create_dir(fetcher.place()).unwrap();
    std::fs::write(fetcher.place().join("half"), "x").unwrap();
    fetcher
        .fetch(&repo.url(), Some(first.as_str()))
        .await
        .unwrap();
    assert_eq!(fetcher.files().into_keys().collect::<Vec<_>>(), ["app.py"]);
}
