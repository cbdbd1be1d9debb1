//! `Procfile`: `name: command` lines, as Heroku and Dokku read them.

use crate::text;
use crate::view::View;

/// At most this many lines are read.
const MAX_LINES: usize = 500;
const MAX_NAME: usize = 63;

/// What a Procfile says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Procfile {
    /// The line that serves.
    pub(crate) web: Option<String>,
    /// The line that runs once per deploy.
    pub(crate) release: Option<String>,
    /// The other process types, in their order.
    pub(crate) others: Vec<String>,
    /// What was odd.
    pub(crate) warnings: Vec<String>,
}

/// Reads the file; none when it is not there.
pub(crate) fn read(view: &View<'_>) -> Option<Procfile> {
    view.read("Procfile").map(|content| parse(&content))
}

fn parse(content: &str) -> Procfile {
    let mut out = Procfile::default();
    for (number, line) in content.lines().enumerate().take(MAX_LINES) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match entry(line) {
            Some((name, command)) => out.take(name, command),
            None => out.warnings.push(text::odd_procfile_line(number + 1)),
        }
    }
    if !out.others.is_empty() {
        out.warnings.push(text::other_processes(&out.others));
    }
    out
}

fn entry(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.split_once(':')?;
    let command = command.trim();
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let good = !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(legal);
    (good && !command.is_empty() && !command.contains('\0')).then_some((name, command))
}

impl Procfile {
    fn take(&mut self, name: &str, command: &str) {
        let slot = match name {
            "web" => &mut self.web,
            "release" => &mut self.release,
            other => {
                if self.others.iter().any(|known| known == other) {
                    self.warnings.push(text::process_twice(other));
                } else {
                    self.others.push(other.to_owned());
                }
                return;
            }
        };
        if slot.is_some() {
            self.warnings.push(text::process_twice(name));
        } else {
            *slot = Some(command.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_a_procfile() {
        let read = parse(
            "# c\nweb: gunicorn app:app --bind :$PORT\r\nrelease:  python m.py\nworker: celery\nweb: two\nbad line\n: x\n",
        );
        assert_eq!(read.web.as_deref(), Some("gunicorn app:app --bind :$PORT"));
        assert_eq!(read.release.as_deref(), Some("python m.py"));
        assert_eq!(read.others, ["worker"]);
        // web twice, two lines that are no entries, the worker that does not run
        assert_eq!(read.warnings.len(), 4);
    }
}
