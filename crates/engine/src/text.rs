//! Every sentence of the engine that a user reads, in one place: another language replaces this file.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use domain::guest::ExecEnd;
use domain::job::Work;
use domain::plan::HealthCheck;
use domain::ports::{ProbeAnswer, ProbeError, ServerRow};
use domain::release::{Cause, Version};
use domain::{Commit, DeploymentKind, DriverKind, GitRef, GitUrl, Name, NodeName, Reference, Step};

pub const PLATFORM_FAULT: &str =
    "Havre could not finish this deploy, and the app is not the reason.";
pub const PLATFORM_CURE: &str =
    "Try again; if it happens again, look for the reference in the server's log.";
pub const NO_PLAN: &str = "the release has no plan or artifact yet";
pub const NO_GUEST: &str = "the release has no guest yet";
pub const NO_FACTS: &str = "the deployment of the release is gone";
pub const NO_ANSWER_IN_TIME: &str = "no answer in time";
pub const DISPLACED: &str = "Another server uses the place of this one, so nothing is done here: was the data folder \
    copied? Stop one of the two. A copy that shall live by itself needs a place of its own: stop it, remove `place-id` \
    from its data folder, and start it again.";
pub const NO_CLUSTER: &str = "No Proxmox VE cluster is set up here. Run `havre proxmox setup` on the server, then start it again.";
pub const NOT_PUSHED: &str = "the routes have not been sent to the gateway yet";
pub const CANCELLED: &str = "Cancelled.";
pub const DORMANT: &str = "The deployment is stopped: this takes effect at its next start";
pub const LOG_CUT: &str = "The output is longer than 8 MB; the rest is not kept.";
pub const DISK_FULL: &str = "The disk of the server is full.";
pub const MAKE_ROOM: &str =
    "Make room (havre releases NAME shows what each release takes) and deploy again.";
pub const SMALLER_REPOSITORY: &str =
    "Keep large files out of the repository, or raise the bounds of the server.";
pub const OUT_OF_MEMORY: &str = "It used more memory than it may.";
pub const MORE_BUILD_MEMORY: &str =
    "Raise the build memory of the server (HAVRE_BUILD_MEMORY, in MB), or make the build smaller.";
pub const OUT_OF_DISK: &str = "It used more disk than it may.";
pub const MORE_BUILD_DISK: &str =
    "Raise the build disk of the server (HAVRE_BUILD_DISK, in GB), or write less.";
pub const HUNG: &str = "It took longer than it may.";
pub const LONGER_BUILD: &str =
    "Look for a command that waits for input, or raise the time (HAVRE_BUILD_SECONDS, in seconds).";
pub const COMMAND_NOT_FOUND: &str = "A program that the command names is not there.";
pub const INSTALL_COMMAND: &str = "Add the package that brings it to the dependencies of the app.";
pub const SILENT: &str = "The app takes connections but does not answer.";
pub const SILENT_CURE: &str =
    "Look for something the app waits for at its start, such as a database that it cannot reach.";
pub const SERVER_ERROR: &str = "The app fails on this page.";
pub const SERVER_ERROR_CURE: &str =
    "The lines below are its log. Another page can be checked: [health] path in havre.toml.";
pub const LISTENS_NOWHERE: &str = "The app runs but listens nowhere.";
pub const GUEST_LOST: &str = "its guest is gone and was not removed by Havre";
pub const WAS_STOPPED: &str = "its guest was stopped, and not by Havre";
pub const VM_STANDS_IN: &str = "The type is recorded as vm, and the local sandbox stands in for it: the app shares the kernel of the server.";
pub const CHECK_HOST: &str =
    "Check the host in the URL and the network of the server (havre doctor), then deploy again.";
pub const WHY_LOST: &str =
    "Each release gets a fresh copy of the app; files written beside it do not move over.";

/// What happened and what to do, in one line.
pub fn with_cure(what: &str, cure: &str) -> String {
    format!("{}. {cure}", what.trim_end_matches('.'))
}

pub fn no_driver(kind: DriverKind) -> String {
    format!("the driver {kind} is not set up on this server")
}

pub fn no_nodes(driver: DriverKind) -> String {
    format!("this deployment lives at the driver {driver}, which has no nodes to choose from")
}

/// A node that the cluster does not have; some of those that it has.
pub fn no_node<'a>(wanted: &NodeName, there: impl Iterator<Item = &'a str>) -> String {
    let there: Vec<&str> = there.take(20).collect();
    format!(
        "the cluster has no node {wanted}; its nodes are: {}",
        there.join(", ")
    )
}

pub fn disk_shrinks(there: u32, wanted: u32) -> String {
    format!(
        "Disk cannot shrink: it has {there} GB, and {wanted} GB are asked for. A disk on a cluster only grows; for a smaller \
         one deploy under another name"
    )
}

pub fn too_many_guests(there: usize, most: usize) -> String {
    format!("the cluster has {there} guests, more than the {most} that are taken into the list")
}

