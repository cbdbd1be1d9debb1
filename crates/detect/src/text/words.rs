//! How texts of a repository and lists are put into sentences.

/// Longer texts of a repository are cut in sentences.
const MAX_QUOTED: usize = 80;

/// A text of the repository inside a sentence: on one line, not endless.
pub(super) fn quoted(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_QUOTED)
        .collect();
    if text.chars().count() > MAX_QUOTED {
        format!("`{line}…`")
    } else {
        format!("`{line}`")
    }
}

pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(super) fn folder(root: &str) -> String {
    if root.is_empty() {
        "the top folder".to_owned()
    } else {
        format!("`{root}`")
    }
}
