//! The user's choice of framework.

use crate::{start, warns, wished};

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";
const EXPRESS: &str = r#"{"scripts":{"start":"node s.js"},"dependencies":{"express":"4"}}"#;

#[test]
fn it_is_honoured_with_a_warning_when_the_evidence_disagrees() {
    let files = [
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("index.html", ""),
    ];
    let plan = wished(&files, Some("static"), None).unwrap();
    assert_eq!(plan.framework, "static");
    assert!(warns(&plan, "looks like Flask") && warns(&plan, "Python source included"));
}

#[test]
fn it_is_honoured_without_a_word_when_the_evidence_agrees() {
    let files = [
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("package.json", EXPRESS),
        ("s.js", ""),
    ];
    let plan = wished(&files, Some("Express"), None).unwrap();
    assert_eq!(
        (plan.framework.as_str(), start(&plan)),
        ("express", "exec node s.js")
    );
    assert!(!warns(&plan, "what you chose"));
}

#[test]
fn what_cannot_be_made_is_said() {
    let error = wished(
        &[("requirements.txt", "flask"), ("app.py", FLASK)],
        Some("django"),
        None,
    )
    .unwrap_err();
    assert!(error.message.contains("manage.py"), "{error:?}");
    let error = wished(&[("app.py", FLASK)], Some("procfile"), None).unwrap_err();
    assert!(error.message.contains("Procfile"), "{error:?}");
}

#[test]
fn known_and_not_yet_is_another_answer_than_unknown() {
    for key in ["laravel", "react", "vuejs", "nextjs"] {
        let error = wished(&[("app.py", FLASK)], Some(key), None).unwrap_err();
        assert!(error.message.contains("not run yet"), "{error:?}");
    }
    let error = wished(&[("app.py", FLASK)], Some("cobol"), None).unwrap_err();
    assert_eq!(error.message, "Unsupported framework: cobol");
    assert!(error.cure.contains("flask") && !error.cure.contains("laravel"));
}

#[test]
fn the_catalogue_has_the_originals_keys_and_values() {
    let all = detect::frameworks();
    let shown: Vec<String> = all
        .iter()
        .map(|info| {
            format!(
                "{} | {} | {} | {} | {} | {} | {}",
                info.key,
                info.name,
                info.language,
                info.version,
                info.port,
                info.install_cmd,
                info.deployable
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    django | Django | python | 4.2 | 8000 | pip install django gunicorn | true
    express | Express.js | nodejs | 18.x | 3000 | npm install express | true
    fastapi | FastAPI | python | 0.104 | 8000 | pip install fastapi uvicorn | true
    flask | Flask | python | 3.0 | 5000 | pip install flask gunicorn | true
    laravel | Laravel | php | 10.x | 8000 | composer global require laravel/installer | false
    nextjs | Next.js | nodejs | 14.x | 3000 | npx create-next-app@latest | false
    node | Node.js | nodejs |  | 3000 |  | true
    procfile | Procfile | any |  | 8000 |  | true
    react | React | nodejs | 18.x | 3000 | npx create-react-app | false
    static | Static site | any |  | 8080 |  | true
    vuejs | Vue.js | nodejs | 3.x | 8080 | npm install -g @vue/cli | false
    ");
}
