//! What `havre db` says.

use std::path::Path;

use store::admin::{Loss, Success};

pub const DB_NAME_DIFFERS: &str = "That is not its name; nothing was changed.";
pub const DB_NOT_CONFIRMED: &str = "Nothing was changed.";
pub const PROGRESS: &str = "{msg} {wide_bar} {human_pos}/{human_len} {eta}";
pub const DB_SEEDING: &str = "adding";
pub const DB_SAVING: &str = "saving";
pub const DB_CHECKING: &str = "checking";
pub const DB_LOADING: &str = "loading";
pub const DB_INDEXING: &str = "indexing";
pub const DB_UPGRADE_FIRST: &str = "Run `havre db upgrade`: it takes a backup, then takes the table over without losing a value. Or point \
     DATABASE_URL at another database.";
pub const DB_SERVED: &str =
    "Nothing to do: the database is up to date, and a running server uses it.";
pub const DB_ENDED_CUT: &str = "Finished what was cut before.";
pub const DB_NO_CREATED_AT: &str =
    "had no `created_at`; they have their `deployed_at` now, or 1970-01-01";
pub const DB_NO_STATUS: &str = "had no status; they are shown as unreadable";
pub const DB_BROKEN_JSON: &str = "have resources that are no JSON; the text was kept";
pub const DB_NOTHING_TO_DO: &str = "Nothing to do.";
pub const DB_DOWNGRADE_QUESTION: &str = "Go down, and lose this?";
pub const DB_DRY_ELSEWHERE: &str =
    "There is no database where DATABASE_URL says, and a dry run makes none.";
pub const DB_HISTORY_HEAD: [&str; 3] = ["MIGRATION", "APPLIED", "STEPS"];
pub const DB_APPLIED: &str = "yes";
pub const DB_PENDING: &str = "pending";
pub const DB_BASE: &str = "base";
pub const DB_EMPTY_CURRENT: &str = "base: the database is empty. `havre db init` makes the tables.";
pub const DB_NO_CHANGES: &str = "No changes: the database is what the model says.";
pub const DB_SERVERS_CURE: &str = "Stop them first (a killed one counts for some seconds more), or give --force where the command has it.";
pub const DB_GUESTS_CURE: &str = "Destroy the deployments first (`havre destroy NAME`), or give --force and remove the guests by hand.";
pub const DB_BY_STATUS: &str = "By status";
pub const DB_BY_TYPE: &str = "By type";
pub const DB_BY_FRAMEWORK: &str = "By framework";
pub const DB_BY_OWNER: &str = "By owner";
pub const DB_UNKNOWN_STATUS: &str = "(unknown)";
pub const DB_OTHERS: &str = "(others)";
pub const DB_CHECK_HEAD: [&str; 2] = ["CHECK", "FOUND"];
pub const DB_NOT_LOOKED: &str = "not looked at: first the schema must be whole";
pub const DB_FINE: &str = "nothing wrong";
pub const DB_CHECK_INTEGRITY: &str = "integrity";
pub const DB_CHECK_SCHEMA: &str = "schema and indexes";
pub const DB_CHECK_REFERENCES: &str = "references";
pub const DB_CHECK_ROWS: &str = "rows";
pub const DB_CHECK_LABELS: &str = "labels";
pub const DB_CHECK_SECRETS: &str = "secrets";

/// Which database, and who says so.
pub fn db_target(target: &str, origin: &str) -> String {
    format!("Database  {target}\n          (from: {origin})")
}

pub fn db_type_name(name: &str) -> String {
    format!("Type the name of the database ({name}) to go on")
}

pub fn db_needs_yes(verb: &str) -> String {
    format!("`havre db {verb}` asks before it loses something, and there is nobody to ask.")
}

pub fn db_needs_yes_cure(verb: &str) -> String {
    format!("Run it in a terminal, or say so: havre db {verb} --yes")
}

