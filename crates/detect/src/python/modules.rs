//! The Python files of an app: where each is imported from, and which of their applications a server should load.

use super::source::{self, AppObject, Class, Module, Shape};
use crate::index::{join, split};
use crate::view::View;

/// At most this many files are read; the upper ones come first.
const MAX_FILES: usize = 60;
/// Deeper files are parts of an app, never where it is offered.
const MAX_DEPTH: usize = 3;

/// Folders whose files are not what a server loads.
pub(crate) const ASIDE: [&str; 14] = [
    "tests",
    "test",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "samples",
    "migrations",
    "alembic",
    "scripts",
    "e2e",
    "fixtures",
    "benchmarks",
];

/// Files that say which dependencies a folder has: such a folder is an app of its own.
pub(crate) const MANIFESTS: [&str; 8] = [
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "setup.py",
    "uv.lock",
    "poetry.lock",
    "manage.py",
    "package.json",
];

/// Where apps usually are, the most deliberate first.
const USUAL: [&str; 12] = [
    "wsgi",
    "asgi",
    "app",
    "application",
    "main",
    "server",
    "run",
    "index",
    "api",
    "web",
    "__init__",
    "start",
];

/// One Python file, read, with the way it is imported.
#[derive(Debug, Clone)]
pub(crate) struct PyFile {
    /// Relative to the app's folder.
    pub(crate) path: String,
    /// The dotted name.
    pub(crate) module: String,
    /// The folder to put on the module path; empty for the app's own.
    pub(crate) base: String,
    /// What it says.
    pub(crate) read: Module,
}

/// An application and where a server finds it.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    /// The file.
    pub(crate) file: &'a PyFile,
    /// The object or the factory.
    pub(crate) app: &'a AppObject,
}

impl Entry<'_> {
    /// `module:name`, as gunicorn and uvicorn take it; a factory without its call.
    pub(crate) fn target(&self) -> String {
        format!("{}:{}", self.file.module, self.app.name)
    }

    /// True when the name has to be called to get the application.
    pub(crate) fn is_factory(&self) -> bool {
        matches!(self.app.shape, Shape::Factory)
    }
}

/// Reads the Python files of a folder, up to the bounds.
pub(crate) fn read_all(view: &View<'_>) -> Vec<PyFile> {
    let mut paths: Vec<&str> = view
        .files()
        .filter(|path| path.ends_with(".py") && is_candidate(path) && !is_shadowed(view, path))
        .collect();
    paths.sort_by_key(|path| (path.matches('/').count(), usual(path), *path));
    paths.truncate(MAX_FILES);
    paths
        .into_iter()
        .filter_map(|path| place(view, path))
        .collect()
}

fn is_candidate(path: &str) -> bool {
    let (folder, name) = split(path);
    let stem = name.trim_end_matches(".py");
    path.matches('/').count() <= MAX_DEPTH
        && !folder.split('/').any(|part| ASIDE.contains(&part))
        && !stem.starts_with("test_")
        && !stem.ends_with("_test")
        && !["conftest", "setup", "noxfile", "fabfile", "tasks"].contains(&stem)
}

/// `app.py` beside a package `app/`: Python imports the package and never the file.
fn is_shadowed(view: &View<'_>, path: &str) -> bool {
    view.has(&join(path.trim_end_matches(".py"), "__init__.py"))
}

fn usual(path: &str) -> usize {
    let stem = split(path).1.trim_end_matches(".py");
    USUAL
        .iter()
        .position(|usual| *usual == stem)
        .unwrap_or(USUAL.len())
}

/// Finds out how a file is imported: the folders above it are either packages or plain folders on the module path.
fn place(view: &View<'_>, path: &str) -> Option<PyFile> {
    let read = source::read(&view.read(path)?);
    let (folder, name) = split(path);
    let folders: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let base = package_start(view, &folders, &read);
    if belongs_to_another(view, &folders[..base]) {
        return None;
    }
    let stem = name.trim_end_matches(".py");
    let mut parts: Vec<&str> = folders[base..].to_vec();
    if stem != "__init__" {
        parts.push(stem);
    }
    let importable = !parts.is_empty() && parts.iter().all(|part| is_identifier(part));
    importable.then(|| PyFile {
        path: path.to_owned(),
        module: parts.join("."),
        base: folders[..base].join("/"),
        read,
    })
}

