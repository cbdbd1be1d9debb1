//! A Django project, read: manage.py, its settings module and what that says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::deps::Manager;
use super::secrets;
use super::source::{self, Module};
use crate::app::App;
use crate::index::{join, split};
use crate::view::View;

/// Settings split over more files than this are not followed further.
const MAX_STARS: usize = 8;

#[expect(clippy::unwrap_used, reason = "fixed patterns, compiled by the tests")]
static MODULE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"DJANGO_SETTINGS_MODULE["']\s*[,\]]\s*=?\s*["']([A-Za-z_][\w.]*)["']"#).unwrap()
});
#[expect(clippy::unwrap_used, reason = "fixed patterns, compiled by the tests")]
static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"["']NAME["']\s*:\s*([^\n]+)"#).unwrap());
#[expect(clippy::unwrap_used, reason = "fixed patterns, compiled by the tests")]
static LITERAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"["']([^"']*)["']"#).unwrap());

/// A Django project.
pub(crate) struct Project {
    /// `manage.py`, relative to the app's folder.
    pub(crate) manage: String,
    /// The folder of `manage.py`; empty for the app's own.
    pub(crate) folder: String,
    /// The settings module that serves.
    pub(crate) settings: String,
    /// Its file.
    pub(crate) settings_file: String,
    /// True when `wsgi.py` names other settings than `manage.py`.
    pub(crate) overrides_manage: bool,
    /// `module:object` for WSGI.
    pub(crate) wsgi: Option<String>,
    /// `module:object` for ASGI.
    pub(crate) asgi: Option<String>,
    /// Environment names that the settings read, to the file that reads them.
    pub(crate) env_read: BTreeMap<String, String>,
    values: BTreeMap<String, String>,
    /// False when a settings file could not be found or read.
    complete: bool,
    source: String,
}

/// Where a SQLite database lies.
pub(crate) enum Sqlite {
    /// In this folder, relative to the project's.
    Folder(String),
    /// Beside the code, under this name.
    Top(String),
}

impl Project {
    /// Finds the project of a folder.
    pub(crate) fn find(app: &App<'_>) -> Option<Self> {
        let view = &app.view;
        let manage = manage_file(app)?;
        let folder = split(&manage).0.to_owned();
        let said = settings_named(view, &manage);
        let server = said
            .as_deref()
            .and_then(|said| server_file(view, &folder, said));
        let by_server = server.and_then(|file| settings_named(view, &file));
        let settings = by_server.clone().or(said.clone())?;
        let mut project = Self {
            manage,
            settings_file: module_file(view, &folder, &settings)
                .unwrap_or_else(|| settings.clone()),
            overrides_manage: by_server.is_some() && by_server != said,
            settings,
            folder,
            wsgi: None,
            asgi: None,
            env_read: BTreeMap::new(),
            values: BTreeMap::new(),
            complete: true,
            source: String::new(),
        };
        let module = project.settings.clone();
        project.read(view, &module, MAX_STARS);
        project.wsgi = project.gateway(view, "WSGI_APPLICATION", "wsgi");
        project.asgi = project.gateway(view, "ASGI_APPLICATION", "asgi");
        Some(project)
    }

    /// Reads a settings module, those whose names it takes over first.
    fn read(&mut self, view: &View<'_>, module: &str, left: usize) {
        let file = module_file(view, &self.folder, module);
        let text = file.as_ref().and_then(|file| view.read(file));
        let (Some(file), Some(text), Some(left)) = (file, text, left.checked_sub(1)) else {
            self.complete = false;
            return;
        };
        let Module { stars, values, .. } = source::read(&text);
        for star in stars {
            if let Some(base) = absolute(&star, module, file.ends_with("__init__.py")) {
                self.read(view, &base, left);
            }
        }
        for name in secrets::names_read(&text) {
            self.env_read.entry(name).or_insert_with(|| file.clone());
        }
        self.values.extend(values);
        self.source.push_str(&text);
    }

    /// `module:object` of `WSGI_APPLICATION`, else of the usual file.
    fn gateway(&self, view: &View<'_>, setting: &str, stem: &str) -> Option<String> {
        let read = Module {
            values: self.values.clone(),
            ..Module::default()
        };
        if let Some((module, object)) = read
            .string(setting)
            .and_then(|dotted| dotted.rsplit_once('.'))
            && module_file(view, &self.folder, module).is_some()
            && is_dotted(module)
            && is_dotted(object)
        {
            return Some(format!("{module}:{object}"));
        }
        packages(&self.settings)
            .map(|package| {
                if package.is_empty() {
                    stem.to_owned()
                } else {
                    format!("{package}.{stem}")
                }
            })
            .find(|module| module_file(view, &self.folder, module).is_some())
            .map(|module| format!("{module}:application"))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|text| text.trim())
    }

    /// `DEBUG`, where it is written out.
    pub(crate) fn debug(&self) -> Option<bool> {
        match self.value("DEBUG")? {
            "True" => Some(true),
            "False" => Some(false),
            _ => None,
        }
    }

    /// True when `ALLOWED_HOSTS` is written out as empty.
    pub(crate) fn allows_no_host(&self) -> bool {
        matches!(self.value("ALLOWED_HOSTS"), Some("[]" | "()" | "list()"))
    }

    /// False only when the installed apps are known and `staticfiles` is not among them.
    pub(crate) fn serves_static(&self) -> bool {
        self.value("INSTALLED_APPS")
            .is_none_or(|apps| apps.contains("staticfiles") || !apps.starts_with(['[', '(']))
    }

    /// True when `collectstatic` has somewhere to collect to.
    pub(crate) fn has_static_root(&self) -> bool {
        let set = self
            .value("STATIC_ROOT")
            .is_some_and(|value| !matches!(value, "None" | "\"\"" | "''"));
        set || self.source.contains("django_heroku.settings(")
    }

    /// True when the app serves its static files itself.
    pub(crate) fn has_whitenoise(&self) -> bool {
        self.source.to_ascii_lowercase().contains("whitenoise")
    }

    /// False only when all settings are known and none names a database.
    pub(crate) fn has_database(&self) -> bool {
        !self.complete || self.source.contains("DATABASES")
    }

    /// Where the SQLite database lies, when it lies in the app's folder.
    pub(crate) fn sqlite(&self) -> Option<Sqlite> {
        let databases = self.value("DATABASES")?;
        if !databases.contains("sqlite") {
            return None;
        }
        let default = "db.sqlite3".to_owned();
        let Some(name) = NAME.captures(databases) else {
            return Some(Sqlite::Top(default));
        };
        // `BASE_DIR / "data" / "db.sqlite3"`: the path is what the literals say; names of variables are no paths.
        let parts: Vec<&str> = LITERAL
            .captures_iter(name.get(1)?.as_str())
            .filter_map(|found| found.get(1))
            .map(|found| found.as_str())
            .filter(|part| part.chars().any(char::is_lowercase))
            .collect();
        let path = parts.join("/");
        if path.starts_with('/') || path.contains("memory") {
            return None;
        }
        match path.rsplit_once('/') {
            Some((folder, _)) => crate::index::clean_path(folder)
                .filter(|f| !f.is_empty())
                .map(Sqlite::Folder),
            None if path.is_empty() => Some(Sqlite::Top(default)),
            None => Some(Sqlite::Top(path)),
        }
    }
}

