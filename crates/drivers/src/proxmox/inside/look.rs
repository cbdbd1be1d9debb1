//! What the app listens on, and what it wrote.

use std::path::Path;

use domain::guest::{APP_DIR, Listening};
use domain::ports::DriverError;

use super::enter::SHORT;
use super::files::done;
use super::shell::Shell;
use crate::local::shared::{sockets, written as rules};

/// The tables of sockets, and whose the app's are.
const SOCKETS: &str = "id -u app; cat /proc/net/tcp /proc/net/tcp6";
/// So many names, each ended by a NUL byte. The mark is as old as the unpacked folder.
const FIND: &str =
    r#"[ -e /var/lib/havre/unpacked ] || exit 0; find "$@" | head --zero-terminated --lines=20"#;

/// The sockets in state LISTEN that belong to the app's user.
pub async fn listening(shell: &dyn Shell) -> Result<Listening, DriverError> {
    let said = shell.run(&["/bin/sh", "-c", SOCKETS], b"", SHORT).await?;
    let said = done("list what the app listens on", said)?;
    let (uid, tables) = said.split_once('\n').unwrap_or_default();
    let sockets = sockets::listening_of(tables, uid.trim());
    Ok(Listening { sockets })
}

/// Files that changed since the folder was unpacked.
pub async fn written(shell: &dyn Shell, persist: &[String]) -> Result<Vec<String>, DriverError> {
    let find = find(persist);
    let mut argv = vec!["/bin/sh", "-c", FIND, "havre-find"];
    argv.extend(find.iter().map(String::as_str));
    let said = done(
        "look for what the app wrote",
        shell.run(&argv, b"", SHORT).await?,
    )?;
    let names = said.split('\0').filter(|name| !name.is_empty());
    Ok(names.take(rules::MOST).map(str::to_owned).collect())
}

/// The same rules as on this machine, in the words of find(1).
fn find(persist: &[String]) -> Vec<String> {
    let mut all = vec![
        APP_DIR.to_owned(),
        "-xdev".into(),
        "-mindepth".into(),
        "1".into(),
    ];
    let mut unless = |test: &str, pattern: String| {
        let known = [test, &pattern, "-prune", "-o"].map(str::to_owned);
        all.extend(known);
    };
    for name in rules::LEFT_BEHIND {
        unless("-name", name.to_owned());
    }
    for ending in rules::ENDINGS {
        unless("-name", format!("?*.{ending}"));
    }
    for cache in rules::CACHES {
        unless("-path", format!("{APP_DIR}/{cache}"));
    }
    for kept in persist {
        let kept = Path::new(APP_DIR).join(kept.trim_start_matches("./"));
        unless("-path", literal(&kept.to_string_lossy()));
    }
    let asked = [
        "-type",
        "f",
        "-cnewer",
        "/var/lib/havre/unpacked",
        "-printf",
        "%P\\0",
    ];
    all.extend(asked.map(str::to_owned));
    all
}

/// A path that find(1) does not take for a pattern.
fn literal(path: &str) -> String {
    let path = path.trim_end_matches('/');
    let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '\\');
    path.chars()
        .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_folders_are_no_patterns() {
        let find = find(&["./data/".into(), "a*b[c]".into()]).join(" ");
        assert!(find.contains(" -path /app/data -prune -o "), "{find}");
        assert!(find.contains(r" -path /app/a\*b\[c\] -prune -o "), "{find}");
        assert!(find.ends_with("-cnewer /var/lib/havre/unpacked -printf %P\\0"));
    }
}
