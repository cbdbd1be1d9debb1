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

/// What was cut, when it is a reset.
pub(crate) const CUT_RESET: &str = "a reset of this database";

pub(crate) const NO_MIGRATIONS: &str = "there are no migrations to make a schema from";

pub(crate) fn servers_use_it(servers: &[String]) -> String {
    format!(
        "servers use this database: {}. Nothing was changed. Stop them first, or reset it all the same with --force; they \
         would fail then until they are started again.",
        servers.join(", ")
    )
}

pub(crate) fn guests_exist(guests: u64) -> String {
    format!(
        "{guests} guests of this database exist, and nobody would know of them any more. Nothing was changed. Remove the \
         deployments first (havre destroy), or reset it all the same with --force and remove the guests by hand."
    )
}

pub(crate) fn points_at_ours(from: &str, to: &str) -> String {
    format!(
        "the table `{from}` of another program has a foreign key to Havre's table `{to}`, so that one cannot be removed. \
         Nothing was changed. Remove the foreign key first."
    )
}
