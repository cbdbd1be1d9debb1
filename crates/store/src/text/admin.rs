//! What `havre db seed`, `stats`, `check` and `reset` say.

pub(crate) const BUSY: &str = "the database is busy: another program holds it, and does not let go. Nothing was changed; \
    try again, or stop the other program.";

pub(crate) fn failed(why: &str) -> String {
    format!("the database failed: {why}")
}

pub(crate) const NO_SCHEMA: &str =
    "there are no tables of Havre's in the database, so there is nothing to work on. Make them: havre db init";

pub(crate) fn behind(version: u32, newest: u32) -> String {
    format!(
        "the database is at schema {version}, and this program works on {newest}. Bring it up to date first: havre db \
         upgrade"
    )
}

pub(crate) fn too_many_examples(count: u32, most: u32) -> String {
    format!("{count} examples are too many: at most {most} are made at once. Give a smaller --count.")
}
