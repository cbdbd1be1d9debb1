//! Writes op files. By hand rather than by serde, so that each column has a line of its own and steps carry comments.

use std::fmt::Write as _;

use super::{Column, Default, ForeignKey, Index, IndexColumn, Migration, Op, Table};
use crate::text::schema as text;

/// The whole file.
pub(super) fn file(migration: &Migration) -> String {
    let mut file = format!(
        "# {}\n\nversion = {}\nname = {}\n",
        text::HEAD,
        migration.version,
        quoted(&migration.name)
    );
    for (way, ops) in [("up", &migration.up), ("down", &migration.down)] {
        for op in ops {
            step(&mut file, way, op);
        }
    }
    file
}

fn step(file: &mut String, way: &str, op: &Op) {
    let mut lines = vec![String::new()];
    if let Some(loss) = op.loses() {
        lines.push(format!("# {}", text::mark(&loss)));
    }
    lines.push(format!("[[{way}]]"));
    lines.extend(body(op));
    for line in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(file, "{line}");
    }
}

fn body(op: &Op) -> Vec<String> {
    let named = |word: &str, pairs: Vec<(&str, String)>| {
        let op = [("op", quoted(word)), ("table", quoted(op.table()))];
        pairs_of(op.into_iter().chain(pairs))
    };
    match op {
        Op::CreateTable { table } => create(table),
        Op::DropTable { .. } => named("drop_table", vec![]),
        Op::AddColumn {
            column: it, fill, ..
        } => {
            let mut lines = named("add_column", vec![("column", column(it))]);
            lines.extend(filling(fill.as_ref()));
            lines
        }
        Op::DropColumn { column, .. } => named("drop_column", vec![("column", quoted(column))]),
        Op::AlterColumn { from, to, fill, .. } => {
            let pairs = vec![("from", column(from)), ("to", column(to))];
            let mut lines = named("alter_column", pairs);
            lines.extend(filling(fill.as_ref()));
            lines
        }
        Op::CreateIndex { index: it, .. } => named("create_index", vec![("index", index(it))]),
        Op::DropIndex { index, .. } => named("drop_index", vec![("index", quoted(index))]),
        Op::AddForeignKey { foreign_key, .. } => {
            named("add_foreign_key", vec![("foreign_key", key(foreign_key))])
        }
        Op::DropForeignKey { foreign_key, .. } => named(
            "drop_foreign_key",
            vec![("foreign_key", quoted(foreign_key))],
        ),
    }
}

fn pairs_of<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> Vec<String> {
    pairs
        .map(|(key, value)| format!("{key} = {value}"))
        .collect()
}

fn filling(fill: Option<&Default>) -> Vec<String> {
    match fill {
        Some(value) => vec![
            format!("# {}", text::FILL_HINT),
            format!("fill = {}", default(value)),
        ],
        None => Vec::new(),
    }
}

fn create(table: &Table) -> Vec<String> {
    let mut lines = vec![
        "op = \"create_table\"".to_owned(),
        format!("table.name = {}", quoted(&table.name)),
    ];
    lines.extend(list("columns", table.columns.iter().map(column)));
    lines.push(format!("table.primary_key = {}", names(&table.primary_key)));
    lines.extend(list("indexes", table.indexes.iter().map(index)));
    lines.extend(list("foreign_keys", table.foreign_keys.iter().map(key)));
    lines
}

fn list(name: &str, items: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    if items.len() == 0 {
        return Vec::new();
    }
    let head = format!("table.{name} = [");
    let items = items.map(|item| format!("    {item},"));
    std::iter::once(head)
        .chain(items)
        .chain(["]".to_owned()])
        .collect()
}

fn inline(pairs: Vec<(&str, String)>) -> String {
    format!("{{ {} }}", pairs_of(pairs.into_iter()).join(", "))
}

fn column(column: &Column) -> String {
    let mut pairs = vec![
        ("name", quoted(&column.name)),
        ("type", quoted(&String::from(column.kind.clone()))),
    ];
    let mut flag = |name, set: bool| {
        if set {
            pairs.push((name, "true".to_owned()));
        }
    };
    flag("nullable", column.nullable);
    flag("any_case", column.any_case);
    flag("auto", column.auto);
    if let Some(value) = &column.default {
        pairs.push(("default", default(value)));
    }
    inline(pairs)
}

fn default(value: &Default) -> String {
    match value {
        Default::Number(number) => inline(vec![("number", number.to_string())]),
        Default::Text(text) => inline(vec![("text", quoted(text))]),
        Default::Now => "\"now\"".into(),
        Default::Other(spelled) => inline(vec![("other", quoted(spelled))]),
    }
}

fn index(index: &Index) -> String {
    let parts: Vec<String> = index.columns.iter().map(part).collect();
    let mut pairs = vec![
        ("name", quoted(&index.name)),
        ("columns", format!("[{}]", parts.join(", "))),
    ];
    if index.unique {
        pairs.push(("unique", "true".into()));
    }
    inline(pairs)
}

fn part(part: &IndexColumn) -> String {
    let mut pairs = vec![("name", quoted(&part.name))];
    if part.any_case {
        pairs.push(("any_case", "true".into()));
    }
    inline(pairs)
}

fn key(key: &ForeignKey) -> String {
    inline(vec![
        ("name", quoted(&key.name)),
        ("columns", names(&key.columns)),
        ("table", quoted(&key.table)),
        ("references", names(&key.references)),
    ])
}

fn names(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| self::quoted(name)).collect();
    format!("[{}]", quoted.join(", "))
}

/// Text as TOML spells it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