pub fn moved(vmid: u32, address: Option<std::net::IpAddr>, node: &str) -> String {
    match address {
        Some(address) => format!("Its guest is {vmid} on {node}, and answers at {address} now."),
        None => format!("Its guest is {vmid} on {node}, and has no address now."),
    }
}

pub fn altered(what: &str) -> String {
    format!("Somebody changed its guest by hand: {what}. It stays so until the next release.")
}

pub fn begins(name: &Name, version: Version, cause: Cause) -> String {
    match cause {
        Cause::Deploy => format!("Deploying {name} {version}"),
        Cause::Rollback => format!("Rolling back {name}, as {version}"),
        Cause::Env => format!("Changing the environment of {name}, as {version}"),
        Cause::Resources => format!("Changing the resources of {name}, as {version}"),
    }
}

pub fn goes_on(name: &Name, version: Version) -> String {
    format!("Going on with {name} {version} where it was cut")
}

pub fn waiting(why: &str) -> String {
    format!(
        "waiting: {}. It goes on by itself.",
        why.trim_end_matches('.')
    )
}

pub fn goes_on_again(name: &Name, version: Version) -> String {
    format!("Going on with {name} {version}")
}

pub fn fetching(url: &GitUrl, git_ref: Option<&GitRef>) -> String {
    match git_ref {
        Some(git_ref) => format!("Fetching {url} at {git_ref}"),
        None => format!("Fetching {url}"),
    }
}

pub fn fetched(commit: &Commit, bytes: u64) -> String {
    format!("commit {}, {}", commit.short(), size(bytes))
}

pub fn fetch_timed_out(limit: Duration) -> String {
    format!(
        "Fetching the repository took longer than {} s.",
        limit.as_secs()
    )
}

pub fn unreachable(cause: &dyn std::fmt::Display) -> String {
    format!("The repository could not be reached: {cause}.")
}

pub fn detected(title: &str) -> String {
    format!("Detected {title}")
}

pub fn looked_for(things: &[String]) -> String {
    format!("Looked for: {}.", things.join(", "))
}

pub fn using(versions: &[String]) -> String {
    format!("Using {}", versions.join(", "))
}

pub fn sealed(bytes: u64) -> String {
    format!("sealed the app: {}", size(bytes))
}

pub fn taking_warm(name: &Name) -> String {
    format!("Taking the warm guest of {name}")
}

pub fn place(driver: DriverKind, kind: DeploymentKind, tier: &str, meaning: &str) -> String {
    let kind = kind.as_str();
    // A driver may begin with the name of the tier, which stands here already.
    let meaning = meaning
        .strip_prefix(tier)
        .map_or(meaning, |rest| rest.trim_start_matches([':', ' ']));
    match driver {
        DriverKind::Local => {
            format!("{kind}, for which the local sandbox stands in; tier {tier}: {meaning}")
        }
        DriverKind::Proxmox => format!("{kind}; {meaning}"),
    }
}

/// A container is what the sandbox comes near to; a virtual machine is more than it can be.
pub fn stands_in(driver: DriverKind, kind: DeploymentKind) -> Option<String> {
    (driver == DriverKind::Local && kind == DeploymentKind::Vm).then(|| VM_STANDS_IN.to_owned())
}

pub fn starting(name: &Name) -> String {
    format!("Starting {name}")
}

pub fn checking(health: &HealthCheck) -> String {
    format!(
        "Checking that {} answers below {} within {} s",
        health.path, health.below, health.within_seconds
    )
}

pub fn live(name: &Name, version: Version, url: &str) -> String {
    format!("{name} {version} is live: {url}")
}

pub fn untouched(serves: bool) -> String {
    let words = if serves {
        "What served before still serves."
    } else {
        "Nothing serves under this name yet."
    };
    words.to_owned()
}

pub fn trying_again(step: Step, cause: &dyn std::fmt::Display) -> String {
    format!("{step}: {cause}; trying again")
}

pub fn command_ended(build: bool, end: ExecEnd) -> String {
    let what = if build {
        "The build"
    } else {
        "The release command"
    };
    match end {
        ExecEnd::Code(code) => format!("{what} failed with exit code {code}."),
        ExecEnd::Signal(signal) => format!("{what} was ended by signal {signal}."),
        ExecEnd::TimedOut => format!("{what} took longer than it may and was ended."),
        ExecEnd::OutOfMemory => format!("{what} ran out of memory and was ended."),
        ExecEnd::OutOfDisk => format!("{what} ran out of disk and was ended."),
    }
}

/// Why logs cannot be had here.
pub fn elsewhere(server: Option<&ServerRow>) -> String {
    let Some(server) = server else {
        return "This deployment lives on another server, which was never seen on this database. Its logs are there; what \
                is asked of it waits until that server starts."
            .to_owned();
    };
    let (name, apps) = (&server.name, &server.apps);
    let state = if server.alive {
        "is up".to_owned()
    } else {
        format!(
            "was last seen {} UTC",
            server.seen_until.format("%Y-%m-%d %H:%M:%S")
        )
    };
    format!(
        "This deployment lives on the server {name} (its apps answer at {apps}), which {state}. Its logs are there: ask that server."
    )
}

