//! Every sentence that this crate says to people.

pub(crate) mod admin;
pub(crate) mod backup;
mod dial;
mod said;
mod target;

pub(crate) mod migrate;
pub(crate) mod records;
pub(crate) mod schema;

use std::path::Path;

use domain::release::Version;

pub(crate) use dial::*;
pub(crate) use said::said;
pub(crate) use target::*;

pub(crate) fn in_use(path: &Path) -> String {
    format!(
        "another Havre server uses the database {}. One SQLite file takes one server: stop the other one, or give this \
         one a database of its own. Several servers can share a PostgreSQL or MySQL; `havre db backup` and `restore` move \
         to one.",
        path.display()
    )
}

pub(crate) fn cannot_open(path: &Path, why: &str) -> String {
    format!(
        "the database {} cannot be opened: {why}. Its folder must exist and belong to the user that runs Havre.",
        path.display()
    )
}

pub(crate) fn not_opened(why: &str) -> String {
    format!("the database could not be opened: {why}")
}

pub(crate) fn wrong_key(found: &str, wanted: &str, source: &Path) -> String {
    format!(
        "the database was encrypted with key {wanted}, and {} holds key {found}. Put the key back that belongs to this \
         database (from the backup made with it), or point HAVRE_SECRET_KEY_FILE at it.",
        source.display()
    )
}

pub(crate) fn missing_key(path: &Path) -> String {
    format!(
        "the database is encrypted, and its key {} is not there. Put it back from the backup made with the database, \
         or point HAVRE_SECRET_KEY_FILE at it. No new key was made, since it could not read what is stored.",
        path.display()
    )
}

pub(crate) fn key_file(path: &Path, why: &str) -> String {
    format!("the key file {} cannot be used: {why}", path.display())
}

pub(crate) const KEY_SHAPE: &str = "it must hold 64 hexadecimal digits";
pub(crate) const KEY_OPEN_TO_ALL: &str = "every user of this machine can read it. Run `chmod 600` on it, and consider \
    its secrets known if others use this machine";

pub(crate) fn could_not(what: &str) -> String {
    format!("the database could not {what}")
}

pub(crate) fn not_adoptable(name: &str) -> String {
    format!(
        "a row named `{name}` was written by another program under an id that is not a UUID, so Havre cannot manage \
         it. Choose another name, or delete that row first."
    )
}

pub(crate) fn being_destroyed(name: &str) -> String {
    format!("`{name}` is being destroyed. Wait until that is done, then try again.")
}

pub(crate) fn is_deleted(name: &str) -> String {
    format!("`{name}` is deleted. Deploy it again to bring it back.")
}

pub(crate) fn env_unchanged(name: &str) -> String {
    format!("Nothing to do: the environment of `{name}` is like that already.")
}

pub(crate) fn resources_unchanged(name: &str) -> String {
    format!("Nothing to do: the resources of `{name}` are like that already.")
}

pub(crate) fn nothing_built(name: &str) -> String {
    format!(
        "Nothing of `{name}` has been built yet, so there is nothing to run with this change. Deploy it first; \
         variables and resources can be given with the deploy."
    )
}

pub(crate) fn no_rollback(name: &str) -> String {
    format!("`{name}` has no earlier release that could serve again.")
}

pub(crate) fn no_such_release(name: &str, version: Version) -> String {
    format!("`{name}` has no release {version}.")
}

pub(crate) fn serves_already(name: &str, version: Version) -> String {
    format!("Nothing to do: `{name}` serves {version} already.")
}

pub(crate) fn not_kept(name: &str, version: Version, status: &str) -> String {
    format!("{version} of `{name}` never served (it is {status}), so it cannot be rolled back to.")
}

pub(crate) fn artifact_gone(name: &str, version: Version) -> String {
    format!(
        "The built files of {version} of `{name}` were removed to save disk. Deploy its commit again instead."
    )
}

pub(crate) fn rebuilds(names: &[&str]) -> String {
    format!(
        "The build bakes {} into the app, so it is built again for this change.",
        names.join(", ")
    )
}

pub(crate) fn under_way(name: &str, verb: &str) -> String {
    format!("`{name}` is being deployed and cannot {verb} now. Wait for it, or cancel the deploy.")
}

pub(crate) fn never_served(name: &str, verb: &str) -> String {
    format!("`{name}` has nothing to {verb}: no release of it was ever live. Deploy it first.")
}

pub(crate) fn queue_full(name: &str) -> String {
    format!("`{name}` has too many requests waiting. Wait until some of them are done.")
}

pub(crate) fn release_cancelled(version: Version) -> String {
    format!("{version} was cancelled.")
}

pub(crate) const ABANDONED: &str = "The deploy ended without an outcome, by a fault of Havre.";
pub(crate) const ABANDONED_CURE: &str = "Deploy it again; the server's log tells more.";
pub(crate) const RACED: &str = "another program changed the row meanwhile";

pub(crate) const NOT_A_WORK: &str =
    "A deploy is asked for with its release, not as work by itself.";

pub(crate) fn unreadable_status(word: &str) -> String {
    format!("status `{word}` is not one that Havre knows")
}

pub(crate) fn unreadable_column(column: &str) -> String {
    format!("`{column}` cannot be read")
}

pub(crate) const SERVER_DOWN: &str = "the database server does not answer";

pub(crate) fn unknown_column_type(word: &str) -> String {
    format!(
        "`{word}` is not a column type. Use one of: varchar(N), text, long_text, integer, big_int, datetime, json."
    )
}

pub(crate) fn not_there(file: &Path) -> String {
    format!(
        "there is no database {}. Make one with `havre db init`, or correct DATABASE_URL.",
        file.display()
    )
}
