//! Repositories to fetch from, and a fetcher.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::ports::{FetchRequest, Fetched, Source, SourceError};
use domain::{Commit, GitUrl};
use source::{Caps, GitConfig, GitSource, LocalGit};
use tempfile::TempDir;

/// A repository with a working folder.
pub struct Repo {
    folder: TempDir,
}

/// Git as a developer runs it, without what the machine's own configuration says.
pub fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    git.env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "Test")
            .env(format!("GIT_{who}_EMAIL"), "test@example.org");
        git.env(format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z");
    }
    git
}

pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Repo {
    pub fn empty() -> Self {
        Self::with_hashes("sha1")
    }

    pub fn with_hashes(hashes: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let format = format!("--object-format={hashes}");
        output(git(folder.path()).args(["init", "--quiet", "--initial-branch=main", &format, "."]));
        Self { folder }
    }

    /// One commit with these files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let repo = Self::empty();
        repo.write(files);
        repo.commit();
        repo
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            let file = self.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
    }

    pub fn link(&self, path: &str, target: &str) {
        let link = self.path().join(path);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, link).unwrap();
    }

    pub fn git(&self, args: &[&str]) -> String {
        output(git(self.path()).args(args))
    }

    /// Commits everything.
    pub fn commit(&self) -> Commit {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
        self.head()
    }

    pub fn head(&self) -> Commit {
        self.git(&["rev-parse", "HEAD"]).parse().unwrap()
    }

    /// Commits a tree that git itself would not make: entries as `git mktree` takes them, content given apart.
    pub fn commit_entries(&self, entries: &[(&str, &str, &[u8], &str)]) -> Commit {
        let mut list = Vec::new();
        for (mode, kind, name, content) in entries {
            let hash = match *kind {
                "blob" => self.feed(&["hash-object", "-w", "--stdin"], content.as_bytes()),
                _ => (*content).to_owned(),
            };
            list.extend_from_slice(format!("{mode} {kind} {hash}\t").as_bytes());
            list.extend_from_slice(name);
            list.push(0);
        }
        let tree = self.feed(&["mktree", "-z", "--missing"], &list);
        let commit = self.git(&["commit-tree", "-m", "x", &tree]);
        self.git(&["update-ref", "refs/heads/main", &commit]);
        commit.parse().unwrap()
    }

    pub fn feed(&self, args: &[&str], input: &[u8]) -> String {
        use std::io::Write;
        let mut child = git(self.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn url(&self) -> GitUrl {
        format!("file://{}", self.path().display()).parse().unwrap()
    }
}

/// A fetcher with a folder of its own.
pub struct Fetcher {
    pub folder: TempDir,
    pub source: GitSource,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::with(|_| {})
    }
}

impl Fetcher {
    pub fn with(change: impl FnOnce(&mut GitConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = GitConfig {
            local: LocalGit::Any,
            ..GitConfig::below(folder.path())
        };
        change(&mut config);
        Self {
            folder,
            source: GitSource::new(config),
        }
    }

    pub fn capped(caps: Caps) -> Self {
        Self::with(|config| config.caps = caps)
    }

    pub fn place(&self) -> PathBuf {
        self.folder.path().join("into")
    }

    pub fn request(&self, url: &GitUrl, git_ref: Option<&str>) -> FetchRequest {
        FetchRequest {
            url: url.clone(),
            git_ref: git_ref.map(|name| name.parse().unwrap()),
            commit: None,
            into: self.place(),
            timeout: Duration::from_secs(60),
        }
    }

    pub async fn fetch(&self, url: &GitUrl, git_ref: Option<&str>) -> Result<Fetched, SourceError> {
        let fetched = self.source.fetch(&self.request(url, git_ref)).await;
        self.assert_nothing_left();
        fetched
    }

    /// Fetches what must be refused, and gives the whole text.
    pub async fn refusal(&self, url: &GitUrl, git_ref: Option<&str>) -> String {
        let refused = self.fetch(url, git_ref).await;
        assert!(!self.place().exists(), "something was handed over");
        match refused {
            Err(SourceError::Refused { what, cure }) => format!("{what}. {cure}"),
            other => panic!("{other:?}"),
        }
    }

    /// No fetch left anything in the work folder.
    pub fn assert_nothing_left(&self) {
        let left = std::fs::read_dir(self.folder.path().join("fetching"));
        let left: Vec<_> = left
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// Every path below what was fetched, with its text; links as `-> TARGET`.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.place()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = path.symlink_metadata().unwrap();
                if kind.is_dir() {
                    open.push(path);
                    continue;
                }
                let text = if kind.is_symlink() {
                    format!("-> {}", path.read_link().unwrap().display())
                } else {
                    String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()
                };
                let name = path
                    .strip_prefix(self.place())
                    .unwrap()
                    .as_os_str()
                    .as_bytes();
                files.insert(OsStr::from_bytes(name).to_string_lossy().into_owned(), text);
            }
        }
        files
    }
}
