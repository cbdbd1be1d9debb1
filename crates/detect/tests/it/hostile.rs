//! No tree makes detection panic, overflow, disagree with itself or leave the tree.

use domain::plan::Wishes;
use domain::tree::{EntryKind, MemoryTree, SourceTree};
use proptest::prelude::*;
use rstest::rstest;

use crate::{plan, try_plan, wished};

/// Names that detection looks for, so that random trees meet its code.
const NAMES: [&str; 36] = [
    "app.py",
    "main.py",
    "wsgi.py",
    "manage.py",
    "settings.py",
    "__init__.py",
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "Pipfile.lock",
    "uv.lock",
    "poetry.lock",
    "setup.py",
    "runtime.txt",
    ".python-version",
    ".tool-versions",
    "package.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    ".yarnrc.yml",
    ".nvmrc",
    "server.js",
    "index.js",
    "index.html",
    "Staticfile",
    "_redirects",
    "Procfile",
    "havre.toml",
    "Dockerfile",
    "composer.json",
    "artisan",
    "go.mod",
    "src",
    "a b'\"$(x)",
    "-rf",
];

/// Fragments of what such files hold.
const WORDS: [&str; 48] = [
    "from flask import Flask\n",
    "app = Flask(__name__)\n",
    "import flask as f\n",
    "def create_app(a, b=1):\n",
    "    return Flask('x')\n",
    "    app = FastAPI()\n",
    "from fastapi import FastAPI\n",
    "app: X = create_app()\n",
    "if __name__ == '__main__':\n",
    "class A(Flask): pass\n",
    "from . import x\n",
    "from .base import *\n",
    "from settings import *\n",
    "SECRET_KEY = os.environ['SECRET_KEY']\n",
    "DATABASES = {'default': {'ENGINE': 'sqlite3', 'NAME': 'a'}}\n",
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n",
    "WSGI_APPLICATION = 'wsgi.application'\n",
    "STATIC_ROOT = 'x'\n",
    "ALLOWED_HOSTS = []\n",
    "-r requirements.txt\n",
    "-r ../../x\n",
    "flask==3\n",
    "django\n",
    "gunicorn --hash=x\n",
    "[project]\n",
    "dependencies = [\"flask\", \"-x\"]\n",
    "[tool.poetry.dependencies]\n",
    "flask = \"^3\"\n",
    "[packages]\n",
    "requires-python = '^^'\n",
    "{\"scripts\": {\"start\": \"node server.js\", \"build\": \"x\"}, ",
    "\"dependencies\": {\"express\": \"4\"}}",
    "\"packageManager\": \"pnpm@9\"",
    "web: python app.py\n",
    "release: x\n",
    "worker: y\n",
    "root: ../x\n",
    "root: public\n",
    "[app]\nroot = \"a\"\n",
    "[persist]\npaths = [\"data\"]\n",
    "lockfileVersion: '9.0'\n",
    "yarnPath: ../../x\n",
    "python-3.9\n",
    "\u{feff}",
    "é\u{0}\n",
    "'''",
    "((((",
    "\\\n",
];

fn content() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..12).prop_map(|words| words.concat()),
        1 => ".{0,80}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    let folder = proptest::sample::select(vec![
        "",
        "",
        "",
        "src/",
        "backend/",
        "a/",
        "src/shop/",
        "public/",
        "a/b/c/",
        "tests/",
    ]);
    (folder, proptest::sample::select(NAMES.to_vec()))
        .prop_map(|(folder, name)| format!("{folder}{name}"))
}

fn wish() -> impl Strategy<Value = Option<String>> {
    let keys = vec![
        "flask", "django", "fastapi", "express", "node", "static", "procfile", "react", "x",
    ];
    proptest::option::weighted(0.3, proptest::sample::select(keys).prop_map(str::to_owned))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_has_one_answer(
        files in proptest::collection::vec((path(), content()), 0..14),
        framework in wish(),
        root in proptest::option::weighted(0.2, proptest::sample::select(vec!["a", "backend", "..", "src/shop"])),
    ) {
        let tree = MemoryTree::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let wishes = Wishes { framework, root: root.map(str::to_owned) };
        let first = detect::detect(&tree, &wishes);
        prop_assert_eq!(&first, &detect::detect(&tree, &wishes));
        if let Ok(plan) = first {
            prop_assert!(!plan.why.is_empty(), "{:?}", plan);
            let inside = |path: &String| !path.starts_with('/') && !path.split('/').any(|part| part == "..");
            prop_assert!(inside(&plan.root) && plan.persist.iter().all(inside));
            prop_assert!(!plan.runtimes.is_empty());
        }
    }

    #[test]
    fn any_text_is_read(text in "(?s).{0,300}", name in proptest::sample::select(NAMES.to_vec())) {
        let _ = try_plan(&[(name, &text), ("app.py", "from flask import Flask\napp = Flask('x')")]);
    }
}

