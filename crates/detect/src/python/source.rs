//! Reads one Python file: which application objects and factories it makes, what it imports, what it assigns at the top.

use std::collections::{BTreeMap, BTreeSet};

use rustpython_parser::ast::{self, Constant, Expr, Ranged, Stmt};
use rustpython_parser::{Parse, ast::Suite};

use super::scan;

/// A larger file is scanned line by line instead of parsed.
const MAX_PARSED: usize = 128 * 1024;
/// CPython itself refuses more nested brackets.
const MAX_BRACKETS: usize = 200;
/// The parser's trees are dropped by recursion; one level per byte of the largest parsed file fits in this.
const STACK: usize = 256 * 1024 * 1024;
/// Longer values of assignments are cut: only their beginning is ever looked at.
const MAX_VALUE: usize = 2000;

/// The classes whose objects are applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// WSGI, `Flask(...)` and what is made from it.
    Flask,
    /// ASGI, `FastAPI(...)`.
    FastApi,
}

impl Class {
    /// The class that a name imported from a module stands for.
    fn imported(module: &str, name: &str) -> Option<Self> {
        match (module, name) {
            ("flask", "Flask") | ("apiflask", "APIFlask") | ("flask_openapi3", "OpenAPI") => {
                Some(Self::Flask)
            }
            ("fastapi" | "fastapi.applications", "FastAPI") => Some(Self::FastApi),
            _ => None,
        }
    }
}

/// How a module offers its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A module-level object of the class.
    Object,
    /// A module-level object made by calling this function; its class is the function's.
    Called(String),
    /// A function that makes and returns the application, callable without arguments.
    Factory,
    /// A function that wants these arguments.
    FactoryWith(Vec<String>),
}

/// An application that a module offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppObject {
    /// The variable or the function.
    pub(crate) name: String,
    /// What it makes; none where only the called function knows.
    pub(crate) class: Option<Class>,
    /// How it is offered.
    pub(crate) shape: Shape,
}

/// What one Python file says at its top level.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Module {
    /// Modules named by `import` and `from`, with leading dots where they are relative.
    pub(crate) imports: BTreeSet<String>,
    /// Modules whose names are all taken over: `from .base import *`.
    pub(crate) stars: Vec<String>,
    /// Applications, in the order of the file.
    pub(crate) apps: Vec<AppObject>,
    /// The source text of values assigned to plain names, the last one wins.
    pub(crate) values: BTreeMap<String, String>,
    /// False when the file does not parse and was scanned line by line.
    pub(crate) parsed: bool,
}

impl Module {
    /// The text of a string literal that was assigned to a name.
    pub(crate) fn string(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?.trim();
        let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'')?;
        let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains([quote, '\\', '\n'])).then_some(inner)
    }
}

/// Reads one file. Never fails: what does not parse is scanned.
pub(crate) fn read(text: &str) -> Module {
    if text.len() > MAX_PARSED || brackets(text) > MAX_BRACKETS {
        return scan::scan(text);
    }
    parse_apart(text).unwrap_or_else(|| scan::scan(text))
}

/// Parses on a thread of its own: a hostile file can nest as deep as it is long, and an overflow of the caller's stack
/// would end the whole process.
fn parse_apart(text: &str) -> Option<Module> {
    std::thread::scope(|scope| {
        let parse = || parse(text);
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, parse)
            .ok()?;
        thread.join().ok().flatten()
    })
}

/// The deepest nesting of brackets, strings not told apart: too high a count only leads to the scan.
fn brackets(text: &str) -> usize {
    let mut depth = 0usize;
    let mut deepest = 0usize;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn parse(text: &str) -> Option<Module> {
    let suite = Suite::parse(text, "<app>").ok()?;
    let mut reader = Reader {
        text,
        classes: BTreeMap::new(),
        modules: BTreeMap::new(),
        out: Module {
            parsed: true,
            ..Module::default()
        },
    };
    // Imports first: a class may be imported inside `try:` or below its use in a function.
    reader.imports(&suite);
    reader.statements(&suite);
    Some(reader.out)
}

struct Reader<'t> {
    text: &'t str,
    /// Local names of the classes, own subclasses included.
    classes: BTreeMap<String, Class>,
    /// Local names of imported modules: `import flask as f`.
    modules: BTreeMap<String, String>,
    out: Module,
}

