//! The right module and object are found by reading the source.

use rstest::rstest;

use crate::{lines, plan, start, try_plan, warns};

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";

/// What gunicorn is told to load, its module path included.
fn target(files: &[(&str, &str)]) -> String {
    let plan = plan(files);
    let line = start(&plan);
    let cut = line
        .split_once("--access-logfile - ")
        .or_else(|| line.split_once("--proxy-headers "));
    cut.unwrap_or_else(|| panic!("{line}")).1.to_owned()
}

#[rstest]
#[case::plain("app.py", FLASK, "app:app")]
#[case::other_file("main.py", FLASK, "main:app")]
#[case::server("server.py", FLASK, "server:app")]
#[case::any_name("shop.py", "import flask\nshop = flask.Flask('x')\n", "shop:shop")]
#[case::alias("app.py", "from flask import Flask as F\nx = F(__name__)\n", "app:x")]
#[case::module_alias("app.py", "import flask as f\nx = f.Flask(__name__)\n", "app:x")]
#[case::annotated(
    "app.py",
    "from flask import Flask\nweb: Flask = Flask(__name__)\n",
    "app:web"
)]
#[case::subclass(
    "app.py",
    "from flask import Flask\nclass Own(Flask):\n    pass\napi = Own(__name__)\n",
    "app:api"
)]
#[case::apiflask(
    "app.py",
    "from apiflask import APIFlask\napp = APIFlask(__name__)\n",
    "app:app"
)]
#[case::in_try(
    "app.py",
    "try:\n    from flask import Flask\nexcept ImportError:\n    raise\nif True:\n    app = Flask('x')\n",
    "app:app"
)]
#[case::factory(
    "app.py",
    "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
    "'app:create_app()'"
)]
#[case::factory_with_defaults(
    "app.py",
    "from flask import Flask\ndef make_app(config=None, *, debug=False):\n    return Flask(__name__)\n",
    "'app:make_app()'"
)]
#[case::local_factory_called(
    "app.py",
    "from flask import Flask\ndef create_app(name):\n    a = Flask(name)\n    return a\napplication = create_app('x')\n",
    "app:application"
)]
#[case::object_before_factory(
    "app.py",
    "from flask import Flask\ndef create_app():\n    return Flask('x')\napp = create_app()\n",
    "app:app"
)]
#[case::package("shop/__init__.py", FLASK, "shop:app")]
#[case::does_not_parse(
    "app.py",
    "from flask import Flask\napp = Flask(__name__)\nprint 'x'\n",
    "app:app"
)]
#[case::factory_does_not_parse(
    "app.py",
    "from flask import Flask\ndef create_app(a=1):\n    app = Flask(__name__)\n    return app\nprint 'x'\n",
    "'app:create_app()'"
)]
#[case::new_syntax(
    "app.py",
    "from flask import Flask\napp = Flask(__name__)\nx = f\"{'a' + f\"{1}\"}\"\n",
    "app:app"
)]
fn the_object_of_a_file(#[case] path: &str, #[case] source: &str, #[case] wanted: &str) {
    assert_eq!(
        target(&[("requirements.txt", "flask"), (path, source)]),
        wanted
    );
}

