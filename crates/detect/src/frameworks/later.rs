//! What Havre recognises and cannot run yet, so that it can say so instead of serving something else.

use crate::app::App;
use crate::evidence::Evidence;
use crate::text;

/// Something recognised that is not run yet.
pub(crate) struct Sign {
    /// Its name for people.
    pub(crate) title: &'static str,
    /// What speaks for it.
    pub(crate) evidence: Evidence,
    /// A Procfile line that would run it already, where there is one.
    pub(crate) procfile: Option<&'static str>,
}

/// Packages of `package.json`. Tools that build a site weigh less than a server that also uses them.
const NODE: [(&str, &str, u32); 15] = [
    ("next", "Next.js", 70),
    ("nuxt", "Nuxt", 70),
    ("react-scripts", "React (Create React App)", 70),
    ("@vue/cli-service", "Vue.js (Vue CLI)", 70),
    ("@angular/core", "Angular", 70),
    ("@sveltejs/kit", "SvelteKit", 70),
    ("@remix-run/dev", "Remix", 70),
    ("gatsby", "Gatsby", 70),
    ("astro", "Astro", 70),
    ("@11ty/eleventy", "Eleventy", 60),
    ("vite", "Vite", 60),
    ("parcel", "Parcel", 60),
    ("webpack", "webpack", 40),
    ("react", "React", 55),
    ("vue", "Vue.js", 55),
];

/// Files at the top of the app's folder. A Dockerfile says least: it often lies beside an app that Havre knows.
const FILES: [(&str, &str, u32); 18] = [
    ("artisan", "Laravel", 90),
    ("composer.json", "PHP", 55),
    ("index.php", "PHP", 50),
    ("config/application.rb", "Ruby on Rails", 70),
    ("Gemfile", "Ruby", 55),
    ("go.mod", "Go", 60),
    ("Cargo.toml", "Rust", 60),
    ("pom.xml", "Java (Maven)", 60),
    ("build.gradle", "Java (Gradle)", 60),
    ("build.gradle.kts", "Kotlin (Gradle)", 60),
    ("mix.exs", "Elixir", 60),
    ("deno.json", "Deno", 55),
    ("Dockerfile", "a Docker image", 5),
    ("Containerfile", "a container image", 5),
    ("docker-compose.yml", "Docker Compose", 4),
    ("docker-compose.yaml", "Docker Compose", 4),
    ("compose.yml", "Docker Compose", 4),
    ("compose.yaml", "Docker Compose", 4),
];

/// Python packages that are servers of their own, with the line that runs them.
const PYTHON: [(&str, &str, &str); 10] = [
    (
        "streamlit",
        "Streamlit",
        "web: streamlit run app.py --server.port $PORT --server.address 0.0.0.0",
    ),
    (
        "gradio",
        "Gradio",
        "web: GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python app.py",
    ),
    (
        "dash",
        "Dash",
        "web: gunicorn --bind 0.0.0.0:$PORT app:server",
    ),
    (
        "starlette",
        "Starlette",
        "web: uvicorn main:app --host 0.0.0.0 --port $PORT",
    ),
    (
        "litestar",
        "Litestar",
        "web: uvicorn app:app --host 0.0.0.0 --port $PORT",
    ),
    (
        "quart",
        "Quart",
        "web: hypercorn --bind 0.0.0.0:$PORT app:app",
    ),
    (
        "sanic",
        "Sanic",
        "web: sanic server:app --host 0.0.0.0 --port $PORT",
    ),
    ("aiohttp", "aiohttp", "web: python main.py"),
    (
        "bottle",
        "Bottle",
        "web: gunicorn --bind 0.0.0.0:$PORT app:app",
    ),
    ("tornado", "Tornado", "web: python main.py"),
];

/// Everything recognised in a folder, the weightiest first.
pub(crate) fn signs(app: &App<'_>) -> Vec<Sign> {
    let mut out: Vec<Sign> = Vec::new();
    if let Some(package) = &app.node {
        for (name, title, weight) in NODE.iter().filter(|(name, _, _)| package.asks(name)) {
            out.push(sign(
                title,
                *weight,
                text::asks_for("package.json", name),
                None,
            ));
        }
    }
    for (file, title, weight) in FILES.iter().filter(|(file, _, _)| app.view.has(file)) {
        out.push(sign(title, *weight, text::has_file(file), None));
    }
    for (name, title, line) in PYTHON {
        if let Some(file) = app.python.deps.asked_by(name) {
            out.push(sign(title, 50, text::asks_for(file, name), Some(line)));
        }
    }
    let project = app
        .view
        .files()
        .find(|path| path.ends_with(".csproj") || path.ends_with(".fsproj"));
    if let Some(path) = project {
        out.push(sign(".NET", 60, text::has_file(path), None));
    }
    out.sort_by_key(|sign| std::cmp::Reverse(sign.evidence.weight));
    out
}

fn sign(
    title: &'static str,
    weight: u32,
    sentence: String,
    procfile: Option<&'static str>,
) -> Sign {
    Sign {
        title,
        evidence: Evidence::new(weight, sentence),
        procfile,
    }
}
