//! The lines that start a Python app behind gunicorn or uvicorn.

use super::modules::Entry;

/// What a server is told to load.
pub(crate) struct Target {
    /// `module:object`.
    pub(crate) name: String,
    /// The name is a function that makes the application.
    pub(crate) factory: bool,
    /// A folder to put on the module path; empty for none.
    pub(crate) base: String,
}

impl Target {
    /// The target of an application found in the source.
    pub(crate) fn of(entry: &Entry<'_>) -> Self {
        Self {
            name: entry.target(),
            factory: entry.is_factory(),
            base: entry.file.base.clone(),
        }
    }
}

/// gunicorn for WSGI. The number of workers comes from `WEB_CONCURRENCY`, which gunicorn reads itself.
pub(crate) fn gunicorn(target: &Target, threads: u32) -> String {
    let name = if target.factory {
        format!("{}()", target.name)
    } else {
        target.name.clone()
    };
    let path = option("--pythonpath", &target.base);
    format!(
        "exec gunicorn --bind 0.0.0.0:$PORT --threads {threads} --access-logfile -{path} {}",
        shell_words::quote(&name)
    )
}

/// uvicorn for ASGI.
pub(crate) fn uvicorn(target: &Target) -> String {
    let path = option("--app-dir", &target.base);
    let factory = if target.factory { " --factory" } else { "" };
    format!(
        "exec uvicorn --host 0.0.0.0 --port $PORT --proxy-headers{path}{factory} {}",
        shell_words::quote(&target.name)
    )
}

/// daphne for ASGI, where the app brings it.
pub(crate) fn daphne(target: &Target) -> String {
    let path = if target.base.is_empty() {
        String::new()
    } else {
        format!("PYTHONPATH={} ", shell_words::quote(&target.base))
    };
    let run = if path.is_empty() {
        "exec "
    } else {
        "exec env "
    };
    format!(
        "{run}{path}daphne -b 0.0.0.0 -p $PORT {}",
        shell_words::quote(&target.name)
    )
}

fn option(flag: &str, folder: &str) -> String {
    if folder.is_empty() {
        String::new()
    } else {
        format!(" {flag} {}", shell_words::quote(folder))
    }
}