pub fn db_init_original(model: &str) -> String {
    format!("The database holds the `deployments` table of {model}; nothing was changed.")
}

pub fn db_init(before: u32, now: u32) -> String {
    match before {
        0 => format!("The database is made (schema {now})."),
        same if same == now => format!("The database was there and up to date (schema {now})."),
        older => format!("The database was brought from schema {older} to {now}."),
    }
}

pub fn db_now_at(from: u32, to: u32) -> String {
    match from == to {
        true => format!("Nothing to do: the database is at schema {to}."),
        false => format!("The database went from schema {from} to {to}."),
    }
}

pub fn db_backup_at(path: &Path) -> String {
    format!("Backup    {}", path.display())
}

pub fn db_applied(name: &str) -> String {
    format!("Applied   {name}")
}

pub fn db_undone(name: &str) -> String {
    format!("Undone    {name}")
}

pub fn db_adopted(rows: i64, of: &str) -> String {
    format!("Adopted   {rows} rows of {of}; every value was kept")
}

pub fn db_kept_as(table: &str) -> String {
    format!("          the old table is kept as {table}; drop it when you no longer want it")
}

pub fn db_odd_rows(rows: i64, what: &str) -> String {
    format!("{rows} rows {what}.")
}

pub fn db_same_name(name: &str, rows: i64) -> String {
    format!(
        "{rows} live rows have the name `{name}`. They keep it; the newest one that runs is found by it."
    )
}

pub fn db_found_elsewhere(file: &Path) -> String {
    format!(
        "Found     {}: where Flask put the original's database. It is copied, and stays as it is.",
        file.display()
    )
}

pub fn db_only_elsewhere(file: &Path) -> String {
    format!(
        "There is no database where DATABASE_URL says, but one in {}: where Flask put the original's.",
        file.display()
    )
}

pub fn db_elsewhere_cure(file: &Path) -> String {
    format!(
        "Without --dry-run {} is copied there first. Or point DATABASE_URL at it.",
        file.display()
    )
}

pub fn db_loss(loss: &Loss) -> String {
    format!("{} ({})", loss.what, rows(loss.rows))
}

fn rows(count: u64) -> String {
    counted(count, "row")
}

pub fn db_head(name: &str) -> String {
    format!("{name} (head)")
}

pub fn db_pending(name: &str, pending: &[String]) -> String {
    format!(
        "{name}, and pending: {}. `havre db upgrade` applies them.",
        pending.join(", ")
    )
}

pub fn db_loses(what: &str) -> String {
    format!("going up loses something: {what}")
}

pub fn db_loses_back(what: &str) -> String {
    format!("going back down loses something: {what}")
}

pub fn db_written(file: &Path, dir: &Path) -> String {
    format!(
        "Wrote {}. Read it, then apply it: havre db upgrade --dir {}",
        file.display(),
        pasted(&dir.to_string_lossy())
    )
}

/// A word as it can be pasted into a shell.
fn pasted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

pub const DB_STDIN_TERMINAL: &str = "`-` is the standard input, and nothing is piped into it.";
pub const DB_STDIN_TERMINAL_CURE: &str =
    "Name the file, or pipe it: ssh HOST cat havre.backup | havre db restore - --yes";
pub const DB_STDIN: &str = "the standard input";
pub const DB_STDIN_NO_BACKUP: &str =
    "What comes in at the standard input is not a backup that Havre wrote.";

pub fn db_stdin_failed(folder: &Path, why: &str) -> String {
    format!(
        "The standard input cannot be kept in {} while it is read: {why}.",
        folder.display()
    )
}

pub fn db_stdin_too_large(folder: &Path) -> String {
    format!(
        "The standard input does not fit into {}: some room there must be left.",
        folder.display()
    )
}

pub const DB_STDIN_CURE: &str = "It is read twice, so it is kept in a file meanwhile. Make room there, or save it to a file on another disk and name that.";

