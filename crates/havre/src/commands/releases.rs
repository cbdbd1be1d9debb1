//! `havre releases`.

use api::{ReleaseList, ReleaseObject};

use super::Context;
use crate::exit::{Exit, Outcome};
use crate::table::Table;
use crate::text;

/// `havre releases`.
pub async fn releases(context: &Context, name: &str) -> Outcome {
    let answer = context.get(name, &["releases"]).await?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let list: ReleaseList = answer.parse()?;
    if list.releases.is_empty() {
        context.screen.say(text::NO_RELEASES);
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&text::RELEASES_HEAD);
    for release in list.releases {
        table.row(row(release));
    }
    context.screen.out(&table.to_string())?;
    Ok(Exit::Done)
}

fn row(release: ReleaseObject) -> Vec<String> {
    let commit = release.commit.unwrap_or_default();
    // Its built files are gone: there is nothing to go back to.
    let is_collected = release.status == "kept" && !release.kept;
    vec![
        format!("v{}", release.version),
        if is_collected {
            text::COLLECTED.to_owned()
        } else {
            release.status
        },
        release.cause,
        commit.chars().take(12).collect(),
        release.git_ref.unwrap_or_default(),
        disk(release.disk_bytes),
        // To the second: nobody reads microseconds.
        release.created_at.chars().take(19).collect(),
    ]
}

/// Bytes for people: `0`, `312 KB`, `48.1 MB`.
fn disk(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        1..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn disk_is_shown_in_units_of_its_size() {
        assert_eq!(super::disk(0), "");
        assert_eq!(super::disk(1), "1 KB");
        assert_eq!(super::disk(312_000), "312 KB");
        assert_eq!(super::disk(48_190_000), "48.1 MB");
    }
}
