//! Every sentence that the server says by itself.

use domain::{Failure, Name, Reference};

// The original's words: scripts match on them.
pub(crate) const NO_DEPLOYMENT: &str = "Deployment not found";
pub(crate) const NO_RESOURCE: &str = "Resource not found";
pub(crate) const INTERNAL: &str = "Internal server error";
pub(crate) const NO_DATA: &str = "No data provided";
pub(crate) const NO_LOGS: &str = "No logs available";
pub(crate) const DEPLOYED: &str = "Application deployed successfully";
pub(crate) const DELETED: &str = "Deployment deleted successfully";
pub(crate) const BAD_GITHUB_URL: &str = "Invalid GitHub URL. Must be a valid GitHub repository URL";

pub(crate) const CORES_INTEGER: &str = "Cores must be an integer";
pub(crate) const MEMORY_INTEGER: &str = "Memory must be an integer (in MB)";
pub(crate) const DISK_INTEGER: &str = "Disk must be an integer (in GB)";

pub(crate) const NO_METHOD: &str = "This path does not take this method";
pub(crate) const BUSY: &str = "The server answers as many requests as it can at once";
pub(crate) const TOO_SLOW: &str = "The answer took too long";
pub(crate) const CLOSING: &str = "The server is going down; what was asked for goes on by itself";
pub(crate) const DELETING: &str = "Deployment is being deleted";
pub(crate) const DELETE_CUT: &str = "The deployment could not be deleted yet";
pub(crate) const CANCELLED: &str = "The release was cancelled";
pub(crate) const SUPERSEDED: &str = "A newer deploy of the same name took its place";
pub(crate) const NOTHING_TO_CANCEL: &str = "Nothing is under way";
pub(crate) const NOTHING_TO_DO: &str = "Nothing to do";
pub(crate) const NOT_MANAGED: &str =
    "This deployment is a record: it was not deployed by this server, so it cannot be changed";
pub(crate) const NOT_MANAGED_CURE: &str =
    "Deploy its repository under the same name to have it managed.";
pub(crate) const NAME_TAKEN_CURE: &str =
    "Choose another name, or destroy the deployment that holds it.";
pub(crate) const OTHER_SOURCE_CURE: &str = "Choose another name, or ask with `replace_source: true` (`--replace-source`) to deploy this repository there.";
pub(crate) const DISK_FULL: &str = "The disk of the server is full";
pub(crate) const DISK_FULL_CURE: &str =
    "Make room on the disk of the data folder, or destroy deployments that are not needed.";
pub(crate) const DATABASE_AWAY: &str = "The database does not answer";
pub(crate) const BAD_PATH: &str = "The path is not valid UTF-8 text";
pub(crate) const BAD_QUERY: &str = "The query is not well formed";
pub(crate) const BODY_TOO_LARGE: &str = "The body is larger than 1 MiB";
pub(crate) const BODY_CUT: &str = "The body could not be read to its end";
pub(crate) const NOT_AN_OBJECT: &str = "The body must be a JSON object";
pub(crate) const NO_HOST: &str = "The request names no host";
pub(crate) const NOT_JSON: &str = "Content-Type must be application/json";
pub(crate) const OTHER_ORIGIN: &str = "A page of another site may not ask this server";
pub(crate) const OTHER_ORIGIN_CURE: &str =
    "Use the pages of this server, or a client that is not a browser.";
pub(crate) const NO_PROXMOX: &str = "Proxmox is not configured";
pub(crate) const TRACKED: &str = "already tracked";
pub(crate) const GONE_THERE: &str = "its guest is gone from the cluster";
pub(crate) const NO_PROXMOX_CURE: &str =
    "Run `havre proxmox setup` on the server, then start it again.";
pub(crate) const REDEPLOY_AND_RESOURCES: &str =
    "`ref` and `resources` cannot be changed at once: the one builds again, the other does not";
pub(crate) const GIT_URL_CURE: &str =
    "Use https://HOST/OWNER/REPO, ssh://git@HOST/OWNER/REPO or git@HOST:OWNER/REPO.";

pub(crate) fn look_in_log(reference: &Reference) -> String {
    format!("Check server logs for more information: the cause stands beside {reference}.")
}

pub(crate) fn try_again(reference: &Reference) -> String {
    format!("Try again in a few seconds; the server's log tells why, beside {reference}.")
}

pub(crate) fn name_taken(holder: &str) -> String {
    format!("The name is taken by `{holder}`")
}

pub(crate) fn other_source(holder: &str, url: &str) -> String {
    format!("The name is taken: `{holder}` deploys {url}")
}

pub(crate) fn unknown_host(host: &str) -> String {
    format!("`{host}` is not a name of this server")
}

pub(crate) const UNKNOWN_HOST_CURE: &str =
    "Ask it as localhost or by its address, or add the name to the hosts in its configuration.";

pub(crate) fn malformed(why: &str) -> String {
    format!("Malformed JSON: {why}")
}

pub(crate) fn missing(field: &str) -> String {
    format!("Missing required field: {field}")
}

pub(crate) fn unsupported_framework(key: &str) -> String {
    let shown: String = key.chars().take(100).collect();
    format!("Unsupported framework: {shown}")
}

pub(crate) fn supported_frameworks<'a>(keys: impl Iterator<Item = &'a String>) -> String {
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    format!(
        "Supported are {}; leave it out to have it detected.",
        keys.join(", ")
    )
}