pub fn db_seeded(added: u64, before: u64) -> String {
    match before {
        0 => format!("Added {} of examples.", rows(added)),
        _ => format!(
            "Added {} of examples; {before} of the same number were there already and stay as they are. \
             Another --rng-seed gives others.",
            rows(added)
        ),
    }
}

pub fn db_left_out(what: &str) -> String {
    format!("not in the backup, since it is not Havre's: {what}")
}

pub fn db_backed_up(path: Option<&Path>, count: u64) -> String {
    match path {
        Some(path) => format!("{} saved in {}", rows(count), path.display()),
        None => format!("{} saved", rows(count)),
    }
}

pub fn db_replaces(count: u64) -> String {
    format!(
        "The {count} deployments that the database holds now are replaced by those of the backup."
    )
}

pub fn db_unreadable(values: u64, names: &[String]) -> String {
    format!(
        "{values} values were encrypted with another key and cannot be read. They belong to: {}.",
        names.join(", ")
    )
}

pub fn db_dangling(what: &str) -> String {
    format!("rows that point at nothing, as in the database that was saved: {what}")
}

pub fn db_restored(count: u64, made_at: &str) -> String {
    format!("{} restored; this is how it was at {made_at}.", rows(count))
}

pub fn db_verified(count: u64, made_at: &str, source: &str) -> String {
    format!(
        "A whole backup: {} of a {source} database, made at {made_at}.",
        rows(count)
    )
}

pub fn db_servers(names: &[String]) -> String {
    format!("The database is in use by: {}.", names.join(", "))
}

pub fn db_guests(guests: u64) -> String {
    format!(
        "There are {guests} guests, which nobody would know of any more: they would go on using memory and disk."
    )
}

pub fn db_will_lose(deployments: u64, managed: u64, guests: u64) -> String {
    format!(
        "This removes {deployments} deployments ({managed} of them running under Havre, {guests} guests):"
    )
}

pub fn db_stays(tables: &[String]) -> String {
    format!("Tables of other programs stay: {}", tables.join(", "))
}

pub fn db_reset(version: u32) -> String {
    format!("The database is empty and new (schema {version}).")
}

pub fn db_stats_of(target: &str) -> String {
    format!("Statistics of {target}")
}

pub fn db_totals(total: u64, live: u64, managed: u64) -> String {
    format!("{total} deployments, {live} of them live, {managed} managed by Havre")
}

pub fn db_success(success: &Success) -> String {
    match success.rate {
        None => "Success rate: nothing has ended yet".to_owned(),
        Some(rate) => format!(
            "Success rate: {rate:.1} % ({} running, {} failed)",
            success.running, success.failed
        ),
    }
}

pub fn db_chart(most: u64) -> String {
    format!("Created per day (at most {most})")
}

pub fn db_chart_days(first: &str, last: &str, width: usize) -> String {
    let gap = width.saturating_sub(first.len() + last.len());
    format!("  {first}{:gap$}{last}", "")
}

pub fn db_size(bytes: u64, tables: usize, indexes: u64, version: u32) -> String {
    let megabytes = bytes as f64 / 1e6;
    format!("Size {megabytes:.1} MB, {tables} tables, {indexes} indexes, schema {version}")
}

pub fn db_found(count: u64) -> String {
    counted(count, "finding")
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

pub fn db_finding(is_error: bool, place: &str, problem: &str) -> String {
    let mark = if is_error { "error" } else { "warning" };
    match place {
        "" => format!("{mark}: {problem}"),
        place => format!("{mark}: {place}: {problem}"),
    }
}

pub fn db_more_findings(count: u64) -> String {
    format!("and {count} more")
}

pub fn db_checked(errors: u64, warnings: u64) -> String {
    match (errors, warnings) {
        (0, 0) => "Nothing wrong was found.".to_owned(),
        (errors, warnings) => format!(
            "{}, {}.",
            counted(errors, "error"),
            counted(warnings, "warning")
        ),
    }
}