/// The uppermost `manage.py` that names settings: the folder's own, else one below that shares the folder's
/// dependencies.
fn manage_file(app: &App<'_>) -> Option<String> {
    let view = &app.view;
    let mut paths: Vec<&str> = view
        .files()
        .filter(|path| split(path).1 == "manage.py")
        .collect();
    paths.sort_by_key(|path| (path.matches('/').count(), *path));
    let shared = app.python.deps.manager != Manager::Nothing;
    let own = |folder: &str| {
        ["requirements.txt", "pyproject.toml", "Pipfile"]
            .iter()
            .any(|name| view.has(&join(folder, name)))
    };
    paths
        .into_iter()
        .filter(|path| {
            let folder = split(path).0;
            folder.is_empty() || (shared && !own(folder) && path.matches('/').count() <= 2)
        })
        .find(|path| settings_named(view, path).is_some())
        .map(str::to_owned)
}

fn settings_named(view: &View<'_>, file: &str) -> Option<String> {
    let text = view.read(file)?;
    let found = MODULE.captures(&text)?;
    Some(found[1].trim_end_matches('.').to_owned())
}

/// `wsgi.py` (else `asgi.py`) of the package that holds the settings.
fn server_file(view: &View<'_>, folder: &str, settings: &str) -> Option<String> {
    packages(settings)
        .flat_map(|package| {
            ["wsgi.py", "asgi.py"].map(|name| join(&join(folder, &package.replace('.', "/")), name))
        })
        .find(|file| view.has(file))
}

/// The packages around a module, the innermost first; the top, `""`, last.
fn packages(module: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(module);
    std::iter::from_fn(move || {
        let module = rest?;
        let outer = module.rsplit_once('.').map_or("", |(outer, _)| outer);
        rest = (!module.is_empty()).then_some(outer);
        rest
    })
}

fn module_file(view: &View<'_>, folder: &str, module: &str) -> Option<String> {
    let path = join(folder, &module.replace('.', "/"));
    [format!("{path}.py"), format!("{path}/__init__.py")]
        .into_iter()
        .find(|file| view.has(file))
}

fn is_dotted(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

/// A relative import as a dotted name: `.base` in `config.settings.local` is `config.settings.base`.
fn absolute(import: &str, from: &str, is_package: bool) -> Option<String> {
    let name = import.trim_start_matches('.');
    let dots = import.len() - name.len();
    if dots == 0 {
        return Some(name.to_owned());
    }
    let mut base = from;
    for _ in 0..dots - usize::from(is_package) {
        base = base.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
    match (base, name) {
        ("", "") => None,
        ("", name) => Some(name.to_owned()),
        (base, "") => Some(base.to_owned()),
        (base, name) => Some(format!("{base}.{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(".base", "config.settings.local", false, Some("config.settings.base"))]
    #[case(".base", "config.settings", true, Some("config.settings.base"))]
    #[case("..common", "a.b.c", false, Some("a.common"))]
    #[case("other.settings", "a.b", false, Some("other.settings"))]
    #[case("....x", "a", false, Some("x"))]
    #[case(".", "a", false, None)]
    fn relative_imports(
        #[case] import: &str,
        #[case] from: &str,
        #[case] package: bool,
        #[case] to: Option<&str>,
    ) {
        assert_eq!(absolute(import, from, package).as_deref(), to);
    }

    #[test]
    fn packages_end_at_the_top() {
        assert_eq!(packages("a.b.c").collect::<Vec<_>>(), ["a.b", "a", ""]);
    }
}