/// Longer than what is parsed would be scanned, which is no test of the parser.
const MANY: usize = 100_000;

#[rstest]
#[case::minus("x = ", "-", "1")]
#[case::not("x = ", "not ", "1")]
#[case::attributes("x = a", ".a", "")]
#[case::sums("x = 1", "+1", "")]
#[case::lambdas("x = ", "lambda:", "1")]
#[case::open_brackets("x = ", "(", "")]
#[case::calls("x = f", "()", "")]
#[case::elifs("if 1: pass\n", "elif 1: pass\n", "")]
#[case::conditionals("x = ", "1 if 1 else ", "1")]
#[case::format_strings("x = ", "f'{", "")]
#[case::awaits("x = ", "await ", "1")]
fn deep_nesting_does_not_end_the_process(
    #[case] start: &str,
    #[case] part: &str,
    #[case] end: &str,
) {
    let deep = part.repeat(MANY / part.len());
    let source = format!("from flask import Flask\napp = Flask('x')\n{start}{deep}{end}\n");
    let plan = plan(&[("requirements.txt", "flask"), ("app.py", &source)]);
    assert_eq!(plan.framework, "flask");
}

#[test]
fn deep_indentation_does_not_end_the_process() {
    let deep: String = (0..400)
        .map(|depth| " ".repeat(depth) + "if 1:\n")
        .collect();
    let source = format!(
        "from flask import Flask\napp = Flask('x')\n{deep}{}pass\n",
        " ".repeat(400)
    );
    assert_eq!(
        plan(&[("requirements.txt", "flask"), ("app.py", &source)]).framework,
        "flask"
    );
}

#[test]
fn deep_documents_are_refused_and_not_followed() {
    let deep = "[".repeat(100_000);
    for (name, text) in [
        ("package.json", format!("{{\"a\":{deep}")),
        ("pyproject.toml", format!("a = {deep}")),
        ("Pipfile", format!("a = {deep}")),
    ] {
        assert!(
            try_plan(&[(name, &text), ("index.html", "")]).is_ok(),
            "{name}"
        );
    }
    assert!(try_plan(&[("havre.toml", &format!("a = {deep}"))]).is_err());
}

#[test]
fn includes_in_a_circle_end() {
    let files = [
        ("requirements.txt", "-r a.txt"),
        ("a.txt", "-r requirements.txt\nflask"),
        ("app.py", "from flask import Flask\napp = Flask('x')"),
    ];
    assert_eq!(plan(&files).framework, "flask");
}

/// A tree that says everything is a link, and that answers reads all the same.
struct Links;

impl SourceTree for Links {
    fn list(&self, folder: &str) -> Vec<(String, EntryKind)> {
        assert!(folder.is_empty(), "a link was followed: {folder}");
        let names = [
            "app.py",
            "backend",
            "havre.toml",
            "index.html",
            "requirements.txt",
        ];
        names
            .map(|name| (name.to_owned(), EntryKind::Link))
            .to_vec()
    }

    fn read(&self, path: &str) -> Option<String> {
        panic!("a link was read: {path}")
    }
}

#[test]
fn links_are_never_followed() {
    assert!(detect::detect(&Links, &Wishes::default()).is_err());
    let wishes = Wishes {
        root: Some("backend".into()),
        framework: None,
    };
    assert!(detect::detect(&Links, &wishes).is_err());
}

/// A tree without end, whose names no sane tree has.
struct Endless;

impl SourceTree for Endless {
    fn list(&self, _: &str) -> Vec<(String, EntryKind)> {
        let names = ["..", ".", "", "a/b", "c\nd", "e", "f"];
        names
            .map(|name| (name.to_owned(), EntryKind::Folder))
            .to_vec()
    }

    fn read(&self, _: &str) -> Option<String> {
        None
    }
}

#[test]
fn a_tree_without_end_is_looked_at_up_to_the_bound() {
    assert!(detect::detect(&Endless, &Wishes::default()).is_err());
}

#[test]
fn metacharacters_arrive_as_text() {
    let evil = "a$(touch x);b'";
    let files = [
        ("requirements.txt", "flask"),
        (
            "a$(touch x);b'/app.py",
            "from flask import Flask\napp = Flask('x')\n",
        ),
    ];
    let plan = wished(&files, None, None).unwrap();
    let words = shell_words::split(crate::start(&plan)).unwrap();
    assert!(words.contains(&evil.to_owned()), "{words:?}");
}
