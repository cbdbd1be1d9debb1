//! A Procfile wins over what is detected, for what it says.

use domain::plan::Runtime;
use rstest::rstest;

use crate::{lines, plan, start, try_plan, warns};

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";

#[test]
fn it_starts_a_known_framework_its_own_way() {
    let procfile = "release: flask db upgrade\nweb: gunicorn app:app -k gevent --bind :$PORT\nworker: rq worker\n";
    let plan = plan(&[
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("Procfile", procfile),
    ]);
    assert_eq!(
        (plan.framework.as_str(), start(&plan)),
        ("flask", "exec gunicorn app:app -k gevent --bind :$PORT")
    );
    assert_eq!(lines(plan.release.as_slice()), ["flask db upgrade"]);
    assert!(warns(&plan, "`worker` is not run yet"));
    assert!(plan.why.iter().any(|why| why.contains("Procfile")));
}

#[test]
fn it_helps_where_the_entry_cannot_be_found() {
    let source = "from flask import Flask\ndef create_app(config):\n    return Flask('x')\n";
    let plan = plan(&[
        ("requirements.txt", "flask"),
        ("app.py", source),
        ("Procfile", "web: gunicorn 'app:create_app(1)'"),
    ]);
    assert_eq!(start(&plan), "exec gunicorn 'app:create_app(1)'");
}

#[rstest]
#[case("web: python server.py", &[("server.py", "")], Runtime::Python, 1)]
#[case("web: streamlit run a.py", &[("requirements.txt", "streamlit")], Runtime::Python, 2)]
#[case("web: npm run serve", &[("package.json", "{}")], Runtime::Node, 1)]
#[case("web: ./run.sh", &[("run.sh", "")], Runtime::Shell, 0)]
#[case("web: ./run.sh", &[("run.sh", ""), ("requirements.txt", "x")], Runtime::Python, 2)]
#[case("web: python -m http.server $PORT", &[("index.html", "")], Runtime::Python, 1)]
fn alone_it_makes_an_app(
    #[case] procfile: &str,
    #[case] files: &[(&str, &str)],
    #[case] runtime: Runtime,
    #[case] installs: usize,
) {
    let mut files = files.to_vec();
    files.push(("Procfile", procfile));
    let plan = plan(&files);
    assert_eq!(
        (plan.framework.as_str(), plan.main_runtime()),
        ("procfile", runtime)
    );
    assert_eq!(plan.install.len(), installs, "{:?}", lines(&plan.install));
}

#[test]
fn a_front_end_package_does_not_make_a_python_line_a_node_app() {
    let package =
        r#"{"scripts":{"start":"webpack serve","build":"webpack"},"dependencies":{"koa":"2"}}"#;
    let plan = plan(&[
        ("Procfile", "web: python server.py"),
        ("package.json", package),
        ("server.py", ""),
    ]);
    assert_eq!(plan.main_runtime(), Runtime::Python);
    assert_eq!(lines(&plan.build), ["npm run build"]);
}

#[test]
fn release_is_never_the_start() {
    let error =
        try_plan(&[("Procfile", "release: python m.py\nworker: python w.py\n")]).unwrap_err();
    assert!(error.cure.contains("web:"), "{error:?}");
}

#[test]
fn migrations_in_the_start_line_are_told() {
    let files = [
        ("requirements.txt", "django"),
        (
            "manage.py",
            "setdefault('DJANGO_SETTINGS_MODULE', 's.settings')",
        ),
        ("s/settings.py", "DATABASES = {}"),
        ("s/wsgi.py", ""),
        (
            "Procfile",
            "web: python manage.py migrate && gunicorn s.wsgi",
        ),
    ];
    let plan = plan(&files);
    assert!(warns(&plan, "at every start"));
    assert_eq!(start(&plan), "python manage.py migrate && gunicorn s.wsgi");
}

#[test]
fn a_language_that_is_not_prepared_is_told() {
    let plan = plan(&[
        ("Procfile", "web: bundle exec puma -p $PORT"),
        ("Gemfile", ""),
    ]);
    assert_eq!(plan.main_runtime(), Runtime::Shell);
    assert!(warns(&plan, "Ruby") && plan.rejected.is_empty());
}
