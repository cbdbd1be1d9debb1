//! The database as the settings name it, and what the doctor says of it.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::World;

const SECRET: &str = "hunter2hunter2";

fn dot_env(world: &World, line: &str) {
    std::fs::write(world.work().join(".env"), line).unwrap();
}

fn setting(world: &World) -> (String, String) {
    let json: Value = serde_json::from_str(&world.run(&["config", "--json"]).ok()).unwrap();
    let settings = json["settings"].as_array().unwrap();
    let found = settings
        .iter()
        .find(|s| s["name"] == "database_url")
        .unwrap();
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("value"), text("from"))
}

/// What the doctor says of one thing: state, finding and cure.
fn checks(world: &World, name: &str) -> Vec<(String, String, String)> {
    let ran = world.run(&["doctor", "--json"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(SECRET));
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let all = json["checks"].as_array().unwrap().iter();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let wanted = all.filter(|check| check["name"] == name);
    wanted
        .map(|check| {
            (
                text(check, "state"),
                text(check, "what"),
                text(check, "cure"),
            )
        })
        .collect()
}

fn check(world: &World, name: &str) -> (String, String, String) {
    let mut found = checks(world, name);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.remove(0)
}

#[test]
fn without_a_setting_the_database_is_in_the_data_folder() {
    let mut world = World::new();
    world
        .env
        .insert("HAVRE_DATA_DIR".into(), "/srv/havre".into());
    let expected = (
        "sqlite:////srv/havre/deployments.db".to_owned(),
        "default".to_owned(),
    );
    assert_eq!(setting(&world), expected);
}

#[test]
fn dot_env_counts_in_the_working_folder_only() {
    let world = World::new();
    let parent = world.work().parent().unwrap().join(".env");
    std::fs::write(parent, "DATABASE_URL=sqlite:///parent.db\n").unwrap();
    assert_eq!(setting(&world).1, "default");
    dot_env(&world, "DATABASE_URL=sqlite:///here.db\n");
    assert_eq!(
        setting(&world),
        ("sqlite:///here.db".into(), ".env DATABASE_URL".into())
    );
}

#[test]
fn a_password_with_a_dollar_survives_dot_env_and_is_never_shown() {
    let world = World::new();
    dot_env(
        &world,
        &format!("DATABASE_URL=postgresql://u:$HOME{SECRET}@localhost/d\n"),
    );
    for args in [&["config"][..], &["config", "--json"]] {
        let ran = world.run(args);
        assert!(
            !ran.stdout.contains(SECRET) && ran.stdout.contains("postgresql://u@localhost:5432/d")
        );
    }
}

#[test]
fn set_but_empty_is_an_error_wherever_it_is_set() {
    let mut world = World::new();
    dot_env(&world, "DATABASE_URL=\n");
    let (state, what, cure) = check(&world, "DATABASE_URL");
    assert_eq!(state, "fail");
    assert!(
        what.contains(".env DATABASE_URL") && what.contains("to nothing"),
        "{what}"
    );
    assert!(!cure.is_empty());
    world.env.insert("DATABASE_URL".into(), " ".into());
    assert!(
        check(&world, "DATABASE_URL")
            .1
            .contains("environment DATABASE_URL")
    );
    let ran = world.run(&["serve"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("environment DATABASE_URL"),
        "{}",
        ran.stderr
    );
    world.env.remove("DATABASE_URL");
    std::fs::remove_file(world.work().join(".env")).unwrap();
    std::fs::write(
        world.work().join("havre.toml"),
        "[server]\ndatabase_url = \"\"\n",
    )
    .unwrap();
    assert!(check(&world, "DATABASE_URL").1.contains("havre.toml"));
}

#[test]
fn files_of_settings_that_cannot_be_read_do_not_show_their_lines() {
    let world = World::new();
    dot_env(&world, &format!("A=1\n{SECRET}\n"));
    let ran = world.run(&["config"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("Line 2") && !ran.stderr.contains(SECRET),
        "{}",
        ran.stderr
    );
    std::fs::remove_file(world.work().join(".env")).unwrap();
    let toml = format!("[server]\ndatabase_url = \"mysql://u:{SECRET}@h/d\n");
    std::fs::write(world.work().join("havre.toml"), toml).unwrap();
    let ran = world.run(&["config"]);
    assert_eq!(ran.code, 2);
    assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
}

#[test]
fn the_doctor_names_what_is_wrong_with_the_url_without_showing_it() {
    let mut world = World::new();
    let url = format!("postgresql://u:{SECRET}@@h/d");
    world.env.insert("DATABASE_URL".into(), url);
    let (state, what, _) = check(&world, "DATABASE_URL");
    assert!(state == "fail" && what.contains("%40"), "{what}");
    assert!(world.run(&["config"]).ok().contains("not a database URL"));
}

#[test]
fn the_doctor_looks_at_a_file() {
    let mut world = World::new();
    world
        .env
        .insert("DATABASE_URL".into(), "sqlite:///x.db".into());
    let (state, what, _) = check(&world, "database");
    assert!(state == "ok" && what.contains("not there yet"), "{what}");
    assert!(!world.work().join("x.db").exists());
    assert_eq!(check(&world, "db writes").0, "ok");
    assert_eq!(check(&world, "db in use").0, "ok");
    assert!(checks(&world, "db schema").is_empty());
    std::fs::write(world.work().join("x.db"), "no database at all").unwrap();
    let (state, what, cure) = check(&world, "database");
    assert!(state == "fail" && what.contains("not an SQLite database") && !cure.is_empty());
    world
        .env
        .insert("DATABASE_URL".into(), "sqlite:////nowhere/x.db".into());
    let (state, _, cure) = check(&world, "database");
    assert!(
        state == "fail" && cure.contains("mkdir -p /nowhere"),
        "{cure}"
    );
}

#[test]
fn the_doctor_says_what_is_in_the_way_to_a_server() {
    let mut world = World::new();
    dot_env(
        &world,
        &format!(
            "DATABASE_URL=mysql://u:{SECRET}@127.0.0.1:{}/d\n",
            crate::harness::free_port()
        ),
    );
    let (state, what, cure) = check(&world, "database");
    assert!(state == "fail" && what.contains("nobody listens"), "{what}");
    assert!(cure.contains("systemctl status mariadb"), "{cure}");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(world.work().join(".env"), open).unwrap();
    let warned = |world: &World| {
        checks(world, "DATABASE_URL")
            .iter()
            .any(|check| check.0 == "warn")
    };
    assert!(warned(&world));
    let closed = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(world.work().join(".env"), closed).unwrap();
    assert!(!warned(&world));
    world.env.insert("DATABASE_URL".into(), "sqlite://".into());
    assert_eq!(check(&world, "database").0, "ok");
}

/// On a server of the tests, where there is one.
#[test]
fn the_doctor_looks_at_servers() {
    for (variable, name) in [
        ("HAVRE_TEST_POSTGRES", "PostgreSQL"),
        ("HAVRE_TEST_MARIADB", "MariaDB"),
    ] {
        let Some(url) = std::env::var(variable).ok().filter(|url| !url.is_empty()) else {
            println!("SKIPPED: the_doctor_looks_at_servers: {variable} is not set");
            continue;
        };
        let mut world = World::new();
        let url = if url.ends_with('/') {
            format!("{url}mysql")
        } else {
            url
        };
        world.env.insert("DATABASE_URL".into(), url);
        let (state, what, _) = check(&world, "database");
        assert!(state == "ok" && what.contains(name), "{what}");
        for name in ["db writes", "db rights", "db clock"] {
            assert_eq!(check(&world, name).0, "ok", "{name}");
        }
    }
}
