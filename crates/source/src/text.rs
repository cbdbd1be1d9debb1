//! Every sentence for users: what happened and what to do.

use domain::GitUrl;
use domain::ports::SourceError;

fn refused(what: String, cure: impl Into<String>) -> SourceError {
    SourceError::Refused {
        what,
        cure: cure.into(),
    }
}

pub(crate) fn local_denied(url: &GitUrl) -> SourceError {
    refused(
        format!(
            "{url} is a folder of the server, and this server does not deploy from its own folders"
        ),
        "Use an https or ssh URL, or let the server's operator set HAVRE_ALLOW_LOCAL_GIT (1, or a list of folders)",
    )
}

pub(crate) fn local_outside(url: &GitUrl) -> SourceError {
    refused(
        format!("{url} is not below a folder that this server may deploy from"),
        "Move the repository below one of the folders in HAVRE_ALLOW_LOCAL_GIT, or add its folder to them",
    )
}

pub(crate) fn relative_root(root: &std::path::Path) -> String {
    format!(
        "`{}` is not an absolute folder; local Git is allowed by 1, or by absolute folders separated by `:`",
        root.display()
    )
}

pub(crate) fn no_repository(url: &GitUrl, private_cure: Option<&str>) -> SourceError {
    let cure = match private_cure {
        Some(cure) => {
            format!("Check the URL for typing errors; if the repository is private: {cure}")
        }
        None => "Check the URL for typing errors".to_owned(),
    };
    refused(
        format!("There is no Git repository at {url}, or this server may not read it"),
        cure,
    )
}

pub(crate) fn no_permission(url: &GitUrl, cure: &str) -> SourceError {
    refused(
        format!(
            "This server may not read {url}: it asks for credentials that the server does not have"
        ),
        cure,
    )
}

pub(crate) const CURE_TOKEN: &str = "set GITHUB_TOKEN of the server to a token that may read it";
pub(crate) const CURE_TOKEN_REFUSED: &str = "the server's GITHUB_TOKEN does not open it: check that the token is valid and may read this repository";
pub(crate) const CURE_OTHER_HOST: &str =
    "use its ssh URL and give the server a deploy key; tokens are only sent to github.com";
pub(crate) const CURE_KEY: &str =
    "add the public half of the server's deploy key to the repository, with read access";

pub(crate) fn no_deploy_key(url: &GitUrl) -> SourceError {
    refused(
        format!("{url} is fetched over SSH, and this server has no deploy key"),
        "Give the server a deploy key, or use the https URL of the repository",
    )
}

pub(crate) fn host_key_changed(url: &GitUrl) -> SourceError {
    refused(
        format!("The host of {url} shows another key than before: somebody may be listening in"),
        "Make sure that the host has really changed its key, then remove the old one from the server's known_hosts",
    )
}

pub(crate) fn tls_failed(url: &GitUrl) -> SourceError {
    refused(
        format!("The certificate of {url} could not be verified"),
        "Check the host; if it uses a private authority, start the server with SSL_CERT_FILE naming its certificate",
    )
}

pub(crate) fn missing_ref(url: &GitUrl, name: &str, branches: &[String]) -> SourceError {
    refused(
        format!("{url} has no branch, tag or commit `{name}`"),
        format!("Check the name{}", some(branches)),
    )
}

pub(crate) fn no_default_branch(url: &GitUrl, branches: &[String]) -> SourceError {
    refused(
        format!("The default branch of {url} does not exist"),
        format!("Say which branch to deploy with --ref{}", some(branches)),
    )
}

fn some(branches: &[String]) -> String {
    match branches {
        [] => String::new(),
        _ => format!("; there is: {}", branches.join(", ")),
    }
}

pub(crate) fn ambiguous_commit(url: &GitUrl, name: &str) -> SourceError {
    refused(
        format!("`{name}` names more than one commit of {url}"),
        "Give more digits of the commit",
    )
}