/// How many of the folders are plain ones; the rest are packages.
fn package_start(view: &View<'_>, folders: &[&str], read: &Module) -> usize {
    let has_init = |count: usize| view.has(&join(&folders[..count].join("/"), "__init__.py"));
    let mut start = folders.len();
    while start > 0 && has_init(start) {
        start -= 1;
    }
    let relative = read.imports.iter().any(|module| module.starts_with('.'));
    if relative && start == folders.len() && start > 0 {
        start -= 1;
    }
    // `from app.routes import x` in app/main.py: a package even without an __init__.py.
    let imported = |part: &str| {
        read.imports.iter().any(|module| {
            module == part
                || module
                    .strip_prefix(part)
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let own = (0..start).find(|at| folders[*at] != "src" && imported(folders[*at]));
    own.unwrap_or(start)
}

/// A plain folder below the app's is part of it when it brings no dependencies of its own while the app does;
/// `src` always is.
fn belongs_to_another(view: &View<'_>, plain: &[&str]) -> bool {
    let path = plain.join("/");
    let brings_own = |folder: &str| MANIFESTS.iter().any(|name| view.has(&join(folder, name)));
    match plain {
        [] => false,
        ["src"] => brings_own("src") && !brings_own(""),
        _ => brings_own(&path) || brings_own(plain[0]) || !brings_own(""),
    }
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// All applications of a class, the one to serve first.
pub(crate) fn entries(files: &[PyFile], class: Class) -> Vec<Entry<'_>> {
    let mut found: Vec<Entry<'_>> = files
        .iter()
        .flat_map(|file| file.read.apps.iter().map(move |app| Entry { file, app }))
        .filter(|entry| class_of(files, entry.app) == Some(class))
        .collect();
    found.sort_by_key(|entry| rank(entry));
    found
}

/// The class of an object that a factory made is the factory's.
fn class_of(files: &[PyFile], app: &AppObject) -> Option<Class> {
    if app.class.is_some() {
        return app.class;
    }
    let Shape::Called(function) = &app.shape else {
        return None;
    };
    files
        .iter()
        .flat_map(|file| &file.read.apps)
        .filter(|other| matches!(other.shape, Shape::Factory | Shape::FactoryWith(_)))
        .find(|other| other.name == *function)
        .and_then(|other| other.class)
}

type Rank = (u8, bool, usize, usize, usize, String);

/// Lower is better: something callable, near the top, an object before a factory, in a file of the usual name, under
/// the usual name.
fn rank(entry: &Entry<'_>) -> Rank {
    let shape = match entry.app.shape {
        Shape::Object | Shape::Called(_) => 0,
        Shape::Factory => 1,
        Shape::FactoryWith(_) => 2,
    };
    let names = [
        "app",
        "application",
        "create_app",
        "make_app",
        "server",
        "api",
    ];
    let name = names
        .iter()
        .position(|usual| *usual == entry.app.name)
        .unwrap_or(names.len());
    let plain = !entry.file.base.is_empty() && entry.file.base != "src";
    let depth = entry.file.module.matches('.').count();
    (
        shape,
        plain,
        depth,
        usual(&entry.file.path),
        name,
        entry.file.path.clone(),
    )
}

/// Other folders that offer an application as good as the first one: which of them is meant cannot be told.
pub(crate) fn rivals<'a>(entries: &[Entry<'a>]) -> Vec<&'a PyFile> {
    let Some(first) = entries.first() else {
        return Vec::new();
    };
    if first.file.base.is_empty() || first.file.base == "src" {
        return Vec::new();
    }
    let mut folders = vec![first.file];
    for entry in &entries[1..] {
        if folders.iter().all(|file| file.base != entry.file.base) {
            folders.push(entry.file);
        }
    }
    folders.split_off(1)
}
