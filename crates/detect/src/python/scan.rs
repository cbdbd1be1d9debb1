//! The tolerant reading of a Python file that does not parse (newer syntax, Python 2, a half-written file): line by line.

use std::sync::LazyLock;

use regex::Regex;

use super::source::{AppObject, Class, Module, Shape};

/// Lines beyond this say nothing that is looked for, and cost time.
const MAX_LINES: usize = 5000;
/// A longer line is data.
const MAX_LINE: usize = 1000;

#[expect(clippy::unwrap_used, reason = "fixed patterns, compiled by the tests")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

static APP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(?:[A-Za-z_]\w*\.)?(Flask|APIFlask|FastAPI)\s*\(")
});
static CALLED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)\s*\(")
});
static FACTORY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^def\s+([A-Za-z_]\w*)\s*\(([^)]*)\)"));
static MADE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s+.*\b(Flask|APIFlask|FastAPI)\s*\("));
static IMPORT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*import\s+([A-Za-z_][\w.]*)"));
static FROM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*from\s+(\.*[A-Za-z_][\w.]*|\.+)\s+import\s+(\*?)"));
static VALUE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*([^=].*)$"));
static FACTORY_NAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^_?(create|make|build|get|init|new)_\w*app\w*$|^app_factory$"));

/// True for the names that people give to functions that make an application.
pub(super) fn is_factory_name(name: &str) -> bool {
    FACTORY_NAME.is_match(name)
}

/// Reads what the lines at the left margin say.
pub(super) fn scan(text: &str) -> Module {
    let mut module = Module::default();
    let mut function: Option<(String, Vec<String>)> = None;
    for line in text
        .lines()
        .take(MAX_LINES)
        .filter(|line| line.len() <= MAX_LINE)
    {
        imports(line, &mut module);
        if let Some(found) = FACTORY.captures(line) {
            function = Some((found[1].to_owned(), required(&found[2])));
        } else if let (Some((name, wanted)), Some(made)) = (&function, MADE.captures(line)) {
            let shape = if wanted.is_empty() {
                Shape::Factory
            } else {
                Shape::FactoryWith(wanted.clone())
            };
            offer(&mut module, name, Some(class(&made[1])), shape);
            function = None;
        } else if !line.starts_with([' ', '\t', '#']) && !line.is_empty() {
            function = None;
            assignment(line, &mut module);
        }
    }
    module
}

fn imports(line: &str, module: &mut Module) {
    if let Some(found) = IMPORT.captures(line) {
        module.imports.insert(found[1].to_owned());
    } else if let Some(found) = FROM.captures(line) {
        module.imports.insert(found[1].to_owned());
        if !found[2].is_empty() {
            module.stars.push(found[1].to_owned());
        }
    }
}

fn assignment(line: &str, module: &mut Module) {
    if let Some(found) = APP.captures(line) {
        offer(module, &found[1], Some(class(&found[2])), Shape::Object);
    } else if let Some(found) = CALLED.captures(line)
        && is_factory_name(&found[2])
    {
        offer(module, &found[1], None, Shape::Called(found[2].to_owned()));
    }
    if let Some(found) = VALUE.captures(line) {
        let value = found[2].split(" #").next().unwrap_or_default().trim();
        module.values.insert(found[1].to_owned(), value.to_owned());
    }
}

fn class(name: &str) -> Class {
    if name == "FastAPI" {
        Class::FastApi
    } else {
        Class::Flask
    }
}

/// The parameters without a default.
fn required(parameters: &str) -> Vec<String> {
    parameters
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty() && !one.contains('=') && !one.starts_with(['*', '/']))
        .map(|one| one.split(':').next().unwrap_or(one).trim().to_owned())
        .collect()
}

fn offer(module: &mut Module, name: &str, class: Option<Class>, shape: Shape) {
    module.apps.retain(|app| app.name != name);
    module.apps.push(AppObject {
        name: name.to_owned(),
        class,
        shape,
    });
}
