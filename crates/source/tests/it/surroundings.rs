//! What git is given, seen by a program in its place.

use std::os::unix::fs::PermissionsExt;

use domain::ports::SourceError;

use crate::support::Fetcher;

/// A git that tells about itself on its error output instead of fetching.
async fn told(script: &str, url: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("git");
    let text = format!(
        "#!/bin/sh\ncase \" $* \" in *' fetch '*) ;; *) exec git \"$@\" ;; esac\n{script} >&2\nexit 9\n"
    );
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let fetcher = Fetcher::with(|config| {
        config.git = program;
        config.github_token = Some("ghp_hunter2hunter2".to_owned().into());
        config.deploy_key = Some("/nonexistent/key".into());
    });
    match fetcher.fetch(&url.parse().unwrap(), None).await {
        Err(SourceError::Other { source, .. }) => source.to_string(),
        other => panic!("{other:?}"),
    }
}

const GITHUB: &str = "https://github.com/a/b";

#[tokio::test]
async fn the_token_is_in_no_argument_and_reaches_github_only() {
    let arguments = told("echo \"$*\"", GITHUB).await;
    assert!(
        arguments.contains("-- https://github.com/a/b +HEAD:"),
        "{arguments}"
    );
    // base64 of the token's pair begins like this.
    let secret = "eC1hY2Nlc3MtdG9rZW46";
    assert!(!arguments.contains(secret) && !arguments.contains("hunter2"));
    let environment = "printenv | grep -c 'Authorization: Basic eC1hY2Nlc3MtdG9rZW46'";
    assert!(told(environment, GITHUB).await.ends_with(": 1"));
    assert!(
        told(environment, "https://github.com.example.org/a/b")
            .await
            .ends_with(": 0")
    );
    assert!(
        told(environment, "git@github.com:a/b")
            .await
            .ends_with(": 0")
    );
}

#[tokio::test]
async fn the_environment_is_ours_alone() {
    // The environment of a test holds CARGO, and more that no child has to know.
    assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")));
    let names = told(
        "printenv | grep -vE '^(GIT|SSH)_' | cut -d= -f1 | sort | tr '\\n' ' '",
        GITHUB,
    )
    .await;
    let names = names.split(": ").last().unwrap();
    let ours = [
        "HOME",
        "LC_ALL",
        "PATH",
        "PWD",
        "TMPDIR",
        "XDG_CONFIG_HOME",
        "_",
        "SHLVL",
        "OLDPWD",
    ];
    let foreign: Vec<_> = names
        .split(' ')
        .filter(|name| !name.is_empty() && !ours.contains(name))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(
        told("ls -A \"$HOME\" | wc -l", GITHUB)
            .await
            .ends_with(": 0")
    );
}

#[tokio::test]
async fn one_protocol_is_allowed_and_no_prompt() {
    for (url, protocol) in [
        (GITHUB, "https"),
        ("http://h/a", "http"),
        ("git@h:a", "ssh"),
    ] {
        let said = told(
            "echo \"$GIT_ALLOW_PROTOCOL $GIT_TERMINAL_PROMPT [$GIT_ASKPASS]\"",
            url,
        )
        .await;
        assert!(said.ends_with(&format!(": {protocol} 0 []")), "{said}");
    }
}

#[tokio::test]
async fn bounds_are_set_and_nothing_outside_can_be_written() {
    assert!(told("ulimit -c", GITHUB).await.ends_with(": 0"));
    assert!(told("ulimit -n", GITHUB).await.ends_with(": 512"));
    assert!(told("ulimit -v", GITHUB).await.ends_with(": 4194304"));
    assert!(
        told("echo x > \"$TMPDIR/mine\" && cat \"$TMPDIR/mine\"", GITHUB)
            .await
            .ends_with(": x")
    );
    let outside = tempfile::tempdir().unwrap();
    let (file, secret) = (outside.path().join("file"), outside.path().join("secret"));
    std::fs::write(&secret, "swordfish").unwrap();
    told(&format!("echo x > {}", file.display()), GITHUB).await;
    let read = told(&format!("cat {}", secret.display()), GITHUB).await;
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
            "SKIPPED: bounds_are_set_and_nothing_outside_can_be_written: this kernel has no Landlock"
        );
        return;
    }
    assert!(!file.exists(), "git could write outside of its work folder");
    assert!(
        read.contains("Permission denied") && !read.contains("swordfish"),
        "{read}"
    );
    let environment = told(
        &format!("cat /proc/{}/environ | tr '\\0' ' '", std::process::id()),
        GITHUB,
    )
    .await;
    assert!(!environment.contains("CARGO"), "{environment}");
    let run = told("cp /bin/true \"$TMPDIR/mine\" && \"$TMPDIR/mine\"", GITHUB).await;
    assert!(run.contains("Permission denied"), "{run}");
}

#[tokio::test]
async fn ssh_is_given_our_options_only() {
    let script = "printenv | grep -o 'ssh -F /dev/null -o BatchMode=yes.* -i /nonexistent/key'";
    let said = told(script, "git@h:a").await;
    assert!(said.contains("StrictHostKeyChecking=accept-new"), "{said}");
}