pub(crate) fn not_a_commit(url: &GitUrl, name: &str) -> SourceError {
    refused(
        format!("`{name}` of {url} does not name a commit"),
        "Name a branch, a tag of a commit, or a commit",
    )
}

pub(crate) fn empty(url: &GitUrl) -> SourceError {
    refused(
        format!("The repository {url} is empty"),
        "Push a commit to it, then deploy again",
    )
}

pub(crate) fn submodules(paths: &[String]) -> SourceError {
    refused(
        format!(
            "The repository uses Git submodules ({}); Havre does not fetch them yet",
            paths.join(", ")
        ),
        "Put the files into the repository itself, for instance with git subtree",
    )
}

pub(crate) fn stale_gitmodules() -> String {
    "The repository has a .gitmodules file but no submodule in this commit; the file is ignored"
        .to_owned()
}

pub(crate) fn lfs(paths: &[String]) -> SourceError {
    refused(
        format!(
            "The repository keeps files in Git LFS ({}); Havre does not fetch them yet",
            paths.join(", ")
        ),
        "Put these files into the repository itself (git lfs migrate export), or load them from elsewhere at start",
    )
}

pub(crate) fn link_out(path: &str, target: &str) -> SourceError {
    refused(
        format!("The link `{path}` of the repository leads out of it, to `{target}`"),
        "Make it lead to a file of the repository, or remove it",
    )
}

pub(crate) fn bad_path(path: &str) -> SourceError {
    refused(
        format!("The repository holds the path `{path}`, which cannot be written safely"),
        "Rename or remove it",
    )
}

pub(crate) fn broken_objects(url: &GitUrl) -> SourceError {
    refused(
        format!("The repository {url} holds objects that Git's own check refuses"),
        "Run `git fsck` in a clone of it and mend what it reports",
    )
}

pub(crate) fn file_too_large(path: Option<&str>, limit: u64) -> SourceError {
    let which = path.map_or("a file".to_owned(), |path| format!("`{path}`"));
    SourceError::TooLarge(format!(
        "The repository is too large: {which} has more than {}. Keep large files elsewhere",
        size(limit)
    ))
}

pub(crate) fn tree_too_large(limit: u64) -> SourceError {
    SourceError::TooLarge(format!(
        "The repository is too large: its files have more than {} together. Keep large files elsewhere",
        size(limit)
    ))
}

pub(crate) fn transfer_too_large(limit: u64) -> SourceError {
    SourceError::TooLarge(format!(
        "The repository is too large: fetching it took more than {}. Remove large files from it and its history",
        size(limit)
    ))
}

pub(crate) fn unpacking_took_too_long() -> SourceError {
    SourceError::TooLarge(
        "The repository is too large: unpacking it took too much processor time. Make its history smaller".to_owned(),
    )
}

pub(crate) fn too_many_files(limit: usize) -> SourceError {
    SourceError::TooLarge(format!(
        "The repository is too large: it has more than {limit} files. Leave generated files out of it"
    ))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

pub(crate) fn host_unknown(url: &GitUrl) -> SourceError {
    SourceError::Transient(format!(
        "The host of {url} cannot be found: check the URL, and the name service of the server"
    ))
}

pub(crate) fn host_unreachable(url: &GitUrl) -> SourceError {
    SourceError::Transient(format!(
        "The host of {url} cannot be reached: check the URL, and the network and proxy of the server"
    ))
}

pub(crate) fn broke_off(url: &GitUrl) -> SourceError {
    SourceError::Transient(format!("The connection to {url} broke off"))
}

pub(crate) fn host_failed(url: &GitUrl) -> SourceError {
    SourceError::Transient(format!(
        "The host of {url} answered with an error of its own"
    ))
}

pub(crate) const DISK_FULL: &str = "write the source: the disk of the server is full";
pub(crate) const NO_GIT: &str =
    "run git: install it (apt install git) or name it in the server's settings";
