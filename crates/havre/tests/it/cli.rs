//! What the command line says when there is no server: help, bad input, unreachable.

use insta::assert_snapshot;

use crate::harness::World;

/// Every verb that talks to the server.
const VERBS: &[&[&str]] = &[
    &["deploy", "https://github.com/a/b", "--name", "app"],
    &["redeploy", "app"],
    &["rollback", "app", "v2"],
    &["cancel", "app"],
    &["start", "app"],
    &["stop", "app"],
    &["restart", "app"],
    &["list"],
    &["ls", "my-", "--status", "running", "--all"],
    &["tag", "list", "app"],
    &["tag", "add", "app", "web"],
    &["tag", "remove", "app", "web"],
    &["tag", "set", "app"],
    &["show", "app"],
    &["releases", "app"],
    &["env", "list", "app"],
    &["env", "get", "app", "K"],
    &["env", "set", "app", "K=V"],
    &["env", "unset", "app", "K"],
    &["logs", "app"],
    &["logs", "app", "-f"],
    &["open", "app", "--print"],
    &["destroy", "app", "--yes"],
];

#[test]
fn help_of_every_verb() {
    let world = World::new();
    let verbs = [
        "deploy",
        "redeploy",
        "rollback",
        "cancel",
        "start",
        "stop",
        "restart",
        "list",
        "show",
        "releases",
        "tag",
        "env",
        "logs",
        "open",
        "destroy",
        "doctor",
        "config",
        "completions",
        "demo",
        "serve",
        "gateway",
    ];
    assert_snapshot!("help", world.run(&["--help"]).shown(&world));
    let all: Vec<String> = verbs
        .iter()
        .map(|verb| {
            format!(
                "$ havre {verb} --help\n{}",
                world.run(&[verb, "--help"]).shown(&world)
            )
        })
        .collect();
    assert_snapshot!("help_of_verbs", all.join("\n\n"));
}

#[test]
fn a_server_that_does_not_answer_is_5_for_every_verb() {
    let world = World::new();
    assert_snapshot!("unreachable", world.run(&["list"]).shown(&world));
    assert_snapshot!(
        "unreachable_json",
        world.run(&["list", "--json"]).shown(&world)
    );
    for verb in VERBS {
        let ran = world.run(verb);
        assert_eq!(ran.code, 5, "{verb:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{verb:?}");
        assert!(
            ran.stderr.contains("havre serve"),
            "{verb:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn bad_input_is_2() {
    let world = World::new();
    let cases: &[&[&str]] = &[
        &[],
        &["frobnicate"],
        &["deploy"],
        &["deploy", "https://github.com/a/b"],
        &[
            "deploy",
            "https://github.com/a/b",
            "--name",
            "app",
            "--type",
            "docker",
        ],
        &[
            "deploy",
            "https://github.com/a/b",
            "--name",
            "app",
            "--env",
            "=x",
        ],
        &[
            "deploy",
            "https://github.com/a/b",
            "--name",
            "app",
            "--cores",
            "many",
        ],
        &["rollback", "app", "v0"],
        &["show", ".."],
        &["logs", "app", "-n", "x"],
        &["list", "--url", "https://example.com"],
        &["list", "--url", "nonsense"],
        &["env", "set", "app"],
        &["completions", "tcsh"],
        &["serve", "--listen", "0.0.0.0:5000"],
        &["serve", "--listen", "nowhere"],
    ];
    let all: Vec<String> = cases
        .iter()
        .map(|case| {
            let ran = world.run(case);
            assert_eq!(ran.code, 2, "{case:?}: {} {}", ran.stdout, ran.stderr);
            format!("$ havre {}\n{}", case.join(" "), ran.shown(&world))
        })
        .collect();
    assert_snapshot!("bad_input", all.join("\n\n"));
}

#[test]
fn settings_show_where_they_came_from_and_hide_secrets() {
    let mut world = World::new();
    std::fs::write(
        world.work().join(".env"),
        "LOG_LEVEL=DEBUG\nGITHUB_TOKEN=hunter2hunter2\nSECRET_KEY=x\n",
    )
    .unwrap();
    let toml =
        "[server]\nkeep_releases = 5\ngateway = \"127.0.0.1:8090\"\n[build]\ncommand = \"make\"\n";
    // Of a steady width: the columns of the table depend on it.
    world
        .env
        .insert("HAVRE_URL".into(), "http://127.0.0.1:5999".into());
    std::fs::write(world.work().join("havre.toml"), toml).unwrap();
    world
        .env
        .insert("HAVRE_GATEWAY".into(), "localhost:8091".into());
    world.env.insert("APP_PORT".into(), "5050".into());
    world
        .env
        .insert("HAVRE_DATA_DIR".into(), "/srv/havre".into());
    world
        .env
        .insert("DATABASE_URL".into(), "sqlite:////srv/havre.db".into());
    let ran = world.run(&["config"]);
    assert!(!ran.stdout.contains("hunter2"));
    assert_snapshot!("config", ran.shown(&world));
    let json: serde_json::Value =
        serde_json::from_str(&world.run(&["config", "--json"]).ok()).unwrap();
    assert_eq!(
        json["settings"][0]["from"],
        "environment APP_HOST, APP_PORT"
    );
}

#[test]
fn a_file_of_settings_that_cannot_be_read_is_told_without_its_content() {
    let world = World::new();
    std::fs::write(world.work().join(".env"), "GITHUB_TOKEN='hunter2\n").unwrap();
    let ran = world.run(&["config"]);
    assert_eq!(ran.code, 2);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    std::fs::write(world.work().join(".env"), "").unwrap();
    std::fs::write(world.work().join("havre.toml"), "[server]\nlisten_on = 1\n").unwrap();
    assert_snapshot!("unknown_setting", world.run(&["config"]).shown(&world));
}

#[test]
fn a_client_does_not_read_the_dot_env_of_the_folder_it_stands_in() {
    let mut world = World::new();
    let url = world.env.remove("HAVRE_URL").unwrap();
    std::fs::write(world.work().join(".env"), "HAVRE_URL=http://127.0.0.1:1\n").unwrap();
    let ran = world.run(&["list", "--url", &url]);
    assert!(ran.stderr.contains(&url), "{}", ran.stderr);
    let listen = url.strip_prefix("http://").unwrap().to_owned();
    world.env.insert("HAVRE_LISTEN".into(), listen);
    let ran = world.run(&["list"]);
    assert!(ran.stderr.contains(&url) && ran.code == 5, "{}", ran.stderr);
}

#[test]
fn completions_name_the_verbs() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = world.run(&["completions", shell]).ok();
        assert!(
            script.contains("rollback") && script.contains("no-wait"),
            "{shell}"
        );
        assert!(!script.contains("__guest"), "{shell}");
    }
}

#[test]
fn destroying_needs_a_yes_before_anything_is_asked_of_anybody() {
    // Nobody can be asked here (stdin is closed), and the server is not there: 5, not a hang.
    let world = World::new();
    assert_eq!(world.run(&["destroy", "app"]).code, 5);
}