#[rstest]
#[case::wsgi_first(
    &[("app.py", FLASK), ("wsgi.py", "from app import make\nfrom flask import Flask\napplication = Flask('x')\n")],
    "wsgi:application"
)]
#[case::imported_factory(
    &[
        ("wsgi.py", "from shop import create_app\napp = create_app('production')\n"),
        ("shop/__init__.py", "from flask import Flask\ndef create_app(config):\n    a = Flask('x')\n    return a\n"),
    ],
    "wsgi:app"
)]
#[case::object_of_the_package_not_the_runner(
    &[("run.py", "from shop import app\napp.run()\n"), ("shop/__init__.py", FLASK)],
    "shop:app"
)]
#[case::src_layout(&[("src/shop/__init__.py", FLASK)], "--pythonpath src shop:app")]
#[case::src_without_init(
    &[("src/shop/app.py", "from flask import Flask\nfrom shop.views import x\napp = Flask('x')\n")],
    "--pythonpath src shop.app:app"
)]
#[case::src_flat(&[("src/app.py", FLASK)], "--pythonpath src app:app")]
#[case::src_as_a_package(
    &[("src/__init__.py", ""), ("src/app.py", FLASK)],
    "src.app:app"
)]
#[case::folder_with_shared_requirements(&[("backend/app.py", FLASK)], "--pythonpath backend app:app")]
#[case::folder_imported_by_name(
    &[("backend/app.py", "from flask import Flask\nfrom backend.db import x\napp = Flask('x')\n")],
    "backend.app:app"
)]
#[case::relative_imports_make_a_package(
    &[("shop/app.py", "from flask import Flask\nfrom .db import x\napp = Flask('x')\n")],
    "shop.app:app"
)]
#[case::tests_are_aside(&[("tests/app.py", FLASK), ("test_app.py", FLASK), ("web.py", FLASK)], "web:app")]
#[case::main_guard(
    &[("run.py", "from flask import Flask\nif __name__ == '__main__':\n    app = Flask('dev')\n"), ("z.py", FLASK)],
    "z:app"
)]
#[case::package_shadows_the_file(
    &[("app.py", "from app import app\nfrom flask import Flask\nx = Flask('x')\n"), ("app/__init__.py", FLASK)],
    "app:app"
)]
#[case::odd_folder_names(&[("my app/app.py", FLASK)], "--pythonpath 'my app' app:app")]
fn the_object_of_several_files(#[case] files: &[(&str, &str)], #[case] wanted: &str) {
    let mut files = files.to_vec();
    files.push(("requirements.txt", "flask"));
    assert_eq!(target(&files), wanted);
}

#[rstest]
#[case(
    "main.py",
    "from fastapi import FastAPI\napp = FastAPI()\n",
    "main:app"
)]
#[case(
    "main.py",
    "import fastapi\napi = fastapi.FastAPI(title='x')\n",
    "main:api"
)]
#[case(
    "app/main.py",
    "from fastapi import FastAPI\nfrom app.routes import r\napp: FastAPI = FastAPI()\n",
    "app.main:app"
)]
#[case(
    "main.py",
    "from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    app = FastAPI()\n    return app\n",
    "--factory main:create_app"
)]
#[case(
    "src/svc/main.py",
    "from fastapi import FastAPI\nfrom .x import y\napp = FastAPI()\n",
    "--app-dir src svc.main:app"
)]
fn fastapi_is_read_the_same_way(#[case] path: &str, #[case] source: &str, #[case] wanted: &str) {
    let files = [("requirements.txt", "fastapi\nuvicorn"), (path, source)];
    assert_eq!(target(&files), wanted);
    assert_eq!(plan(&files).framework, "fastapi");
}

#[test]
fn a_factory_that_wants_arguments_is_said_and_not_guessed() {
    let source = "from flask import Flask\ndef create_app(config, mode):\n    return Flask('x')\n";
    let error = try_plan(&[("requirements.txt", "flask"), ("app.py", source)]).unwrap_err();
    assert!(
        error.message.contains("config, mode") && error.cure.contains("wsgi.py"),
        "{error:?}"
    );
}

#[test]
fn a_server_is_added_only_where_none_is_asked_for() {
    let with = plan(&[
        ("requirements.txt", "flask\ngunicorn==22"),
        ("app.py", FLASK),
    ]);
    assert!(
        !lines(&with.install)
            .iter()
            .any(|line| line.contains(" gunicorn"))
    );
    let without = plan(&[("requirements.txt", "flask"), ("app.py", FLASK)]);
    assert!(
        lines(&without.install)
            .iter()
            .any(|line| line.ends_with(" gunicorn"))
    );
    let own = plan(&[
        ("requirements.txt", "flask\nwaitress"),
        ("app.py", FLASK),
        ("Procfile", "web: waitress-serve app:app"),
    ]);
    assert!(
        !lines(&own.install)
            .iter()
            .any(|line| line.contains("gunicorn"))
    );
}

