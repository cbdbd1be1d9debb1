//! One fetch, step by step, on a thread of its own.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::Commit;
use domain::ports::{FetchRequest, Fetched, SourceError};

use crate::config::GitConfig;
use crate::explain::{Miss, explain, stopped, unexpected};
use crate::git::{Cancel, Ended, Git, Stop};
use crate::listing::{Listing, shown};
use crate::remote::Remote;
use crate::work::Work;
use crate::{lfs, links, text};

/// What git calls the commit that is fetched.
const TARGET: &str = "refs/havre/target";
/// Stands for a bound that no clock can hold.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Branches named in a message.
const NAMED: usize = 5;

/// Fetches, judges, writes out and hands over.
pub(crate) fn fetch(
    config: &GitConfig,
    request: &FetchRequest,
    cancel: &Cancel,
) -> Result<Fetched, SourceError> {
    let now = Instant::now();
    let until = now.checked_add(request.timeout).unwrap_or(now + LONGEST);
    let remote = Remote::of(config, &request.url)?;
    let work = Work::new(&config.scratch, remote.any_owner)
        .map_err(|error| disk("make a work folder", error))?;
    if let Some(file) = &remote.writes {
        make_file(file).map_err(|error| disk("make the file of known hosts", error))?;
    }
    let git = Git {
        config,
        remote: &remote,
        work: &work,
        until,
        cancel,
    };
    let fetch = Fetch {
        git,
        request,
        limit: config.caps.bytes.saturating_mul(2),
    };
    let commit = fetch.obtain()?;
    let listing = fetch.listing(&commit)?;
    fetch.write_out(&commit)?;
    fetch.judge(&listing)?;
    if cancel.is_asked() {
        return Err(fetch.stopped(Stop::Cancelled));
    }
    work.hand_over(&request.into)
        .map_err(|error| disk("put the source in its place", error))?;
    let warnings = if listing.gitmodules {
        vec![text::stale_gitmodules()]
    } else {
        Vec::new()
    };
    Ok(Fetched {
        commit,
        bytes: listing.bytes,
        warnings,
    })
}

/// Git may write to this file, but make no other beside it.
fn make_file(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)
        .map(drop)
}

fn disk(what: &str, error: std::io::Error) -> SourceError {
    let what = if error.kind() == std::io::ErrorKind::StorageFull {
        text::DISK_FULL
    } else {
        what
    };
    SourceError::Other {
        what: what.to_owned(),
        source: error.into(),
    }
}

struct Fetch<'a> {
    git: Git<'a>,
    request: &'a FetchRequest,
    /// Bytes that may be transferred.
    limit: u64,
}

