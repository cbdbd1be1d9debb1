//! `havre.toml` wins over detection.

use crate::{lines, plan, start, try_plan, warns, wished};

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";

fn with(toml: &str) -> [(&str, &str); 3] {
    [
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("havre.toml", toml),
    ]
}

#[test]
fn every_key_is_taken() {
    let plan = plan(&with(
        "[app]\nport = 8123\npython = \"3.12.1\"\n\
         [build]\ninstall = [\"pip install x\", \"pip install y\"]\nbuild = \"make\"\n\
         [release]\ncommand = \"flask db upgrade\"\n[start]\ncommand = \"gunicorn x:y\"\n\
         [health]\npath = \"/up\"\nbelow = 400\nwithin_seconds = 5\n\
         [env]\nMODE = \"fast\"\nWEB_CONCURRENCY = 7\n[persist]\npaths = [\"data\", \"uploads/\"]\n",
    ));
    assert_eq!(plan.port, 8123);
    let version = plan.runtimes[0].version.as_ref().unwrap();
    assert_eq!(
        (version.wish.as_str(), version.file.as_str()),
        ("3.12", "havre.toml")
    );
    assert_eq!(lines(&plan.install), ["pip install x", "pip install y"]);
    assert_eq!(lines(&plan.build), ["make"]);
    assert_eq!(lines(plan.release.as_slice()), ["flask db upgrade"]);
    assert_eq!(start(&plan), "exec gunicorn x:y");
    assert_eq!(
        (
            plan.health.path.as_str(),
            plan.health.below,
            plan.health.within_seconds
        ),
        ("/up", 400, 5)
    );
    assert_eq!(
        (
            plan.env["MODE"].as_str(),
            plan.env["WEB_CONCURRENCY"].as_str()
        ),
        ("fast", "7")
    );
    assert_eq!(plan.persist, ["data", "uploads"]);
    assert_eq!(plan.framework, "flask");
}

#[test]
fn a_build_of_its_own_may_bake_in_what_any_tool_does() {
    let own = plan(&with("[build]\nbuild = \"make assets\"\n"));
    assert!(own.bakes("VITE_TITLE") && own.bakes("NEXT_PUBLIC_URL"));
    assert!(!own.bakes("GREETING"));
    assert!(!plan(&with("")).bakes("VITE_TITLE"));
}

#[test]
fn a_start_command_alone_makes_an_app() {
    let plan = plan(&[
        ("havre.toml", "[start]\ncommand = \"./serve\"\n"),
        ("serve", "#!/bin/sh"),
    ]);
    assert_eq!(
        (plan.framework.as_str(), start(&plan)),
        ("procfile", "exec ./serve")
    );
    assert_eq!(plan.main_runtime(), domain::plan::Runtime::Shell);
}

#[test]
fn its_start_wins_over_the_procfile_and_an_empty_release_means_none() {
    let mut files = with("[start]\ncommand = \"a; b\"\n[release]\ncommand = \"\"\n").to_vec();
    files.push(("Procfile", "web: other\nrelease: migrate\n"));
    let plan = plan(&files);
    assert_eq!(start(&plan), "a; b");
    assert!(plan.release.is_none());
}

#[test]
fn a_value_it_gives_is_no_secret_to_make() {
    let source =
        "import os\nfrom flask import Flask\napp = Flask('x')\nk = os.environ['SECRET_KEY']\n";
    let files = [
        ("requirements.txt", "flask"),
        ("app.py", source),
        ("havre.toml", "[env]\nSECRET_KEY = \"x\"\n"),
    ];
    assert!(plan(&files).secrets.is_empty());
}

#[test]
fn unknown_keys_are_named_and_bad_ones_refused_with_their_line() {
    assert!(warns(&plan(&with("[app]\nprot = 1\n")), "app.prot"));
    let error = try_plan(&with("[app]\nport = \"x\"\n")).unwrap_err();
    assert!(error.message.contains("line 2"), "{error:?}");
    let error = try_plan(&with("[persist]\npaths = [\"app.py\"]\n")).unwrap_err();
    assert!(error.message.contains("app.py"), "{error:?}");
}

#[test]
fn its_framework_is_a_wish_and_the_users_comes_first() {
    let files = with("[app]\nframework = \"laravel\"\n");
    assert!(try_plan(&files).unwrap_err().message.contains("Laravel"));
    assert_eq!(
        wished(&files, Some("flask"), None).unwrap().framework,
        "flask"
    );
}

#[test]
fn the_documented_file_is_read_without_a_warning() {
    let readme = std::fs::read_to_string(crate::disk::examples().join("README.md")).unwrap();
    let toml = readme
        .split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let files = [
        ("havre.toml", toml),
        ("backend/requirements.txt", "flask"),
        ("backend/app.py", FLASK),
    ];
    let plan = plan(&files);
    assert_eq!((plan.root.as_str(), plan.health.below), ("backend", 400));
    assert!(!warns(&plan, "mean nothing"), "{:?}", plan.warnings);
}