#[test]
fn hashed_requirements_are_installed_alone() {
    let plan = plan(&[
        ("requirements.txt", "flask==3.0 \\\n    --hash=sha256:00\n"),
        ("app.py", FLASK),
    ]);
    let install = lines(&plan.install);
    assert_eq!(
        install[1..],
        [
            ".venv/bin/pip install --no-input -r requirements.txt",
            ".venv/bin/pip install --no-input gunicorn"
        ]
    );
}

#[test]
fn an_import_without_a_requirement_is_added_with_a_warning() {
    let plan = plan(&[("requirements.txt", "requests"), ("app.py", FLASK)]);
    assert!(lines(&plan.install)[1].ends_with("-r requirements.txt flask gunicorn"));
    assert!(warns(&plan, "app.py uses flask"));
}

#[test]
fn several_plain_folders_are_not_chosen_between() {
    let error = try_plan(&[
        ("requirements.txt", "flask"),
        ("a/app.py", FLASK),
        ("b/app.py", FLASK),
    ])
    .unwrap_err();
    assert!(
        error.message.contains("a/app.py") && error.message.contains("b/app.py"),
        "{error:?}"
    );
}

#[test]
fn secrets_that_the_source_reads_are_made() {
    let source = "import os\nfrom flask import Flask\napp = Flask('x')\napp.secret_key = os.getenv('SECRET_KEY')\nk = os.environ['AWS_SECRET_KEY']\n";
    let plan = plan(&[("requirements.txt", "flask"), ("app.py", source)]);
    let names: Vec<&str> = plan
        .secrets
        .iter()
        .map(|secret| secret.name.as_str())
        .collect();
    assert_eq!(names, ["SECRET_KEY"]);
}

#[test]
fn a_sqlite_file_in_the_app_is_warned_about_until_it_is_kept() {
    let source = "from flask import Flask\napp = Flask('x')\nURL = 'sqlite:///shop.db'\n";
    let files = [("requirements.txt", "flask"), ("app.py", source)];
    assert!(warns(&plan(&files), "[persist]"));
    let kept = [
        files[0],
        files[1],
        ("havre.toml", "[persist]\npaths = [\"instance\"]\n"),
    ];
    assert!(!warns(&plan(&kept), "[persist]"));
}

mod django {
    use super::*;

    const MANAGE: &str =
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n";
    const WSGI: &str =
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n";
    const SETTINGS: &str = "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nDEBUG = False\nALLOWED_HOSTS = []\nINSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = BASE_DIR / 'out'\nWSGI_APPLICATION = 'site1.wsgi.application'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n";

    fn files(settings: &str) -> Vec<(&str, &str)> {
        vec![
            ("requirements.txt", "Django>=5"),
            ("manage.py", MANAGE),
            ("site1/__init__.py", ""),
            ("site1/settings.py", settings),
            ("site1/wsgi.py", WSGI),
        ]
    }

    #[test]
    fn migrations_are_the_release_command_and_never_in_the_start() {
        let plan = plan(&files(SETTINGS));
        assert_eq!(plan.framework, "django");
        assert_eq!(
            lines(plan.release.as_slice()),
            [".venv/bin/python manage.py migrate --noinput"]
        );
        assert!(
            !start(&plan).contains("migrate") && start(&plan).ends_with(" site1.wsgi:application")
        );
        assert_eq!(
            lines(&plan.build),
            [".venv/bin/python manage.py collectstatic --noinput"]
        );
        assert_eq!(plan.secrets[0].name, "SECRET_KEY");
        assert!(warns(&plan, "ALLOWED_HOSTS") && warns(&plan, "WhiteNoise"));
    }