impl Fetch<'_> {
    fn stopped(&self, stop: Stop) -> SourceError {
        stopped(stop, self.request.timeout, self.limit)
    }

    /// Runs git; its end is told whatever it was.
    fn try_git(&self, args: &[&str], keep: usize) -> Result<(Ended, Vec<u8>), SourceError> {
        self.git.call(args, keep).map_err(|stop| self.stopped(stop))
    }

    /// Runs git where it has no reason to fail.
    fn git(&self, doing: &str, args: &[&str]) -> Result<(), SourceError> {
        let (ended, _) = self.try_git(args, 0)?;
        if ended.code == 0 {
            Ok(())
        } else {
            Err(unexpected(doing, &ended))
        }
    }

    /// Gets the commit that was asked for into the work repository.
    fn obtain(&self) -> Result<Commit, SourceError> {
        self.init("sha1")?;
        match self.search() {
            Err(Miss::OtherHashes) => {
                self.init("sha256")?;
                self.search().map_err(|miss| self.final_miss(miss))
            }
            other => other.map_err(|miss| self.final_miss(miss)),
        }
    }

    fn init(&self, hashes: &str) -> Result<(), SourceError> {
        let repo = self.git.work.repo();
        if repo.exists() {
            std::fs::remove_dir_all(&repo).map_err(|error| disk("clear the work folder", error))?;
        }
        self.git(
            "make a repository",
            &[
                "init",
                "--quiet",
                "--bare",
                &format!("--object-format={hashes}"),
            ],
        )
    }

    /// The name as the user gave it, for messages.
    fn wanted(&self) -> &str {
        match (&self.request.commit, &self.request.git_ref) {
            (Some(commit), _) => commit.as_str(),
            (None, Some(name)) => name.as_str(),
            (None, None) => "HEAD",
        }
    }

    fn search(&self) -> Result<Commit, Miss> {
        let wanted = self.wanted();
        match self.pull(&["--depth=1"], &[format!("+{wanted}:{TARGET}")]) {
            Ok(()) => Ok(self.resolve(TARGET)?),
            Err(Miss::NotShallow) if !is_hex(wanted) => {
                self.pull(&[], &[format!("+{wanted}:{TARGET}")])?;
                Ok(self.resolve(TARGET)?)
            }
            Err(Miss::NoRef | Miss::NotGivenOut | Miss::NotShallow) if is_hex(wanted) => {
                self.search_history(wanted)
            }
            Err(miss) => Err(miss),
        }
    }

    /// The whole history: the only way to a commit that the other side does not give out, or that was not named whole.
    fn search_history(&self, wanted: &str) -> Result<Commit, Miss> {
        let all = [
            "+refs/heads/*:refs/havre/heads/*".to_owned(),
            "+refs/tags/*:refs/havre/tags/*".to_owned(),
        ];
        self.pull(&["--update-shallow"], &all)?;
        let commit = self.resolve(wanted)?;
        if commit.as_str().starts_with(wanted) {
            Ok(commit)
        } else {
            Err(Miss::NoRef)
        }
    }

    fn pull(&self, options: &[&str], refs: &[String]) -> Result<(), Miss> {
        let mut args = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ];
        args.extend(["--no-auto-maintenance"].iter().chain(options));
        args.extend(["--", self.git.remote.address.as_str()]);
        args.extend(refs.iter().map(String::as_str));
        let (ended, _) = self.try_git(&args, 0)?;
        if ended.code == 0 {
            Ok(())
        } else {
            Err(explain(self.git.remote, &ended))
        }
    }

    fn resolve(&self, name: &str) -> Result<Commit, SourceError> {
        let peeled = format!("{name}^{{commit}}");
        let (ended, output) =
            self.try_git(&["rev-parse", "--verify", "--end-of-options", &peeled], 200)?;
        let commit = String::from_utf8_lossy(&output).trim().parse();
        match commit {
            Ok(commit) if ended.code == 0 => Ok(commit),
            _ if ended.stderr.contains("ambiguous") => {
                Err(text::ambiguous_commit(&self.request.url, name))
            }
            _ if name == TARGET => Err(text::not_a_commit(&self.request.url, self.wanted())),
            _ => Err(text::missing_ref(&self.request.url, name, &[])),
        }
    }

    /// The error when every way was tried.
    fn final_miss(&self, miss: Miss) -> SourceError {
        let url = &self.request.url;
        match miss {
            Miss::TooMuch => text::transfer_too_large(self.limit),
            Miss::Failed(error) => error,
            Miss::NoRef | Miss::NotGivenOut => self.missing(),
            Miss::NotShallow | Miss::OtherHashes => SourceError::Other {
                what: format!("fetch {url}"),
                source: "the host speaks a form of Git that cannot be fetched".into(),
            },
        }
    }

    /// Says what there is instead of what was asked for.
    fn missing(&self) -> SourceError {
        let url = &self.request.url;
        let list = [
            "ls-remote",
            "--heads",
            "--tags",
            "--refs",
            "--",
            self.git.remote.address.as_str(),
        ];
        let output = match self.try_git(&list, 64 * 1024) {
            Ok((ended, output)) if ended.code == 0 => output,
            Ok(_) => return text::missing_ref(url, self.wanted(), &[]),
            Err(error) => return error,
        };
        let output = String::from_utf8_lossy(&output);
        let names = output
            .lines()
            .filter_map(|line| line.split_once("\trefs/heads/"));
        let branches: Vec<String> = names
            .take(NAMED)
            .map(|(_, name)| shown(name.as_bytes()))
            .collect();
        match (&self.request.commit, &self.request.git_ref) {
            _ if output.is_empty() => text::empty(url),
            (None, None) => text::no_default_branch(url, &branches),
            _ => text::missing_ref(url, self.wanted(), &branches),
        }
    }

    /// Reads what the commit holds, and refuses what cannot be taken before any of it is written.
    fn listing(&self, commit: &Commit) -> Result<Listing, SourceError> {
        let mut listing = Listing::new(self.git.config.caps);
        let mut refused = None;
        let args = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit.as_str()];
        let ended = self
            .git
            .stream(&args, &mut |piece| match listing.take(piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    refused = Some(error);
                    ControlFlow::Break(())
                }
            });
        if let Some(error) = refused {
            return Err(error);
        }
        let ended = ended.map_err(|stop| self.stopped(stop))?;
        if ended.code != 0 {
            return Err(unexpected("list the commit", &ended));
        }
        match listing.submodules.as_slice() {
            [] => Ok(listing),
            paths => Err(text::submodules(paths)),
        }
    }

    /// Writes the tree as a checkout does: without filters, since none is configured, and through no link.
    fn write_out(&self, commit: &Commit) -> Result<(), SourceError> {
        let tree = format!("--work-tree={}", self.git.work.tree().display());
        let args = [
            &tree,
            "-c",
            "core.bare=false",
            "checkout",
            "--quiet",
            "--force",
            "--detach",
            commit.as_str(),
            "--",
        ];
        self.git("write the tree", &args)
    }

    /// Refuses what only the written tree shows.
    fn judge(&self, listing: &Listing) -> Result<(), SourceError> {
        let tree = self.git.work.tree();
        let target = |path: &PathBuf| Ok((path.clone(), std::fs::read_link(tree.join(path))?));
        let all: std::io::Result<BTreeMap<_, _>> = listing.links.iter().map(target).collect();
        let all = all.map_err(|error| disk("read the links of the tree", error))?;
        if let Some((path, target)) = links::first_out(&all) {
            use std::os::unix::ffi::OsStrExt;
            let show = |path: &std::path::Path| shown(path.as_os_str().as_bytes());
            return Err(text::link_out(&show(path), &show(target)));
        }
        match lfs::pointers(&tree, &listing.small).as_slice() {
            [] => Ok(()),
            paths => Err(text::lfs(paths)),
        }
    }
}

/// Could be a commit, whole or begun.
fn is_hex(name: &str) -> bool {
    (7..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
