//! The managers of dependencies and the files that name versions.

use rstest::rstest;

use crate::{lines, plan, try_plan, warns};

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";
const PEP621: &str = "[project]\nname = \"x\"\nversion = \"1\"\nrequires-python = \">=3.10\"\ndependencies = [\"flask>=3\", \"gunicorn\"]\n";
const POETRY: &str = "[tool.poetry.dependencies]\npython = \"^3.11\"\nflask = \"^3.0\"\ngunicorn = {version = \"*\", extras = [\"gevent\"]}\nown = {git = \"https://x/y\"}\n";

/// The last install command of an app with these files beside a Flask app.
fn install(files: &[(&str, &str)]) -> String {
    let mut files = files.to_vec();
    files.push(("app.py", FLASK));
    lines(&plan(&files).install)[1..].join(" && ")
}

#[rstest]
#[case::requirements(&[("requirements.txt", "flask\ngunicorn")], ".venv/bin/pip install --no-input -r requirements.txt")]
#[case::included(&[("requirements.txt", "-r req/a.txt"), ("req/a.txt", "-r b.txt\nflask"), ("req/b.txt", "gunicorn\n-r ../requirements.txt")], ".venv/bin/pip install --no-input -r requirements.txt")]
#[case::production(&[("requirements/production.txt", "flask\ngunicorn")], ".venv/bin/pip install --no-input -r requirements/production.txt")]
#[case::pep621(&[("pyproject.toml", PEP621)], ".venv/bin/pip install --no-input flask>=3 gunicorn")]
#[case::poetry_without_lock(&[("pyproject.toml", POETRY)], ".venv/bin/pip install --no-input flask>=3.0,<4 gunicorn[gevent]")]
#[case::pipfile_without_lock(&[("Pipfile", "[packages]\nflask = \"*\"\ngunicorn = \">=22\"\n")], ".venv/bin/pip install --no-input flask gunicorn>=22")]
#[case::setup_py(&[("setup.py", "")], ".venv/bin/pip install --no-input . flask gunicorn")]
#[case::tool_config_only(&[("pyproject.toml", "[tool.ruff]\n"), ("requirements.txt", "flask\ngunicorn")], ".venv/bin/pip install --no-input -r requirements.txt")]
fn python(#[case] files: &[(&str, &str)], #[case] wanted: &str) {
    assert_eq!(install(files), wanted);
}

#[rstest]
#[case(&[("uv.lock", ""), ("pyproject.toml", PEP621), ("requirements.txt", "x")], "-m uv export")]
#[case(&[("poetry.lock", ""), ("pyproject.toml", POETRY)], "-m poetry export")]
#[case(&[("Pipfile.lock", "{}"), ("Pipfile", "[packages]\nflask = \"*\"\n")], "-m pipenv requirements")]
fn a_lock_is_exported_and_installed_by_pip(#[case] files: &[(&str, &str)], #[case] export: &str) {
    let lines = install(files);
    assert!(
        lines.contains(export)
            && lines.contains("install --no-input -r /tmp/havre-requirements.txt"),
        "{lines}"
    );
}

#[test]
fn what_pip_cannot_be_told_is_a_warning_and_no_argument() {
    let hostile = "[project]\ndependencies = [\"flask\", \"--index-url=http://evil\", \"a b\"]\n";
    let plan = plan(&[("pyproject.toml", hostile), ("app.py", FLASK)]);
    assert!(
        lines(&plan.install)
            .iter()
            .all(|line| !line.contains("evil"))
    );
    assert!(warns(&plan, "--index-url"));
    assert!(warns(
        &crate::plan(&[("pyproject.toml", POETRY), ("app.py", FLASK)]),
        "`own`"
    ));
}

#[test]
fn a_broken_project_file_is_told_and_the_source_still_read() {
    let plan = plan(&[("pyproject.toml", "[project\n"), ("app.py", FLASK)]);
    assert!(warns(&plan, "pyproject.toml cannot be read (line 1"));
}

#[rstest]
#[case(&[(".python-version", "# pinned\n3.12.4\n")], "3.12", ".python-version")]
#[case(&[("runtime.txt", "python-3.9.18\n")], "3.9", "runtime.txt")]
#[case(&[(".tool-versions", "nodejs 20.1.0\npython 3.10.2\n")], "3.10", ".tool-versions")]
#[case(&[("pyproject.toml", PEP621)], ">=3.10", "pyproject.toml")]
#[case(&[("pyproject.toml", POETRY)], ">=3.11,<4", "pyproject.toml")]
#[case(&[("Pipfile", "[packages]\n[requires]\npython_version = \"3.11\"\n")], "3.11", "Pipfile")]
#[case(&[(".python-version", "3.12"), ("runtime.txt", "python-3.9.18")], "3.12", ".python-version")]
#[case(&[(".python-version", "my-env"), ("runtime.txt", "python-3.9.18")], "3.9", "runtime.txt")]
fn python_versions(#[case] files: &[(&str, &str)], #[case] wish: &str, #[case] file: &str) {
    let mut files = files.to_vec();
    files.push(("app.py", FLASK));
    let version = plan(&files).runtimes[0].version.clone().unwrap();
    assert_eq!((version.wish.as_str(), version.file.as_str()), (wish, file));
}

const NODE: &str = r#"{"scripts":{"start":"node s.js"},"dependencies":{"express":"4"}}"#;

#[rstest]
#[case::npm(&[("package-lock.json", "{}")], "npm ci --include=dev --no-audit --no-fund")]
#[case::no_lock(&[], "npm install --include=dev --no-audit --no-fund")]
#[case::pnpm(&[("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")], "npx --yes pnpm@10 install --prod=false --frozen-lockfile")]
#[case::yarn_classic(&[("yarn.lock", "# yarn lockfile v1\n")], "npx --yes yarn@1.22.22 install --production=false --non-interactive --frozen-lockfile")]
#[case::yarn_berry(&[("yarn.lock", "__metadata:\n  version: 8\n")], "npx --yes --package=@yarnpkg/cli-dist@4 yarn install --immutable")]
#[case::bun(&[("bun.lockb", "")], "npm install --include=dev --no-audit --no-fund")]
fn node(#[case] files: &[(&str, &str)], #[case] wanted: &str) {
    let mut files = files.to_vec();
    files.push(("package.json", NODE));
    assert_eq!(lines(&plan(&files).install), [wanted]);
}

#[test]
fn berry_gets_a_node_modules_folder() {
    let plan = plan(&[("package.json", NODE), ("yarn.lock", "__metadata:\n")]);
    assert_eq!(plan.env["YARN_NODE_LINKER"], "node-modules");
}

#[test]
fn broken_json_is_told() {
    let plan = plan(&[
        ("package.json", "{"),
        ("app.js", "require('express')().listen(1)"),
    ]);
    assert!(plan.framework == "express" && warns(&plan, "package.json cannot be read"));
    assert!(try_plan(&[("package.json", "[1]")]).is_err());
}
