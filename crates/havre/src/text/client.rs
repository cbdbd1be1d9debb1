//! What the client verbs say.

pub const STEP_MARK: &str = "----->";
pub const WARNING_MARK: &str = " !    ";
pub const ERROR_MARK: &str = "error:";

pub const UNREACHABLE_CURE: &str =
    "Start it with `havre serve`, or say where it is with --url or HAVRE_URL.";
pub const BAD_SERVER_URL_CURE: &str =
    "Write it as http://HOST:PORT, such as http://127.0.0.1:5000.";
pub const STRANGE_ANSWER_CURE: &str = "Another program, or another version of Havre, may be listening there: compare `havre --version` with the server's.";
pub const LOG_ENDED_EARLY: &str = "The server keeps ending the log before the release is over.";
pub const LOG_ENDED_EARLY_CURE: &str = "Look at it with `havre show NAME` and at the server's log.";
/// Without the pair itself: it may hold a secret.
pub const BAD_PAIR: &str = "One of the variables given has no name; they are written K=V.";
pub const INTERRUPTED: &str = "Interrupted.";
pub const NOTHING_DEPLOYED: &str =
    "Nothing is deployed yet. Deploy something with `havre deploy GIT_URL --name NAME`.";
pub const NONE_FIT: &str = "No deployment fits.";
pub const NO_TAGS: &str = "There are no tags.";
pub const NO_RELEASES: &str = "There is no release yet.";
pub const NO_ENV: &str = "No environment variables are set.";
pub const MASKED_HINT: &str = "Values are masked; `--show` reveals them.";
pub const DESTROY_PROMPT: &str = "Type the name of the deployment to remove it for good";
pub const NAME_DIFFERS: &str = "The name does not match; nothing was removed.";

pub fn reference(reference: &str) -> String {
    format!("Reference: {reference} (stands in the server's log beside the cause)")
}

pub fn client_broken(cause: &str) -> String {
    format!("The HTTP client cannot be made: {cause}")
}

pub fn bad_key(key: &str) -> String {
    format!("`{key}` is neither a name nor an id of a deployment.")
}

pub fn bad_server_url(url: &str) -> String {
    format!("`{url}` is not the URL of a server.")
}

pub fn unreachable(url: &str) -> String {
    format!("The server at {url} does not answer.")
}

pub fn unreachable_why(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "It took the connection, or none, and then said nothing in time."
    } else if error.is_connect() {
        "Nothing takes connections there."
    } else {
        "The connection broke before the answer was whole."
    }
}

pub fn strange_answer(cause: &str) -> String {
    format!("The server's answer cannot be read: {cause}.")
}

pub fn http_status(status: u16) -> String {
    format!("The server answered with HTTP {status}.")
}

pub fn env_not_here(name: &str) -> String {
    format!("`{name}` is not set in this shell, so it has no value to take from it.")
}

pub fn env_not_set(name: &str) -> String {
    format!("`{name}` is not set.")
}

pub fn goes_on(name: &str) -> String {
    format!(
        "Interrupted: the deploy goes on. Follow it with `havre logs {name} --build -f`, end it with `havre cancel {name}`."
    )
}

pub fn live(version: u32, name: &str) -> String {
    format!("v{version} of {name} is live.")
}

pub fn kept_dormant(version: u32, name: &str, status: &str) -> String {
    format!(
        "v{version} of {name} is ready; the deployment is {status}. Start it with `havre start {name}`."
    )
}

pub fn under_way(version: u32, name: &str) -> String {
    format!("v{version} of {name} is on its way. Follow it with `havre logs {name} --build -f`.")
}

pub fn ended_badly(version: u32, name: &str, status: &str) -> String {
    match status {
        "cancelled" => format!("v{version} of {name} was cancelled."),
        "superseded" => format!("v{version} of {name} never began: a newer deploy took its place."),
        _ => format!("v{version} of {name} failed."),
    }
}