pub fn app_died(last_exit: &str) -> String {
    format!("The app does not stay up: {last_exit}.")
}

pub fn never_healthy(health: &HealthCheck, asked: &Result<ProbeAnswer, ProbeError>) -> String {
    let within = format!("within {} s", health.within_seconds);
    match asked {
        Ok(answer) => format!(
            "The app was not healthy {within}: {} answers {}.",
            health.path, answer.status
        ),
        Err(error) => format!("The app was not healthy {within}: {error}."),
    }
}

pub fn listens_on_loopback(socket: &SocketAddr) -> String {
    format!("The app listens on {socket} only, which nothing outside its guest can reach.")
}

pub fn listens_elsewhere(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    format!("The app listens on port {} instead.", ports.join(", "))
}

pub fn listen_on(port: u16) -> String {
    format!("Make the app listen on 0.0.0.0 and on the port in the variable PORT (here {port}).")
}

pub fn allowed_hosts(path: &str) -> String {
    format!(
        "{path} answers 400: Django refuses the host name. Add it to ALLOWED_HOSTS in the settings, for example \
         ALLOWED_HOSTS = [\".localhost\"]"
    )
}

pub fn client_error(path: &str, status: u16) -> String {
    format!(
        "{path} answers {status}; the app is taken as healthy. Another page can be checked: [health] path in havre.toml"
    )
}

pub fn would_lose(written: &[String]) -> String {
    format!(
        "The running app wrote files that this release would leave behind: {}.",
        shorten(written)
    )
}

pub fn keep_data(written: &[String]) -> String {
    let mut folders: Vec<&str> = written
        .iter()
        .map(|path| path.rsplit_once('/').map_or(path.as_str(), |(dir, _)| dir))
        .collect();
    folders.dedup();
    let quoted: Vec<String> = folders
        .iter()
        .take(3)
        .map(|folder| format!("{folder:?}"))
        .collect();
    format!(
        "Keep them with havre.toml in the repository:\n    [persist]\n    paths = [{}]\nor let them go with --discard-data.",
        quoted.join(", ")
    )
}

pub fn job_failed(work: &Work, error: &dyn std::fmt::Display, reference: &Reference) -> String {
    let verb = match work {
        Work::Deploy { .. } => "deploy",
        Work::Start => "start",
        Work::Stop => "stop",
        Work::Restart => "restart",
        Work::Destroy => "destroy",
    };
    format!("{verb} failed: {error} (reference {reference})")
}

pub fn start_failed(story: &str) -> String {
    format!("The app could not be started.\n{story}")
}

pub fn crash_loop(last_exit: &str) -> String {
    format!(
        "The app kept crashing and is not started any more: {last_exit}. `havre start` starts it again."
    )
}

pub fn was_down(last_exit: &str) -> String {
    format!("its guest was down: {last_exit}")
}

pub fn restarted(why: &str) -> String {
    format!("Starting again: {why}.")
}

/// The likely cause and the cure, when a line of output says something known.
pub fn hint_of_line(line: &str) -> Option<(String, String)> {
    let after = |mark: &str| {
        line.split_once(mark)
            .map(|(_, rest)| rest.trim_matches(|c: char| " '\"`.:".contains(c)))
    };
    let hint = |why: String, cure: &str| Some((why, cure.to_owned()));
    if let Some(module) = after("No module named ") {
        let package = module.split(['.', '\'', ';']).next().unwrap_or(module);
        return hint(
            format!("The Python module {package} is not installed."),
            "Add the package that brings it to requirements.txt (or to the dependencies of pyproject.toml).",
        );
    }
    if let Some(module) = after("Cannot find module ") {
        return hint(
            format!("The Node module {module} is not there."),
            "Add it to the dependencies of package.json.",
        );
    }
    if line.contains("EADDRINUSE") || line.contains("Address already in use") {
        return hint(
            "The port is taken inside the guest.".into(),
            "Start only one server, on the port in the variable PORT.",
        );
    }
    if line.contains("No matching distribution found for")
        || line.contains("Could not find a version that satisfies")
    {
        return hint(
            "A Python package of this name and version does not exist for this Python.".into(),
            "Correct the requirement, or choose another Python (.python-version).",
        );
    }
    if line.contains("npm error code E404") || line.contains("ERESOLVE") {
        return hint(
            "npm cannot resolve the dependencies.".into(),
            "Correct package.json and its lock file together.",
        );
    }
    if line.contains("No space left on device") {
        return hint(OUT_OF_DISK.into(), MORE_BUILD_DISK);
    }
    if line.contains("Temporary failure in name resolution") || line.contains("EAI_AGAIN") {
        return hint(
            "A host name could not be resolved.".into(),
            "Look at the network of the server (havre doctor).",
        );
    }
    None
}

fn shorten(paths: &[String]) -> String {
    let mut text = paths
        .iter()
        .take(5)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if paths.len() > 5 {
        let _ = write!(text, " and {} more", paths.len() - 5);
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1024 / 1024),
    }
}
