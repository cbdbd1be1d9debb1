//! What a deploy may look like.

use domain::{DeploymentKind, DriverKind, Resources};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};
use server::{Present, Problem, validate_deploy};

const FRAMEWORKS: [&str; 2] = ["django", "flask"];

fn check(body: &Value, present: Present) -> Result<domain::ports::NewDeploy, Vec<Problem>> {
    let frameworks: Vec<String> = FRAMEWORKS.iter().map(|&key| key.to_owned()).collect();
    let input = validate_deploy(body, frameworks.iter(), present)?;
    Ok(input.at(DriverKind::Local))
}

fn texts(body: &Value) -> Vec<String> {
    let problems = check(body, Present::default()).map(|_| ()).unwrap_err();
    problems.into_iter().map(|problem| problem.text).collect()
}

/// A good request with something else in some fields.
fn with(fields: Value) -> Value {
    let mut body = json!({
        "name": "my-app", "deployment_type": "lxc", "framework": "flask",
        "github_url": "https://github.com/user/repo"
    });
    let more = fields.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

#[test]
fn the_originals_request_is_taken_as_it_was() {
    let body = with(json!({
        "resources": {"cores": 2, "memory": 2048, "disk": 20}, "env_vars": {"A": "b", "N": 5}
    }));
    let new = check(&body, Present::default()).unwrap();
    assert_eq!(new.name.as_str(), "my-app");
    assert_eq!(new.kind, Some(DeploymentKind::Lxc));
    assert_eq!(new.options.framework.as_deref(), Some("flask"));
    let wanted = Resources {
        cores: 2,
        memory: 2048,
        disk: 20,
    };
    assert_eq!(new.resources, Some(wanted));
    let env: Vec<_> = new
        .env
        .iter()
        .map(|(n, v)| (n.to_string(), v.to_owned()))
        .collect();
    assert_eq!(env, [("A".into(), "b".into()), ("N".into(), "5".into())]);
}

#[test]
fn framework_and_type_may_be_left_out() {
    let body = json!({"name": "my-app", "github_url": "git@github.com:user/repo.git", "framework": "", "deployment_type": null});
    let new = check(&body, Present::default()).unwrap();
    assert_eq!(
        (new.kind, new.options.framework, new.resources),
        (None, None, None)
    );
}

#[rstest]
#[case(json!({"github_url": ""}), &["Missing required field: github_url"])]
#[case(json!({"name": false, "github_url": []}), &["Missing required field: github_url", "Missing required field: name"])]
#[case(json!({"deployment_type": "docker"}), &["Invalid deployment_type. Must be 'vm' or 'lxc'"])]
#[case(json!({"framework": "rails"}), &["Unsupported framework: rails"])]
#[case(json!({"github_url": "not a url"}), &["Invalid GitHub URL. Must be a valid GitHub repository URL"])]
#[case(json!({"name": "a b"}), &["Invalid deployment name. Must be alphanumeric with hyphens/underscores, 3-50 characters"])]
#[case(json!({"resources": {"cores": "2"}}), &["Cores must be an integer"])]
#[case(json!({"resources": {"cores": true}}), &["Cores must be an integer"])]
#[case(json!({"resources": {"cores": 2.0}}), &["Cores must be an integer"])]
#[case(json!({"resources": {"cores": 9, "memory": "x", "disk": 4}}), &["Cores must be between 1 and 8", "Memory must be an integer (in MB)", "Disk must be between 5 and 200 GB"])]
#[case(json!({"resources": {"cores": -1}}), &["Cores must be between 1 and 8"])]
#[case(json!({"resources": {"memory": 1e300}}), &["Memory must be an integer (in MB)"])]
#[case(json!({"resources": {"memory": 18446744073709551615u64}}), &["Memory must be between 256 and 16384 MB"])]
#[case(json!({"deployment_type": "vm", "resources": {"disk": 5}}), &["Disk must be between 10 and 500 GB"])]
fn the_originals_words_for(#[case] fields: Value, #[case] words: &[&str]) {
    assert_eq!(texts(&with(fields)), words);
}

#[test]
fn everything_at_once_in_the_originals_order() {
    let body = json!({
        "name": "x", "github_url": "ftp", "framework": "cobol", "deployment_type": "pod", "resources": {"cores": 99}
    });
    let expected = [
        "Invalid deployment_type. Must be 'vm' or 'lxc'",
        "Unsupported framework: cobol",
        "Invalid GitHub URL. Must be a valid GitHub repository URL",
        "Invalid deployment name. Must be alphanumeric with hyphens/underscores, 3-50 characters",
        "Cores must be between 1 and 8",
    ];
    assert_eq!(texts(&body), expected);
}

#[rstest]
#[case(json!({"name": 5}), "name")]
#[case(json!({"framework": ["flask"]}), "framework")]
#[case(json!({"deployment_type": 7}), "deployment_type")]
#[case(json!({"github_url": {"a": 1}}), "github_url")]
#[case(json!({"github_url": "https://user:token@github.com/a/b"}), "github_url")]
#[case(json!({"github_url": "--upload-pack=x"}), "github_url")]
#[case(json!({"resources": [1]}), "resources")]
#[case(json!({"env_vars": "A=b"}), "env_vars")]
#[case(json!({"env_vars": {"A": true}}), "env_vars")]
#[case(json!({"env_vars": {"A B": "c"}}), "env_vars")]
#[case(json!({"env_vars": {"PORT": "1"}}), "env_vars")]
#[case(json!({"env_vars": {"A": "\u{0}"}}), "env_vars")]
#[case(json!({"ref": "-x"}), "ref")]
#[case(json!({"ref": 1}), "ref")]
#[case(json!({"root": "../etc"}), "root")]
#[case(json!({"root": "/etc"}), "root")]
#[case(json!({"any_version": 1}), "any_version")]
#[case(json!({"discard_data": "true"}), "discard_data")]
#[case(json!({"replace_source": "yes"}), "replace_source")]
#[case(json!({"health": "x"}), "health")]
#[case(json!({"health": {"path": "no slash"}}), "health.path")]
#[case(json!({"health": {"path": "/a\r\nHost: x"}}), "health.path")]
#[case(json!({"health": {"below": 99}}), "health.below")]
#[case(json!({"health": {"within_seconds": 0}}), "health.within_seconds")]
fn our_own_refusals_name_the_field(#[case] fields: Value, #[case] field: &str) {
    let problems = check(&with(fields), Present::default())
        .map(|_| ())
        .unwrap_err();
    assert_eq!(problems[0].field, field);
}

#[test]
fn what_is_left_out_is_as_before() {
    let before = Resources {
        cores: 4,
        memory: 4096,
        disk: 40,
    };
    let present = Present {
        kind: Some(DeploymentKind::Vm),
        resources: Some(before),
    };
    let body = json!({"name": "my-app", "github_url": "https://github.com/user/repo", "resources": {"cores": 12}});
    let new = check(&body, present).unwrap();
    assert_eq!(
        new.resources,
        Some(Resources {
            cores: 12,
            ..before
        })
    );
    assert!(
        check(&body, Present::default()).is_err(),
        "a new one is lxc, with at most 8 cores"
    );
}

#[test]
fn shell_metacharacters_arrive_as_text() {
    let wild = "\"; touch /tmp/x; $(id) `id` && 'a' | b\n\\";
    let new = check(
        &with(json!({"env_vars": {"WILD": wild}})),
        Present::default(),
    )
    .unwrap();
    assert_eq!(new.env.get(&"WILD".parse().unwrap()), Some(wild));
    let root = "a; rm -rf $(x) `y` '\"";
    let new = check(
        &with(json!({"root": root, "ref": "a;b$(x)"})),
        Present::default(),
    )
    .unwrap();
    assert_eq!(new.options.root.as_deref(), Some(root));
    assert_eq!(new.git_ref.unwrap().as_str(), "a;b$(x)");
}

#[test]
fn values_of_the_environment_never_stand_in_a_message() {
    let secret = "hunter2hunter2";
    let body = with(json!({"env_vars": {"A": {"inner": secret}, "B": format!("{secret}\u{0}")}}));
    let told = format!(
        "{:?}",
        check(&body, Present::default()).map(|_| ()).unwrap_err()
    );
    assert!(!told.contains(secret), "{told}");
}

#[test]
fn long_texts_do_not_come_back_at_full_length() {
    let long = "x".repeat(100_000);
    for field in [
        "name",
        "framework",
        "github_url",
        "deployment_type",
        "ref",
        "root",
    ] {
        let told: usize = texts(&with(json!({field: long})))
            .iter()
            .map(String::len)
            .sum();
        assert!(told < 1000, "{field}: {told}");
    }
    let told: usize = texts(&with(json!({"env_vars": {long: "x"}})))
        .iter()
        .map(String::len)
        .sum();
    assert!(told < 1000, "{told}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((field(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    let known = [
        "name",
        "github_url",
        "deployment_type",
        "framework",
        "resources",
        "env_vars",
        "ref",
        "root",
        "health",
        "cores",
        "memory",
        "disk",
        "path",
        "below",
        "within_seconds",
        "any_version",
    ];
    prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => ".{0,10}",
    ]
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(body in any_json()) {
        if let Err(problems) = check(&body, Present::default()) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn no_field_makes_it_panic(key in field(), value in any_json()) {
        let mut body = with(json!({}));
        body[key] = value;
        let _ = check(&body, Present::default());
    }
}