pub fn still_serving(version: u32) -> String {
    format!("v{version} serves as before.")
}

pub fn logs_hint(name: &str) -> String {
    format!("The app's own log: `havre logs {name}`. The whole build: `havre logs {name} --build`.")
}

pub fn destroyed(name: &str) -> String {
    format!("{name} is removed.")
}

pub fn destroying(name: &str) -> String {
    format!("Removing {name}: waiting for its guests to be gone...")
}

pub fn destroy_goes_on(name: &str) -> String {
    format!("Interrupted: {name} is being removed all the same.")
}

pub fn needs_yes(name: &str) -> String {
    format!("Removing {name} needs a yes, and nobody can be asked here.")
}

pub fn needs_yes_cure(name: &str) -> String {
    format!("Say it with `havre destroy {name} --yes`.")
}

pub fn no_url(name: &str) -> String {
    format!("{name} has no URL: it is a record that Havre did not deploy.")
}

pub fn is_gone(name: &str) -> String {
    format!("{name} was destroyed, so it has no URL any more.")
}

pub fn no_browser(url: &str) -> String {
    format!("No browser could be started here. The URL is {url}")
}

pub fn too_slow(name: &str, wanted: &str) -> String {
    format!("{name} is not {wanted} yet.")
}

pub fn too_slow_cure(name: &str) -> String {
    format!("It goes on by itself; look again with `havre show {name}`.")
}

pub fn not_running(name: &str) -> String {
    format!("{name} did not start.")
}

pub fn now(name: &str, status: &str) -> String {
    format!("{name} is {status}.")
}

/// `Page 1 of 3, 45 deployments in all.`
pub fn page_of(page: u64, pages: u64, total: u64) -> String {
    format!("Page {page} of {pages}, {total} deployments in all.")
}

pub fn next_page(page: u64) -> String {
    format!("The next ones: the same with `--page {page}`; all of them: with `--all`.")
}

pub const MORE_BY_TAG: &str = "There may be more: ask the same with `--all`.";

/// Behind the status of a row that cannot be read.
pub const ODD_MARK: &str = " (!)";
pub const ODD_ROWS: &str = "(!) Another program wrote values there that Havre cannot read. `havre show NAME` says which, `havre db check` names all.";
pub const LIST_HEAD: [&str; 6] = ["NAME", "STATUS", "RELEASE", "FRAMEWORK", "DRIVER", "URL"];
pub const RELEASES_HEAD: [&str; 7] = [
    "RELEASE", "STATUS", "CAUSE", "COMMIT", "REF", "DISK", "CREATED",
];
pub const RECORD: &str = "record";
/// In the column STATUS, of a release that served and whose built files are gone.
pub const COLLECTED: &str = "collected";
pub const ABSENT: &str = "-";

/// Where a guest of a cluster is.
pub fn guest(vmid: &str, node: Option<&str>, address: Option<&str>) -> String {
    let node = node.map(|node| format!(" on {node}")).unwrap_or_default();
    let address = address.map(|address| format!(", {address}"));
    format!("{vmid}{node}{}", address.unwrap_or_default())
}

/// The labels of `havre show`, in its order.
pub mod field {
    pub const STATUS: &str = "Status";
    pub const URL: &str = "URL";
    pub const RELEASE: &str = "Release";
    pub const COMMIT: &str = "Commit";
    pub const SOURCE: &str = "Source";
    pub const FRAMEWORK: &str = "Framework";
    pub const DRIVER: &str = "Driver";
    pub const GUEST: &str = "Guest";
    pub const TYPE: &str = "Type";
    pub const RESOURCES: &str = "Resources";
    pub const CREATED: &str = "Created";
    pub const DEPLOYED: &str = "Deployed";
    pub const DELETED: &str = "Deleted";
    pub const ID: &str = "Id";
    pub const TAGS: &str = "Tags";
    pub const OWNER: &str = "Owner";
    pub const ERROR: &str = "Error";
}
