//! Repositories that mean harm, or that hold what cannot be taken yet.

use domain::ports::{Source, SourceError};

use crate::support::{Fetcher, Repo};

#[tokio::test]
async fn names_of_any_kind_come_through() {
    let names = [
        "with space",
        "quote\"'`$(x)",
        "new\nline",
        "-leading",
        "--force",
        "ünïcode",
        "a;b|c&d",
        "%2e%2e",
        "\\",
    ];
    let files: Vec<_> = names.iter().map(|&name| (name, name)).collect();
    let repo = Repo::of(&files);
    let fetcher = Fetcher::default();
    fetcher.fetch(&repo.url(), None).await.unwrap();
    let expected = names
        .iter()
        .map(|&name| (name.to_owned(), name.to_owned()))
        .collect();
    assert_eq!(fetcher.files(), expected);
    let tree = fetcher.source.tree(&fetcher.place());
    assert!(
        names
            .iter()
            .all(|name| tree.read(name).as_deref() == Some(name))
    );
}

#[tokio::test]
async fn links_within_the_tree_stay_links() {
    let repo = Repo::of(&[("src/app.py", "x")]);
    repo.link("app.py", "src/app.py");
    repo.link("src/top", "..");
    repo.link("dangling", "not/there");
    repo.commit();
    let fetcher = Fetcher::default();
    fetcher.fetch(&repo.url(), None).await.unwrap();
    let files = fetcher.files();
    assert_eq!(
        [&files["app.py"], &files["src/top"]],
        ["-> src/app.py", "-> .."]
    );
    assert!(
        fetcher
            .source
            .tree(&fetcher.place())
            .read("app.py")
            .is_none()
    );
}

#[tokio::test]
async fn links_out_of_the_tree_are_refused() {
    for (path, target) in [
        ("a", "/etc/passwd"),
        ("deep/a", "../../etc"),
        ("a", ".."),
        ("a", "b/../../x"),
    ] {
        let repo = Repo::of(&[("app.py", "x")]);
        repo.link(path, target);
        repo.commit();
        let says = Fetcher::default().refusal(&repo.url(), None).await;
        assert!(
            says.contains(&format!("link `{path}`")) && says.contains(target),
            "{says}"
        );
    }
}

#[tokio::test]
async fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let repo = Repo::empty();
    let inner = repo.feed(&["hash-object", "-w", "--stdin"], b"owned");
    let tree = repo.feed(
        &["mktree", "-z"],
        format!("100644 blob {inner}\tfile\0").as_bytes(),
    );
    let target = outside.path().display().to_string();
    // The same name twice: a link out, and a folder to be written through it. Git's own check refuses the tree.
    repo.commit_entries(&[
        ("120000", "blob", b"d", &target),
        ("040000", "tree", b"d", &tree),
    ]);
    let fetcher = Fetcher::default();
    let refused = fetcher.fetch(&repo.url(), None).await;
    assert!(
        matches!(refused, Err(SourceError::Refused { .. })),
        "{refused:?}"
    );
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn paths_that_climb_or_hide_are_refused() {
    for name in [&b".git"[..], b"..", b".GIT", b"git~1", b".g\xe2\x80\x8cit"] {
        let repo = Repo::empty();
        let hook = repo.feed(&["hash-object", "-w", "--stdin"], b"#!/bin/sh\n");
        let tree = repo.feed(
            &["mktree", "-z"],
            format!("100755 blob {hook}\tpost-checkout\0").as_bytes(),
        );
        repo.commit_entries(&[
            ("040000", "tree", name, &tree),
            ("100644", "blob", b"app.py", "x"),
        ]);
        let fetcher = Fetcher::default();
        let says = fetcher.refusal(&repo.url(), None).await;
        assert!(
            says.contains("check refuses") || says.contains("cannot be written safely"),
            "{says}"
        );
    }
}

#[tokio::test]
async fn submodules_are_not_yet() {
    let repo = Repo::of(&[
        ("app.py", "x"),
        (
            ".gitmodules",
            "[submodule \"lib\"]\n\tpath = lib\n\turl = https://x/y\n",
        ),
    ]);
    let head = repo.head();
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{head},lib"),
    ]);
    repo.git(&["commit", "--quiet", "--message=x"]);
    let says = Fetcher::default().refusal(&repo.url(), None).await;
    assert!(
        says.contains("submodules (lib)") && says.contains("yet") && says.contains("subtree"),
        "{says}"
    );
}

#[tokio::test]
async fn a_left_over_gitmodules_file_is_a_warning() {
    let repo = Repo::of(&[("app.py", "x"), (".gitmodules", "")]);
    let fetched = Fetcher::default().fetch(&repo.url(), None).await.unwrap();
    assert!(fetched.warnings[0].contains(".gitmodules"));
}

#[tokio::test]
async fn lfs_is_not_yet() {
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n",
        "a".repeat(64)
    );
    let repo = Repo::of(&[
        (
            ".gitattributes",
            "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        ),
        ("big.bin", &pointer),
    ]);
    let says = Fetcher::default().refusal(&repo.url(), None).await;
    assert!(
        says.contains("Git LFS (big.bin)") && says.contains("yet"),
        "{says}"
    );
}

#[tokio::test]
async fn hooks_and_filters_of_the_repository_do_not_run() {
    let marks = tempfile::tempdir().unwrap();
    let mark = |name: &str| format!("touch {}/{name}", marks.path().display());
    let repo = Repo::of(&[
        ("app.py", "x\n"),
        (
            ".gitattributes",
            "* filter=evil diff=evil merge=evil export-ignore ident\n",
        ),
    ]);
    let commit = repo.head();
    for (key, command) in [
        ("filter.evil.smudge", mark("smudge")),
        ("filter.evil.clean", mark("clean")),
        ("filter.evil.process", mark("process")),
        ("core.fsmonitor", mark("fsmonitor")),
        ("core.sshCommand", mark("ssh")),
        ("uploadpack.packObjectsHook", mark("pack-objects")),
        ("core.alternateRefsCommand", mark("alternates")),
        ("core.pager", mark("pager")),
        ("diff.evil.textconv", mark("textconv")),
    ] {
        repo.git(&["config", key, &command]);
    }
    let hooks = repo.path().join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    for name in [
        "post-checkout",
        "pre-upload",
        "reference-transaction",
        "post-index-change",
        "post-update",
    ] {
        let hook = hooks.join(name);
        std::fs::write(&hook, format!("#!/bin/sh\n{}\n", mark(name))).unwrap();
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
    }
    let fetcher = Fetcher::default();
    assert_eq!(
        fetcher.fetch(&repo.url(), None).await.unwrap().commit,
        commit
    );
    assert_eq!(fetcher.files().len(), 2, "export-ignore is not heeded");
    let ran: Vec<_> = std::fs::read_dir(marks.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(ran.is_empty(), "{ran:?}");
}

#[tokio::test]
async fn executables_stay_executable() {
    use std::os::unix::fs::PermissionsExt;
    let repo = Repo::of(&[("run.sh", "#!/bin/sh\n"), ("plain", "x")]);
    std::fs::set_permissions(repo.path().join("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    repo.commit();
    let fetcher = Fetcher::default();
    fetcher.fetch(&repo.url(), None).await.unwrap();
    let mode = |name: &str| {
        fetcher
            .place()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("run.sh"), mode("plain")), (0o755, 0o644));
}