impl Reader<'_> {
    fn imports(&mut self, body: &[Stmt]) {
        for statement in body {
            match statement {
                Stmt::Import(import) => import.names.iter().for_each(|name| self.import(name)),
                Stmt::ImportFrom(import) => self.import_from(import),
                other => inner_bodies(other, true)
                    .into_iter()
                    .for_each(|body| self.imports(body)),
            }
        }
    }

    fn import(&mut self, alias: &ast::Alias) {
        let module = alias.name.to_string();
        let local = alias.asname.as_ref().map_or_else(
            || module.split('.').next().unwrap_or_default().to_owned(),
            ToString::to_string,
        );
        self.modules.insert(local, module.clone());
        self.out.imports.insert(module);
    }

    fn import_from(&mut self, import: &ast::StmtImportFrom) {
        let dots = import.level.map_or(0, |level| level.to_usize()).min(10);
        let base = import.module.as_deref().unwrap_or_default();
        let module = format!("{}{}", ".".repeat(dots), base);
        for alias in &import.names {
            let local = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
            if alias.name.as_str() == "*" {
                self.out.stars.push(module.clone());
            }
            if let Some(class) = Class::imported(&module, alias.name.as_str()) {
                self.classes.insert(local, class);
            }
        }
        self.out.imports.insert(module);
    }

    fn statements(&mut self, body: &[Stmt]) {
        for statement in body {
            match statement {
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        self.assignment(target, &assign.value);
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let Some(value) = &assign.value {
                        self.assignment(&assign.target, value);
                    }
                }
                Stmt::ClassDef(class) => self.class(class),
                Stmt::FunctionDef(function) => self.function(function),
                other => {
                    for body in inner_bodies(other, false) {
                        self.statements(body);
                    }
                }
            }
        }
    }

    fn assignment(&mut self, target: &Expr, value: &Expr) {
        let Expr::Name(name) = target else { return };
        let name = name.id.to_string();
        if let Some(class) = self.made_by(value) {
            self.offer(&name, Some(class), Shape::Object);
        } else if let Some(function) = called_factory(value) {
            self.offer(&name, None, Shape::Called(function));
        }
        let range = value.range();
        let text = self
            .text
            .get(usize::from(range.start())..usize::from(range.end()))
            .unwrap_or_default();
        let text: String = text.chars().take(MAX_VALUE).collect();
        self.out.values.insert(name, text);
    }

    /// A class of the file's own that is made from an application class is one too.
    fn class(&mut self, class: &ast::StmtClassDef) {
        let parent = class.bases.iter().find_map(|base| self.class_of(base));
        if let Some(parent) = parent {
            self.classes.insert(class.name.to_string(), parent);
        }
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        let returns = body_any(
            &function.body,
            &|s| matches!(s, Stmt::Return(r) if r.value.is_some()),
        );
        let made = self.first_made(&function.body);
        if let (true, Some(class)) = (returns, made) {
            let wanted = required_arguments(&function.args);
            let shape = if wanted.is_empty() {
                Shape::Factory
            } else {
                Shape::FactoryWith(wanted)
            };
            self.offer(function.name.as_str(), Some(class), shape);
        }
    }

    fn first_made(&self, body: &[Stmt]) -> Option<Class> {
        body.iter().find_map(|statement| match statement {
            Stmt::Assign(assign) => self.made_by(&assign.value),
            Stmt::AnnAssign(assign) => assign.value.as_ref().and_then(|v| self.made_by(v)),
            Stmt::Return(ret) => ret.value.as_ref().and_then(|v| self.made_by(v)),
            other => inner_bodies(other, true)
                .into_iter()
                .find_map(|body| self.first_made(body)),
        })
    }

    fn offer(&mut self, name: &str, class: Option<Class>, shape: Shape) {
        self.out.apps.retain(|app| app.name != name);
        self.out.apps.push(AppObject {
            name: name.to_owned(),
            class,
            shape,
        });
    }

    /// The class whose object a value is: `Flask(...)`, `flask.Flask(...)`.
    fn made_by(&self, value: &Expr) -> Option<Class> {
        match value {
            Expr::Call(call) => self.class_of(&call.func),
            _ => None,
        }
    }

    fn class_of(&self, expr: &Expr) -> Option<Class> {
        match expr {
            Expr::Name(name) => self.classes.get(name.id.as_str()).copied(),
            Expr::Attribute(attribute) => {
                let Expr::Name(module) = attribute.value.as_ref() else {
                    return None;
                };
                let module = self.modules.get(module.id.as_str())?;
                Class::imported(module, attribute.attr.as_str())
            }
            _ => None,
        }
    }
}

/// The function of `create_app()` and its like.
fn called_factory(value: &Expr) -> Option<String> {
    let Expr::Call(call) = value else { return None };
    let name = match call.func.as_ref() {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(attribute) => attribute.attr.to_string(),
        _ => return None,
    };
    scan::is_factory_name(&name).then_some(name)
}

fn required_arguments(args: &ast::Arguments) -> Vec<String> {
    args.posonlyargs
        .iter()
        .chain(&args.args)
        .chain(&args.kwonlyargs)
        .filter(|arg| arg.default.is_none())
        .map(|arg| arg.def.arg.to_string())
        .collect()
}

/// The bodies inside a statement that run when the module is imported. With `guarded`, also the body of
/// `if __name__ == "__main__":`, whose names a server never sees.
fn inner_bodies(statement: &Stmt, guarded: bool) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(one) if !guarded && is_main_guard(&one.test) => vec![&one.orelse],
        Stmt::If(one) => vec![&one.body, &one.orelse],
        Stmt::With(one) => vec![&one.body],
        Stmt::Try(one) => {
            let mut all: Vec<&[Stmt]> = vec![&one.body];
            for handler in &one.handlers {
                let ast::ExceptHandler::ExceptHandler(handler) = handler;
                all.push(&handler.body);
            }
            all.extend([one.orelse.as_slice(), one.finalbody.as_slice()]);
            all
        }
        _ => Vec::new(),
    }
}

fn is_main_guard(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else {
        return false;
    };
    let is_name = |e: &Expr| matches!(e, Expr::Name(name) if name.id.as_str() == "__name__");
    let is_main = |e: &Expr| matches!(e, Expr::Constant(c) if matches!(&c.value, Constant::Str(s) if s == "__main__"));
    let sides: Vec<&Expr> = std::iter::once(compare.left.as_ref())
        .chain(&compare.comparators)
        .collect();
    sides.iter().any(|e| is_name(e)) && sides.iter().any(|e| is_main(e))
}

fn body_any(body: &[Stmt], test: &dyn Fn(&Stmt) -> bool) -> bool {
    body.iter().any(|statement| {
        test(statement)
            || inner_bodies(statement, true)
                .into_iter()
                .any(|body| body_any(body, test))
    })
}
