//! `.env` as python-dotenv reads it, which the original used: a `$` in a password stays one, only `${NAME}` is replaced.

use std::collections::BTreeMap;

/// What a file of settings holds, or the number of the line that cannot be read. Of two lines for one name the later one
/// counts. `env` is asked for `${NAME}` before the file's own lines.
pub fn parse(
    content: &str,
    env: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, usize> {
    let content = content.strip_prefix('\u{FEFF}').unwrap_or(content);
    let mut found = BTreeMap::new();
    let mut lines = content.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bad = number + 1;
        let (name, value) = pair(line).ok_or(bad)?;
        let value = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let mut text = value[1..].to_owned();
                while closing(&text, quote).is_none() {
                    // A quoted value may go on in the next line.
                    let (_, more) = lines.next().ok_or(bad)?;
                    text.push('\n');
                    text.push_str(more);
                }
                quoted(&text, quote, &|name| look_up(name, env, &found)).ok_or(bad)?
            }
            _ => replaced(plain(value), &|name| look_up(name, env, &found)),
        };
        found.insert(name.to_owned(), value);
    }
    Ok(found)
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start(),
        _ => line,
    };
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let good = !name.is_empty() && name.chars().all(is_name);
    good.then(|| (name, value.trim_start()))
}

fn look_up(
    name: &str,
    env: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> Option<String> {
    env.get(name).or_else(|| found.get(name)).cloned()
}

/// Up to a comment: a `#` behind a space. One inside a word belongs to it.
fn plain(value: &str) -> &str {
    if value.starts_with('#') {
        return "";
    }
    let end = value
        .char_indices()
        .find(|(at, c)| *c == '#' && value[..*at].ends_with([' ', '\t']))
        .map_or(value.len(), |(at, _)| at);
    value[..end].trim_end()
}

/// Where the value ends.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Single quotes keep everything but `\'` and `\\`; double quotes know the usual escapes, and `${NAME}`.
fn quoted(text: &str, quote: char, look_up: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let end = closing(text, quote)?;
    let behind = text[end + 1..].trim_start();
    if !behind.is_empty() && !behind.starts_with('#') {
        return None;
    }
    let unescaped = unescaped(&text[..end], quote);
    Some(match quote {
        '\'' => unescaped,
        _ => replaced(&unescaped, look_up),
    })
}

fn unescaped(text: &str, quote: char) -> String {
    let mut letters = text.chars();
    let mut value = String::new();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            value.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') if quote == '"' => value.push('\n'),
            Some('r') if quote == '"' => value.push('\r'),
            Some('t') if quote == '"' => value.push('\t'),
            Some(other @ ('\\' | '\'' | '"')) => value.push(other),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}

/// `${NAME}` and `${NAME:-default}`; nothing for a name that nobody knows.
fn replaced(text: &str, look_up: &dyn Fn(&str) -> Option<String>) -> String {
    let mut value = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((inside, after)) = behind.split_once('}') else {
            break;
        };
        let (name, default) = inside.split_once(":-").unwrap_or((inside, ""));
        value.push_str(before);
        value.push_str(&look_up(name).unwrap_or_else(|| default.to_owned()));
        rest = after;
    }
    value + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> BTreeMap<String, String> {
        let env = BTreeMap::from([("HOME".to_owned(), "/root".to_owned())]);
        parse(content, &env).unwrap()
    }

    /// Each line read by python-dotenv 1.x gives the same.
    #[test]
    fn values_are_read_as_python_dotenv_does() {
        for (line, value) in [
            (
                "A=postgresql://u:pa$word#x@h/d?a=b",
                "postgresql://u:pa$word#x@h/d?a=b",
            ),
            ("A=a\\b", "a\\b"),
            ("A = spaces around ", "spaces around"),
            ("export A=1", "1"),
            ("A=1 # a comment", "1"),
            ("A=# a comment", ""),
            ("A=", ""),
            ("A=\"two words\" # a comment", "two words"),
            ("A='it''s", ""),
            ("A=\"line\\nbreak \\\"q\\\"\"", "line\nbreak \"q\""),
            ("A='single $x \\n \\' quote'", "single $x \\n ' quote"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("A=${HOME}/x", "/root/x"),
            ("A=${NOBODY:-else}", "else"),
            ("A=$HOME", "$HOME"),
            ("A=${open", "${open"),
            ("\u{FEFF}A=bom", "bom"),
            ("A=first\nA=last", "last"),
            ("B=b\nA=${B}c", "bc"),
        ] {
            let env = BTreeMap::from([("HOME".to_owned(), "/root".to_owned())]);
            match parse(line, &env) {
                Ok(found) => assert_eq!(found["A"], value, "{line}"),
                Err(_) => assert_eq!(line, "A='it''s", "{line}"),
            }
        }
    }

    #[test]
    fn comments_and_empty_lines_are_nothing() {
        assert!(read("# A=1\n\n   # B=2\r\n").is_empty());
    }

    #[test]
    fn a_line_that_is_none_is_named_by_its_number() {
        let none = BTreeMap::new();
        assert_eq!(parse("A=1\nsecret without a name\n", &none), Err(2));
        assert_eq!(parse("A='open", &none), Err(1));
        assert_eq!(parse("A='x' y", &none), Err(1));
        assert_eq!(parse("=x", &none), Err(1));
    }
}