    #[rstest]
    #[case(
        "BASE_DIR / 'db.sqlite3'",
        Some("BASE_DIR / \"data\" / \"db.sqlite3\"")
    )]
    #[case("os.path.join(BASE_DIR, 'db.sqlite3')", Some("beside the code"))]
    #[case("BASE_DIR / 'var' / 'db.sqlite3'", Some("paths = [\"var\"]"))]
    #[case(
        "os.environ.get('DB', BASE_DIR / 'var' / 'x.db')",
        Some("paths = [\"var\"]")
    )]
    #[case("'/data/db.sqlite3'", None)]
    #[case("':memory:'", None)]
    fn a_database_that_would_be_lost(#[case] name: &str, #[case] said: Option<&str>) {
        let settings = SETTINGS.replace("BASE_DIR / 'db.sqlite3'", name);
        let plan = plan(&files(&settings));
        match said {
            Some(said) => assert!(warns(&plan, said), "{:?}", plan.warnings),
            None => assert!(!warns(&plan, "SQLite"), "{:?}", plan.warnings),
        }
    }

    #[test]
    fn a_kept_folder_needs_no_warning() {
        let settings = SETTINGS.replace("'db.sqlite3'", "'data' / 'db.sqlite3'");
        let mut files = files(&settings);
        files.push(("havre.toml", "[persist]\npaths = [\"data\"]\n"));
        let plan = plan(&files);
        assert!(!warns(&plan, "SQLite") && plan.persist == ["data"]);
    }

    #[test]
    fn without_static_root_nothing_is_collected_and_it_is_said() {
        let settings = SETTINGS.replace("STATIC_ROOT = BASE_DIR / 'out'\n", "");
        let plan = plan(&files(&settings));
        assert!(plan.build.is_empty() && warns(&plan, "STATIC_ROOT"));
    }

    #[test]
    fn split_settings_are_followed_and_those_of_wsgi_serve() {
        let base = SETTINGS.replace("site1.wsgi", "conf.wsgi");
        let plan = plan(&[
            ("requirements.txt", "django\nwhitenoise"),
            (
                "manage.py",
                "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings.local')",
            ),
            ("conf/settings/__init__.py", ""),
            ("conf/settings/base.py", &base),
            (
                "conf/settings/local.py",
                "from .base import *\nDEBUG = True\n",
            ),
            (
                "conf/settings/production.py",
                "from .base import *\nALLOWED_HOSTS = ['*']\n",
            ),
            (
                "conf/wsgi.py",
                "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings.production')",
            ),
        ]);
        assert_eq!(
            plan.env["DJANGO_SETTINGS_MODULE"],
            "conf.settings.production"
        );
        assert!(start(&plan).ends_with(" conf.wsgi:application"));
        assert_eq!(plan.secrets.len(), 1);
        assert!(
            !warns(&plan, "ALLOWED_HOSTS") && !warns(&plan, "DEBUG"),
            "{:?}",
            plan.warnings
        );
    }

    #[test]
    fn a_project_below_shared_requirements() {
        let plan = plan(&[
            ("requirements.txt", "django"),
            ("web/manage.py", MANAGE),
            ("web/site1/settings.py", SETTINGS),
            ("web/site1/wsgi.py", WSGI),
        ]);
        assert_eq!(plan.root, "");
        assert!(start(&plan).ends_with("--pythonpath web site1.wsgi:application"));
        assert_eq!(
            lines(plan.release.as_slice()),
            [".venv/bin/python web/manage.py migrate --noinput"]
        );
    }

    #[test]
    fn daphne_serves_where_it_is_asked_for() {
        let mut files = files(SETTINGS);
        files[0] = ("requirements.txt", "django\nchannels\ndaphne");
        files.push(("site1/asgi.py", "x"));
        assert!(
            start(&plan(&files))
                .starts_with("exec daphne -b 0.0.0.0 -p $PORT site1.asgi:application")
        );
    }
}
