//! What `havre db seed`, `stats`, `check` and `reset` say.

pub(crate) const BUSY: &str = "the database is busy: another program holds it, and does not let go. Nothing was changed; \
    try again, or stop the other program.";

pub(crate) fn failed(why: &str) -> String {
    format!("the database failed: {why}")
}

pub(crate) const NO_SCHEMA: &str = "there are no tables of Havre's in the database, so there is nothing to work on. Make them: havre db init";

pub(crate) fn behind(version: u32, newest: u32) -> String {
    format!(
        "the database is at schema {version}, and this program works on {newest}. Bring it up to date first: havre db \
         upgrade"
    )
}

pub(crate) fn too_many_examples(count: u32, most: u32) -> String {
    format!(
        "{count} examples are too many: at most {most} are made at once. Give a smaller --count."
    )
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

pub(crate) fn damaged(words: &str) -> String {
    format!(
        "the database is damaged: {words}. Stop what uses it, keep a copy as it is, and restore the last backup (havre db \
         restore)."
    )
}

pub(crate) fn index_missing(index: &str) -> String {
    format!(
        "the index {index} is missing or another one, so lists and lookups may be slow. A backup that is restored (havre db \
         backup, havre db restore) makes all indexes anew."
    )
}

pub(crate) fn index_foreign(index: &str) -> String {
    format!(
        "the index {index} is none of Havre's. It does no harm, but costs time with each write."
    )
}

pub(crate) const COLUMN_FOREIGN: &str =
    "the column is none of Havre's. It is kept, and never read.";

pub(crate) fn drifted(sentence: &str) -> String {
    format!(
        "the schema is not what its migrations made; what is to be done: {sentence}. Somebody changed it by hand. \
         `havre db migrate -m drift` writes nothing then, and prints the statements that bring it back; or restore the last \
         backup (havre db restore), which makes the schema anew."
    )
}

pub(crate) fn dangling(of: &str, meant: &str) -> String {
    format!("it refers to `{meant}` in {of}, and no such row is there: another program removed it")
}

pub(crate) fn label_of_the_dead(label: &str) -> String {
    format!(
        "the name `{label}` is held by a deployment that is deleted or gone, so nobody can take it"
    )
}

pub(crate) fn label_unclaimed(label: &str) -> String {
    format!(
        "a live deployment should hold the name `{label}` and does not, so it is not routed. Deploy it again."
    )
}

pub(crate) fn label_another(label: &str) -> String {
    format!("the name `{label}` is held by a deployment of another name")
}

pub(crate) fn label_shared(label: &str, times: i64) -> String {
    format!(
        "{times} live rows have the name `{label}` as a host would read it; only one of them can be managed and routed"
    )
}

pub(crate) const VALUE_MISSING: &str = "there is no value, and there must be one";
pub(crate) const NO_TEXT: &str = "it is not text (UTF-8)";

pub(crate) fn no_time(value: &str) -> String {
    format!("`{value}` is no time; a time is written as 2026-11-22 08:30:38.672045")
}

pub(crate) fn no_number(value: &str) -> String {
    format!("`{value}` is no whole number of 32 bits")
}

pub(crate) fn no_json(why: &str) -> String {
    format!("it is no JSON: {why}")
}

pub(crate) fn no_status(value: &str) -> String {
    format!(
        "`{value}` is no status; the statuses are pending, provisioning, deploying, running, failed, stopped and deleted"
    )
}

pub(crate) fn value_too_long(characters: usize, most: usize) -> String {
    format!(
        "it is {characters} characters long, and its column holds {most}; other databases would refuse it"
    )
}

pub(crate) fn key_missing(key: Option<&str>) -> String {
    let key = key.unwrap_or("?");
    format!(
        "environments and secrets are encrypted with key {key}, and no key is at hand, so they were not looked at and no \
         server can start. Put DATA_DIR/secret.key back from its copy, or name it with HAVRE_SECRET_KEY_FILE"
    )
}

pub(crate) fn cluster_not_read(what: &str) -> String {
    format!(
        "{what}: the key at hand is not the one that it was encrypted with. Put that key back, or store the cluster's settings \
         anew (havre proxmox setup)."
    )
}

pub(crate) fn not_opened(key: &str, named: Option<&str>) -> String {
    match named {
        Some(named) if named != key => format!(
            "it was encrypted with the key {named}, and the key at hand is {key}. Put that key back, or set the values anew \
             (havre env)."
        ),
        Some(_) => "it was encrypted with the key at hand, and was changed since, or belongs to another row".to_owned(),
        None => "it is no encrypted value".to_owned(),
    }
}
