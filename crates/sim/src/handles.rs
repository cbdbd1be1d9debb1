//! Handles that tell apps and repositories how to be.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use domain::guest::AppState;
use domain::{Commit, GitUrl};

use crate::hub::Hub;
use crate::repo::{HEAD, Repo};
use crate::script::{Answer, AppScript, Dies, End, Ending, SCRIPT_FILE};

/// The apps of one host label, whatever their release. What is told here holds at once and wins over what a commit says.
pub struct AppHandle<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) label: &'a str,
}

impl AppHandle<'_> {
    /// Changes the script.
    pub fn script(self, change: impl FnOnce(&mut AppScript)) -> Self {
        self.hub
            .state(|state| change(state.scripts.entry(self.label.to_owned()).or_default()));
        self
    }

    /// Behaves as each commit says again.
    pub fn as_committed(self) -> Self {
        self.hub.state(|state| state.scripts.remove(self.label));
        self
    }

    /// Refuses the first n probes after every start.
    pub fn healthy_after(self, probes: u32) -> Self {
        self.script(|script| script.refused_first = probes)
    }

    /// Never listens.
    pub fn never_healthy(self) -> Self {
        self.script(|script| script.listens = Some(Vec::new()))
    }

    /// Listens here instead of where it was told.
    pub fn listens_on(self, socket: SocketAddr) -> Self {
        self.script(|script| script.listens = Some(vec![socket]))
    }

    /// Answers with this status.
    pub fn answers(self, status: u16, body: &str) -> Self {
        self.script(|script| {
            script.answer = Answer::Http {
                status,
                body: body.to_owned(),
            }
        })
    }

    /// Takes connections and says nothing.
    pub fn is_silent(self) -> Self {
        self.script(|script| script.answer = Answer::Silent)
    }

    /// Exits at every start.
    pub fn dies(self, code: i32) -> Self {
        self.script(|script| script.dies = Dies::AtStart(code))
    }

    /// Exits when asked for the n-th time after every start.
    pub fn dies_when_asked(self, nth: u32) -> Self {
        self.script(|script| script.dies = Dies::WhenAsked(nth))
    }

    /// Every command in a build guest ends so.
    pub fn build_fails(self, code: i32, lines: &[&str]) -> Self {
        self.build_ends(End::Code(code), lines)
    }

    /// Every command in a build guest ends so.
    pub fn build_ends(self, end: End, lines: &[&str]) -> Self {
        self.script(|script| script.build = ending(end, lines))
    }

    /// Every command in a serving guest (the release command) ends so.
    pub fn release_command_ends(self, end: End, lines: &[&str]) -> Self {
        self.script(|script| script.release = ending(end, lines))
    }

    /// Builds write the value of these variables into the artifact.
    pub fn bakes(self, names: &[&str]) -> Self {
        self.script(|script| script.bakes = names.iter().map(|&name| name.to_owned()).collect())
    }

    /// Writes these files below its folder at every start.
    pub fn writes_files(self, paths: &[&str]) -> Self {
        self.script(|script| script.writes = paths.iter().map(|&path| path.to_owned()).collect())
    }

    /// Every running app of the label crashes now.
    pub fn crashes_now(self) -> Self {
        let now = self.hub.time.now();
        self.each_running(|guest| guest.crash("signal 11", now))
    }

    /// Every running app of the label crashes past the bound now and stays down.
    pub fn crash_loops_now(self) -> Self {
        self.each_running(|guest| {
            guest.app = AppState::Down {
                last_exit: "exit code 1".into(),
                crash_loop: true,
            };
        })
    }

    /// Every running app of the label prints a line.
    pub fn prints(self, line: &str) -> Self {
        let now = self.hub.time.now();
        self.each_running(|guest| guest.say(line, now))
    }

    fn each_running(self, mut change: impl FnMut(&mut crate::state::Guest)) -> Self {
        self.hub.state(|state| {
            let of_label = state
                .guests
                .values_mut()
                .filter(|guest| guest.spec.label.as_str() == self.label);
            of_label
                .filter(|guest| matches!(guest.app, AppState::Running { .. }))
                .for_each(&mut change);
        });
        self
    }
}

fn ending(end: End, lines: &[&str]) -> Ending {
    Ending {
        end,
        lines: lines.iter().map(|&line| line.to_owned()).collect(),
        files: Vec::new(),
    }
}

/// A repository.
pub struct RepoHandle<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) url: GitUrl,
}

impl RepoHandle<'_> {
    fn change<T>(&self, change: impl FnOnce(&mut Repo) -> T) -> T {
        self.hub
            .state(|state| change(state.repos.entry(self.url.as_str().to_owned()).or_default()))
    }

    /// Adds a commit with exactly these files to the default branch.
    pub fn commit(self, files: &[(&str, &str)]) -> Self {
        self.commit_on(HEAD, files)
    }

    /// Adds a commit to a branch.
    pub fn commit_on(self, branch: &str, files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|&(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        self.change(|repo| repo.commit(branch, files));
        self
    }

    /// Adds a commit to the default branch whose app behaves so, wherever its guest has no script by label.
    pub fn commit_app(self, files: &[(&str, &str)], script: &AppScript) -> Self {
        let text = serde_json::to_string(script).unwrap_or_default();
        let mut all: BTreeMap<String, String> = BTreeMap::from([(SCRIPT_FILE.to_owned(), text)]);
        all.extend(
            files
                .iter()
                .map(|&(path, text)| (path.to_owned(), text.to_owned())),
        );
        self.change(|repo| repo.commit(HEAD, all));
        self
    }

    /// Names the newest commit by a tag or another branch.
    pub fn name(self, name: &str) -> Self {
        self.change(|repo| {
            let newest = repo.commits.len().saturating_sub(1);
            repo.refs.insert(name.to_owned(), newest);
        });
        self
    }

    /// The newest commit of the default branch.
    pub fn head(&self) -> Option<Commit> {
        self.change(|repo| repo.find(HEAD).map(|(commit, _)| commit.clone()))
    }

    /// The server does not admit this URL.
    pub fn not_admitted(self) -> Self {
        self.hub
            .state(|state| state.not_admitted.insert(self.url.as_str().to_owned()));
        self
    }

    /// Its URL.
    pub fn url(&self) -> GitUrl {
        self.url.clone()
    }
}