pub(crate) fn must_be(field: &str, what: &str) -> String {
    format!("{field} must be {what}")
}

pub(crate) fn too_long(field: &str, most: usize) -> String {
    format!("{field} is longer than {most} characters")
}

/// Longer than any cursor that this server gives.
pub(crate) const LONGEST_CURSOR: usize = 4096;
pub(crate) const PAGE_SHAPE: &str = "page must be an integer, 1 or more";
pub(crate) const PAGE_AND_CURSOR: &str = "page and cursor each name a place: ask with one of them";
pub(crate) const TOO_DEEP_CURE: &str = "Go on with `cursor`: each page gives the next one's as `next_cursor`, and none costs more than the first.";
pub(crate) const BAD_CURSOR: &str = "cursor belongs to no page of this list";
pub(crate) const BAD_CURSOR_CURE: &str = "Take `next_cursor` as the page before gave it, with the same filters and the same sort, or begin with the first page.";
pub(crate) const NOT_TOGETHER_CURE: &str = "Ask with `page` or `cursor`, and `per_page`; `limit` and `before` are of the list without parameters.";
pub(crate) const TAGS_SHAPE: &str = "a list of texts, or comma-separated text";

pub(crate) fn too_deep(last: u64, per_page: u64) -> String {
    format!("page must be at most {last} with {per_page} deployments on each")
}

pub(crate) fn not_together(one: &str, other: &str) -> String {
    format!("{one} and {other} cannot be asked for together")
}

pub(crate) fn is_empty(field: &str) -> String {
    format!("{field} is given without a value")
}

pub(crate) fn holds_nul(field: &str) -> String {
    format!("{field} must not hold the character NUL")
}

pub(crate) fn tagged(name: &str, column: Option<&str>) -> String {
    match column {
        Some(tags) => format!("Tags of {name}: {tags}"),
        None => format!("{name} has no tags"),
    }
}

pub(crate) const TEXT: &str = "text";
pub(crate) const FLAG: &str = "true or false";
pub(crate) const OBJECT: &str = "an object";
pub(crate) const ENV_SHAPE: &str = "an object of names and text values";
pub(crate) const ROOT_SHAPE: &str =
    "a folder inside the repository: relative, without `..` and control characters";
pub(crate) const HEALTH_PATH: &str = "a path that starts with / and holds no spaces";
pub(crate) const SINCE_SHAPE: &str = "a time such as 2026-11-22T08:30:00Z or a span such as 10m";

pub(crate) fn must_be_env_value(name: &str) -> String {
    format!("env_vars: the value of `{name}` must be text")
}

pub(crate) fn must_be_between(field: &str, low: u64, high: u64) -> String {
    format!("{field} must be an integer between {low} and {high}")
}

pub(crate) fn accepted(name: &str, version: u32) -> String {
    format!("Deployment of {name} accepted as v{version}")
}

pub(crate) fn change_accepted(name: &str, version: u32) -> String {
    format!("{name} v{version} is on its way")
}

pub(crate) fn change_done(name: &str, version: u32) -> String {
    format!("{name} v{version} is done")
}

/// A change of resources on a cluster: what happens to the guest.
pub(crate) const RESIZES: &str =
    ": a new guest with these resources takes over from the one that serves once it is healthy";
pub(crate) const RESIZED: &str = ": a new guest with these resources serves";

pub(crate) fn cancelling(versions: &[u32]) -> String {
    let versions: Vec<String> = versions.iter().map(|v| format!("v{v}")).collect();
    format!("Cancelling {}", versions.join(", "))
}

pub(crate) fn work_accepted(verb: &str, name: &str) -> String {
    format!("{verb} of {name} is on its way")
}

pub(crate) fn work_done(verb: &str, name: &str) -> String {
    format!("{verb} of {name} is done")
}

pub(crate) fn work_failed(verb: &str, name: &str, status: &str) -> String {
    format!("{verb} of {name} did not succeed: it is {status}")
}

pub(crate) const SEE_LOG: &str = "The log of the app tells more.";

pub(crate) fn no_release(version: u32) -> String {
    format!("There is no release v{version}")
}

pub(crate) const NO_RELEASE_YET: &str = "There is no release yet";

/// The original's words before the cause.
pub(crate) fn failed_to(doing: &str, what: &str) -> String {
    format!("Failed to {doing}: {what}")
}

/// The original's words.
pub(crate) fn synced(imported: usize) -> String {
    format!("Synced {imported} resources from Proxmox")
}

pub(crate) fn waiting(why: &str, since: &str) -> String {
    let why = why.trim_end_matches('.');
    format!("waiting since {since} UTC: {why}. It goes on by itself.")
}

/// A link to no deployment, for the page.
pub(crate) fn no_such(key: &str) -> String {
    let shown: String = key.chars().take(100).collect();
    format!("There is no deployment `{shown}`.")
}

/// What an error says after its first sentence.
pub(crate) fn rest_of_story(failure: &Failure) -> String {
    let story = failure.story();
    story
        .strip_prefix(failure.what.as_str())
        .unwrap_or(&story)
        .trim_start_matches('\n')
        .to_owned()
}

/// A name for the sentences about a deployment that is known to be one of ours.
pub(crate) fn label_of(name: &str) -> Option<domain::HostLabel> {
    name.parse::<Name>().ok().map(|name| name.label())
}

pub(crate) const RELEASE_FAILED: &str = "The release failed";
