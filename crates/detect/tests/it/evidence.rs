//! Evidence is weighed: what a repository is about wins over what else lies in it.

use rstest::rstest;

use crate::{lines, plan, start, try_plan, warns};

const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";
const EXPRESS: &str = "const express = require('express');\nexpress().listen(process.env.PORT);\n";
const EXPRESS_PACKAGE: &str =
    r#"{"scripts":{"start":"node server.js"},"dependencies":{"express":"4"}}"#;

#[rstest]
#[case::flask_with_assets(&[("requirements.txt", "flask"), ("app.py", FLASK), ("package.json", r#"{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}"#)], "flask")]
#[case::flask_with_an_express_dependency(&[("requirements.txt", "flask"), ("app.py", FLASK), ("package.json", r#"{"dependencies":{"express":"4"}}"#)], "flask")]
#[case::flask_with_a_dockerfile(&[("requirements.txt", "flask"), ("app.py", FLASK), ("Dockerfile", "FROM x")], "flask")]
#[case::flask_with_an_index(&[("requirements.txt", "flask"), ("app.py", FLASK), ("index.html", "")], "flask")]
#[case::express_with_helper_scripts(&[("package.json", EXPRESS_PACKAGE), ("server.js", EXPRESS), ("requirements.txt", "requests"), ("tool.py", "import requests")], "express")]
#[case::express_that_serves_react(&[("package.json", r#"{"scripts":{"start":"node server.js","build":"vite build"},"dependencies":{"express":"4","react":"18","vite":"5"}}"#), ("server.js", EXPRESS)], "express")]
#[case::express_without_a_start_script(&[("package.json", r#"{"dependencies":{"express":"4"}}"#), ("app.js", EXPRESS)], "express")]
#[case::koa(&[("package.json", r#"{"scripts":{"start":"node ."},"dependencies":{"koa":"2"}}"#)], "node")]
#[case::plain_http(&[("package.json", r#"{"scripts":{"start":"node server.js"}}"#), ("server.js", "require('http').createServer().listen(process.env.PORT)")], "node")]
#[case::django_over_flask(&[("requirements.txt", "django\nflask"), ("app.py", FLASK), ("manage.py", "setdefault('DJANGO_SETTINGS_MODULE', 's.settings')"), ("s/settings.py", ""), ("s/wsgi.py", "")], "django")]
#[case::fastapi_over_flask(&[("requirements.txt", "fastapi"), ("main.py", "from fastapi import FastAPI\nfrom flask import Flask\napp = FastAPI()\n")], "fastapi")]
#[case::static_site(&[("index.html", ""), ("style.css", "")], "static")]
#[case::static_with_a_dockerfile(&[("index.html", ""), ("Dockerfile", "FROM nginx")], "static")]
#[case::static_in_public(&[("public/index.html", "")], "static")]
#[case::static_with_tools_only(&[("index.html", ""), ("package.json", r#"{"devDependencies":{"prettier":"3"}}"#)], "static")]
fn the_framework(#[case] files: &[(&str, &str)], #[case] framework: &str) {
    let plan = plan(files);
    assert_eq!(
        plan.framework, framework,
        "{:?} {:?}",
        plan.why, plan.rejected
    );
}

#[rstest]
#[case::laravel(&[("artisan", ""), ("composer.json", "{}"), ("package.json", r#"{"devDependencies":{"vite":"5"}}"#)], "Laravel")]
#[case::react(&[("package.json", r#"{"scripts":{"start":"react-scripts start","build":"x"},"dependencies":{"react":"18","react-scripts":"5"}}"#), ("public/index.html", "")], "React")]
#[case::vue(&[("package.json", r#"{"devDependencies":{"@vue/cli-service":"5"}}"#)], "Vue.js")]
#[case::vite(&[("package.json", r#"{"scripts":{"start":"vite preview"},"devDependencies":{"vite":"5"}}"#), ("index.html", "")], "Vite")]
#[case::next(&[("package.json", r#"{"scripts":{"start":"next start"},"dependencies":{"next":"14"}}"#)], "Next.js")]
#[case::rails(&[("Gemfile", ""), ("config/application.rb", "")], "Ruby on Rails")]
#[case::go(&[("go.mod", "module x"), ("index.html", "")], "Go")]
#[case::dockerfile(&[("Dockerfile", "FROM x")], "Docker")]
#[case::streamlit(&[("requirements.txt", "streamlit"), ("app.py", "import streamlit")], "Streamlit")]
fn not_yet_in_words(#[case] files: &[(&str, &str)], #[case] said: &str) {
    let error = try_plan(files).unwrap_err();
    assert!(
        error.message.contains(said) && error.message.contains("yet"),
        "{error:?}"
    );
    assert!(
        !error.looked_for.is_empty() && error.cure.contains("web:"),
        "{error:?}"
    );
}

#[test]
fn why_is_a_sentence_for_people() {
    let plan = plan(&[
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("Dockerfile", ""),
    ]);
    assert_eq!(
        plan.why[0],
        "Flask: requirements.txt asks for flask and app.py makes `app = Flask(...)`"
    );
    assert!(
        plan.rejected
            .iter()
            .any(|sentence| sentence.contains("Dockerfile"))
    );
}

#[test]
fn a_close_call_is_told_with_the_way_out() {
    let plan = plan(&[
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("package.json", EXPRESS_PACKAGE),
        ("server.js", EXPRESS),
    ]);
    assert_eq!(plan.framework, "flask");
    assert!(warns(&plan, "--framework express"));
}

#[test]
fn assets_are_built_where_node_is_there() {
    let package = r#"{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"},"engines":{"node":">=18"}}"#;
    let plan = plan(&[
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("package.json", package),
        ("package-lock.json", "{}"),
    ]);
    let node = &plan.runtimes[1];
    assert!(node.optional.is_some() && node.version.as_ref().unwrap().wish == ">=18");
    assert_eq!(lines(&plan.build), ["npm run build"]);
    assert!(lines(&plan.install).contains(&"npm ci --include=dev --no-audit --no-fund".to_owned()));
    let needs_node = |commands: &[domain::plan::Command]| {
        commands
            .iter()
            .filter(|one| one.needs == domain::plan::Runtime::Node)
            .count()
    };
    assert_eq!((needs_node(&plan.install), needs_node(&plan.build)), (1, 1));
    assert!(plan.bakes("VITE_API"));
}

#[test]
fn assets_without_a_build_script_are_told() {
    let plan = plan(&[
        ("requirements.txt", "flask"),
        ("app.py", FLASK),
        ("package.json", "{}"),
    ]);
    assert!(warns(&plan, "no build script") && plan.runtimes.len() == 1);
}

#[rstest]
#[case("node server.js", "exec node server.js")]
#[case(
    "node --enable-source-maps server.js",
    "exec node --enable-source-maps server.js"
)]
#[case("npm run build && node server.js", "exec npm run --silent start")]
#[case("NODE_ENV=production node server.js", "exec npm run --silent start")]
#[case("nodemon server.js", "exec npm run --silent start")]
fn node_is_started_without_npm_where_that_is_the_same(#[case] script: &str, #[case] line: &str) {
    let package =
        format!(r#"{{"scripts":{{"start":"{script}"}},"dependencies":{{"express":"4"}}}}"#);
    let plan = plan(&[("package.json", &package), ("server.js", EXPRESS)]);
    assert_eq!(start(&plan), line);
    assert_eq!(plan.env["NODE_ENV"], "production");
}
