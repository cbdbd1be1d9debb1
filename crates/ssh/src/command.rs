//! Arguments as the one string that SSH carries.

use std::borrow::Cow;

use crate::error::SshError;
use crate::text;

/// Linux gives a program at most 128 KiB in one argument, and the remote shell gets the line as one.
const MOST: usize = 120 * 1024;

/// A line that a POSIX shell turns back into exactly the arguments it was made from.
#[derive(Debug, Clone)]
pub(crate) struct Line(String);

impl Line {
    /// `exec` keeps the shell from staying in between, so a signal is reported as one; and after it nothing in
    /// `argv[0]` can be a keyword, an assignment, an alias or a builtin.
    pub(crate) fn new<S: AsRef<str>>(argv: &[S]) -> Result<Self, SshError> {
        let program = argv.first().ok_or_else(|| refuse(text::NO_ARGV))?.as_ref();
        if program.is_empty() || program.starts_with('-') {
            return Err(refuse(text::odd_program(program)));
        }
        let mut line = String::from("exec");
        for word in argv {
            let word = word.as_ref();
            if word.contains('\0') {
                return Err(refuse(text::NUL));
            }
            line.push(' ');
            line.push_str(&quote(word));
        }
        if line.len() > MOST {
            return Err(refuse(text::long_command(line.len(), MOST)));
        }
        Ok(Self(line))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The library leaves some characters bare that bash expands (`{a,b}`), so what it leaves bare must be plain.
fn quote(word: &str) -> Cow<'_, str> {
    match shell_words::quote(word) {
        Cow::Borrowed(bare) if !bare.chars().all(is_plain) => Cow::Owned(format!("'{bare}'")),
        quoted => quoted,
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:@,+".contains(c)
}

fn refuse(what: impl Into<String>) -> SshError {
    SshError::Command { what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(argv: &[&str]) -> String {
        Line::new(argv).unwrap().0
    }

    #[test]
    fn plain_words_stay_plain_and_others_are_quoted() {
        assert_eq!(line(&["ls", "-l", "/tmp"]), "exec ls -l /tmp");
        assert_eq!(line(&["echo", "{a,b}"]), "exec echo '{a,b}'");
        assert_eq!(line(&["echo", "it's", ""]), r"exec echo 'it'\''s' ''");
        assert_eq!(line(&["echo", "!x", "^y"]), "exec echo '!x' '^y'");
    }

    #[test]
    fn what_cannot_be_carried_is_refused() {
        let refused = |argv: &[&str]| matches!(Line::new(argv), Err(SshError::Command { .. }));
        assert!(refused(&[]));
        assert!(refused(&[""]));
        assert!(refused(&["-x"]));
        assert!(refused(&["echo", "a\0b"]));
        assert!(refused(&["echo", &"x".repeat(MOST)]));
    }

    proptest! {
        #[test]
        fn a_shell_reads_back_what_was_given(words in proptest::collection::vec("[^\0]*", 1..5)) {
            let argv: Vec<&str> = std::iter::once("p").chain(words.iter().map(String::as_str)).collect();
            let text = line(&argv);
            let back = shell_words::split(&text).unwrap();
            prop_assert_eq!(&back[1..], &argv[..]);
        }
    }
}
