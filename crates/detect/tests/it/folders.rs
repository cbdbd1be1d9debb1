//! Which folder of a repository is the app.

use crate::{lines, plan, start, try_plan, warns, wished};

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";
const REACT: &str = r#"{"dependencies":{"react":"18","react-scripts":"5"}}"#;
const EXPRESS: &str = r#"{"scripts":{"start":"node i.js"},"dependencies":{"express":"4"}}"#;

#[test]
fn the_only_app_below_is_found_and_its_folder_is_the_root() {
    let plan = plan(&[
        ("README.md", ""),
        ("backend/requirements.txt", "flask"),
        ("backend/app.py", FLASK),
    ]);
    assert_eq!(
        (plan.root.as_str(), plan.framework.as_str()),
        ("backend", "flask")
    );
    assert!(lines(&plan.install)[1].contains("-r requirements.txt"));
    assert!(start(&plan).ends_with(" app:app"));
    assert!(plan.why.iter().any(|why| why.contains("`backend`")));
}

#[test]
fn a_front_end_that_is_not_run_yet_does_not_hide_the_back_end() {
    let files = [
        ("frontend/package.json", REACT),
        ("api/requirements.txt", "flask"),
        ("api/app.py", FLASK),
    ];
    assert_eq!(plan(&files).root, "api");
    let at_top = [
        ("package.json", REACT),
        ("public/index.html", ""),
        ("api/requirements.txt", "flask"),
        ("api/app.py", FLASK),
    ];
    let plan = plan(&at_top);
    assert_eq!(plan.root, "api");
    assert!(warns(&plan, "React"));
}

#[test]
fn several_apps_are_listed_with_the_way_to_choose() {
    let files = [
        ("api/requirements.txt", "flask"),
        ("api/app.py", FLASK),
        ("web/package.json", EXPRESS),
    ];
    let error = try_plan(&files).unwrap_err();
    assert!(
        error.message.contains("api (Flask)") && error.message.contains("web (Express.js)"),
        "{error:?}"
    );
    assert!(error.cure.contains("--root api"));
    assert_eq!(
        wished(&files, None, Some("web")).unwrap().framework,
        "express"
    );
    assert_eq!(wished(&files, None, Some("./api/")).unwrap().root, "api");
    assert_eq!(wished(&files, Some("express"), None).unwrap().root, "web");
}

#[test]
fn a_page_at_the_top_does_not_silently_publish_the_back_end() {
    let files = [
        ("index.html", ""),
        ("backend/requirements.txt", "flask"),
        ("backend/app.py", FLASK),
    ];
    let error = try_plan(&files).unwrap_err();
    assert!(
        error.message.contains(". (Static site)") && error.message.contains("backend (Flask)"),
        "{error:?}"
    );
    assert_eq!(
        wished(&files, Some("static"), None).unwrap().framework,
        "static"
    );
}

#[test]
fn the_root_of_havre_toml_is_taken_and_its_other_keys_apply() {
    let plan = plan(&[
        ("havre.toml", "[app]\nroot = \"web\"\nport = 9000\n"),
        ("web/package.json", EXPRESS),
        ("api/requirements.txt", "flask"),
        ("api/app.py", FLASK),
    ]);
    assert_eq!((plan.root.as_str(), plan.port), ("web", 9000));
}

#[test]
fn a_folder_with_its_own_havre_toml_is_ruled_by_it() {
    let files = [
        ("havre.toml", "[app]\nport = 9000\n"),
        ("web/havre.toml", "[app]\nport = 9001\n"),
        ("web/package.json", EXPRESS),
    ];
    assert_eq!(plan(&files).port, 9001);
}

#[test]
fn a_chosen_folder_may_lie_deep_and_in_a_folder_that_is_otherwise_aside() {
    let files = [
        ("examples/a/b/c/d/app.py", FLASK),
        ("examples/a/b/c/d/requirements.txt", "flask"),
    ];
    assert!(try_plan(&files).is_err());
    assert_eq!(
        wished(&files, None, Some("examples/a/b/c/d"))
            .unwrap()
            .framework,
        "flask"
    );
}

#[test]
fn a_root_outside_the_repository_or_missing_is_refused() {
    for root in ["..", "/etc", "a/../..", "missing", "app.py"] {
        let error = wished(&[("app.py", FLASK)], None, Some(root)).unwrap_err();
        assert!(error.cure.contains("folder"), "{root}: {error:?}");
    }
}

#[test]
fn dependencies_of_others_say_nothing() {
    let files = [
        ("node_modules/x/package.json", EXPRESS),
        ("venv/lib/app.py", FLASK),
        ("tests/app.py", FLASK),
    ];
    assert!(try_plan(&files).is_err());
}

#[test]
fn what_havre_toml_says_of_one_folder_is_not_said_of_another() {
    let files = [
        (
            "havre.toml",
            "[app]\nroot = \"web\"\nframework = \"express\"\nport = 9000\n",
        ),
        ("web/package.json", EXPRESS),
        ("api/requirements.txt", "flask"),
        ("api/app.py", FLASK),
    ];
    assert_eq!(plan(&files).port, 9000);
    let api = wished(&files, None, Some("api")).unwrap();
    assert_eq!((api.framework.as_str(), api.port), ("flask", 5000));
}
