//! The user's own command lines: whether `exec` may stand in front of them.

/// Words that the shell itself understands, before which `exec` would mean something else.
const SHELL_WORDS: [&str; 26] = [
    "cd", "exec", "export", "set", "source", ".", "eval", "if", "for", "while", "until", "case",
    "test", "[", "trap", "umask", "ulimit", "unset", "wait", "exit", "return", "read", "true",
    "false", "{", "!",
];

/// True for one plain command: no operators, no assignment in front, no word of the shell's own. Variables are plain.
pub(crate) fn is_plain(line: &str) -> bool {
    let line = line.trim();
    let first = line.split_whitespace().next().unwrap_or_default();
    !line.is_empty()
        && !first.contains('=')
        && !SHELL_WORDS.contains(&first)
        && shell_words::split(line).is_ok()
        && !has_operator(line)
}

/// Operators outside quotes; substitutions also inside double quotes, since they may hold anything.
fn has_operator(line: &str) -> bool {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for c in line.chars() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, c) {
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '`') => return true,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, ';' | '&' | '|' | '\n' | '`' | '(' | ')' | '#') => return true,
            (None, _) => {}
        }
    }
    false
}

/// The line for `/bin/sh -c`, with `exec` where that keeps its meaning, so that signals reach the app and not a shell.
pub(crate) fn exec(line: &str) -> String {
    let line = line.trim();
    if is_plain(line) {
        format!("exec {line}")
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("gunicorn app:app --bind 0.0.0.0:$PORT", true)]
    #[case("gunicorn app:app --bind 0.0.0.0:${PORT:-8000}", true)]
    #[case("node server.js", true)]
    #[case("python -c 'a; b & c'", true)]
    #[case("python manage.py migrate && gunicorn x", false)]
    #[case("cd app && node .", false)]
    #[case("FOO=1 node .", false)]
    #[case("a | b", false)]
    #[case("a; b", false)]
    #[case("a > log", true)]
    #[case("echo $(id)", false)]
    #[case("echo \"`id`\"", false)]
    #[case("unbalanced 'quote", false)]
    #[case("exec gunicorn x", false)]
    #[case("", false)]
    fn plain_lines_get_exec(#[case] line: &str, #[case] plain: bool) {
        assert_eq!(super::is_plain(line), plain);
        assert_eq!(
            super::exec(line).starts_with("exec ") && !line.starts_with("exec "),
            plain
        );
    }
}
