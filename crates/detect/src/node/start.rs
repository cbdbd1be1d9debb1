//! How a Node server is started: its start script, else its main file.

use super::package::Package;
use crate::shell;
use crate::view::View;

/// Where servers usually are.
const USUAL: [&str; 12] = [
    "server.js",
    "app.js",
    "index.js",
    "main.js",
    "server.mjs",
    "app.mjs",
    "index.mjs",
    "server.cjs",
    "index.cjs",
    "src/server.js",
    "src/index.js",
    "src/app.js",
];

/// A start line and where it comes from, for people.
pub(crate) struct Started {
    /// For `/bin/sh -c`.
    pub(crate) line: String,
    /// `the start script of package.json`, `server.js`.
    pub(crate) from: String,
    /// The file that is run, where that is known.
    pub(crate) file: Option<String>,
}

/// Finds the start.
pub(crate) fn find(view: &View<'_>, package: &Package) -> Option<Started> {
    let script = ["start:prod", "start"].into_iter().find(|name| {
        let nest_only = *name == "start:prod" && !package.asks("@nestjs/core");
        package.script(name).is_some() && !nest_only
    });
    if let Some(name) = script {
        return Some(by_script(view, package, name));
    }
    let file = package
        .main
        .clone()
        .or_else(|| view.first_of(&USUAL).map(str::to_owned))?;
    Some(Started {
        line: format!("exec node {}", shell_words::quote(&file)),
        from: file.clone(),
        file: Some(file),
    })
}

/// `node server.js` is run as it is: npm in front of it would cost memory and stand between it and its signals.
fn by_script(view: &View<'_>, package: &Package, name: &str) -> Started {
    let script = package.script(name).unwrap_or_default();
    let hooked = package.script(&format!("pre{name}")).is_some()
        || package.script(&format!("post{name}")).is_some();
    let file = run_file(view, script);
    let line = if shell::is_plain(script) && script.starts_with("node ") && !hooked {
        format!("exec {script}")
    } else {
        format!("exec npm run --silent {name}")
    };
    Started {
        line,
        from: format!("`{name}` of package.json"),
        file,
    }
}

/// The file that `node [options] FILE` runs.
fn run_file(view: &View<'_>, script: &str) -> Option<String> {
    let words = shell_words::split(script).ok()?;
    let after = words
        .iter()
        .skip_while(|word| !matches!(word.as_str(), "node" | "nodemon" | "tsx" | "ts-node"));
    let named = after.skip(1).find(|word| !word.starts_with('-'))?;
    let path = crate::index::clean_path(named)?;
    [
        path.clone(),
        format!("{path}.js"),
        format!("{path}/index.js"),
    ]
    .into_iter()
    .find(|path| view.has(path))
}
