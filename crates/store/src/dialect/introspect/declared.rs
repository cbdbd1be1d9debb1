//! What only the text of a `CREATE TABLE` says on SQLite: the names of foreign keys, and whether a key counts up.

/// What was found in the text of one table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Declared {
    /// The names of its foreign keys as they were declared, in order; None for those without one.
    pub(super) foreign_keys: Vec<Option<String>>,
    /// It says AUTOINCREMENT.
    pub(super) counts_up: bool,
}

/// Reads the text of a `CREATE TABLE`.
pub(super) fn declared(text: &str) -> Declared {
    let words = words(text);
    let mut found = Declared::default();
    for (at, word) in words.iter().enumerate() {
        if word.is("AUTOINCREMENT") {
            found.counts_up = true;
        }
        if word.is("REFERENCES") {
            found.foreign_keys.push(constraint_name(&words[..at]));
        }
    }
    found
}

/// The name given right before: `CONSTRAINT name REFERENCES`, or `CONSTRAINT name FOREIGN KEY (…) REFERENCES`.
fn constraint_name(before: &[Word]) -> Option<String> {
    let mut at = before.len();
    if before.last()?.is(")") {
        let open = before.iter().rposition(|word| word.is("("))?;
        let key = open.checked_sub(2)?;
        if !(before[key].is("FOREIGN") && before[key + 1].is("KEY")) {
            return None;
        }
        at = key;
    }
    let named = at.checked_sub(2)?;
    let name = before[named].is("CONSTRAINT").then(|| &before[named + 1])?;
    Some(name.text.clone())
}

#[derive(Debug)]
struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// Words, signs and quoted names; comments and white space are left out. Never fails: text that is cut ends the last word.
fn words(text: &str) -> Vec<Word> {
    let mut letters = text.chars().peekable();
    let mut words = Vec::new();
    while let Some(letter) = letters.next() {
        match letter {
            '-' if letters.peek() == Some(&'-') => {
                letters.by_ref().find(|letter| *letter == '\n');
            }
            '/' if letters.peek() == Some(&'*') => {
                letters.next();
                skip_comment(&mut letters);
            }
            '\'' | '"' | '`' | '[' => words.push(quoted(&mut letters, letter)),
            _ if letter.is_whitespace() => {}
            _ if is_wordy(letter) => {
                let mut text = String::from(letter);
                while let Some(next) = letters.next_if(|next| is_wordy(*next)) {
                    text.push(next);
                }
                words.push(Word {
                    text,
                    quoted: false,
                });
            }
            _ => words.push(Word {
                text: letter.into(),
                quoted: false,
            }),
        }
    }
    words
}

fn is_wordy(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn skip_comment(letters: &mut impl Iterator<Item = char>) {
    let mut last = ' ';
    for letter in letters {
        if (last, letter) == ('*', '/') {
            return;
        }
        last = letter;
    }
}

/// Up to the closing quote; a doubled one stands for itself.
fn quoted(letters: &mut std::iter::Peekable<impl Iterator<Item = char>>, open: char) -> Word {
    let close = if open == '[' { ']' } else { open };
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        if letter == close && (open == '[' || letters.next_if_eq(&close).is_none()) {
            break;
        }
        text.push(letter);
    }
    Word { text, quoted: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_foreign_keys_are_found_in_all_forms() {
        let found = declared(
            "CREATE TABLE \"t\" ( -- REFERENCES nothing\n a INTEGER PRIMARY KEY AUTOINCREMENT, \
             b TEXT DEFAULT 'CONSTRAINT x REFERENCES y', /* CONSTRAINT no */ \
             c TEXT CONSTRAINT \"fk \"\"c\"\"\" REFERENCES o (id), d TEXT REFERENCES o, \
             CONSTRAINT fk_e FOREIGN KEY (a, [b]) REFERENCES o (x, y), FOREIGN KEY (a) REFERENCES o (x), \
             CHECK (a > (1)))",
        );
        let names: Vec<Option<&str>> = found.foreign_keys.iter().map(Option::as_deref).collect();
        assert_eq!(names, [Some("fk \"c\""), None, Some("fk_e"), None]);
        assert!(found.counts_up);
    }

    #[test]
    fn cut_and_strange_texts_are_survived() {
        for text in [
            "",
            "CREATE",
            "'",
            "/*",
            "--",
            "REFERENCES",
            ") REFERENCES",
            "FOREIGN KEY ) REFERENCES",
            "[é",
        ] {
            declared(text);
        }
        let found = declared("CREATE TABLE t (a TEXT DEFAULT 'AUTOINCREMENT')");
        assert_eq!(found, Declared::default());
    }
}
