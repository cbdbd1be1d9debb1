//! What `GET /api/frameworks` lists: the original's eight keys with its values, and what Havre adds.

use serde::Serialize;

use crate::frameworks::ALL;

/// One framework for people and for the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameworkInfo {
    /// The key that requests and plans use: `flask`.
    pub key: &'static str,
    /// The name for people: `Flask`.
    pub name: &'static str,
    /// The language: `python`, `nodejs`, `php`, or `any`.
    pub language: &'static str,
    /// The version that the original showed; empty for what it did not know.
    pub version: &'static str,
    /// The port given to the app in `PORT`.
    pub port: u16,
    /// How people install it; for display only.
    pub install_cmd: &'static str,
    /// False while Havre knows the framework and cannot run it yet.
    pub deployable: bool,
}

impl FrameworkInfo {
    /// A framework that Havre runs.
    pub(crate) const fn deployable(
        key: &'static str,
        name: &'static str,
        language: &'static str,
        port: u16,
    ) -> Self {
        Self {
            key,
            name,
            language,
            version: "",
            port,
            install_cmd: "",
            deployable: true,
        }
    }

    /// The same with the version and the install command that the original showed.
    pub(crate) const fn shown_as(mut self, version: &'static str, install: &'static str) -> Self {
        self.version = version;
        self.install_cmd = install;
        self
    }

    /// The same, known but not run yet.
    const fn later(mut self) -> Self {
        self.deployable = false;
        self
    }
}

/// The original's keys that no file of `frameworks/` serves yet.
const LATER: [FrameworkInfo; 4] = [
    FrameworkInfo::deployable("laravel", "Laravel", "php", 8000)
        .shown_as("10.x", "composer global require laravel/installer")
        .later(),
    FrameworkInfo::deployable("react", "React", "nodejs", 3000)
        .shown_as("18.x", "npx create-react-app")
        .later(),
    FrameworkInfo::deployable("vuejs", "Vue.js", "nodejs", 8080)
        .shown_as("3.x", "npm install -g @vue/cli")
        .later(),
    FrameworkInfo::deployable("nextjs", "Next.js", "nodejs", 3000)
        .shown_as("14.x", "npx create-next-app@latest")
        .later(),
];

/// Every framework that Havre knows, sorted by key, the deployable ones marked.
pub fn frameworks() -> Vec<FrameworkInfo> {
    let mut all: Vec<FrameworkInfo> = ALL.iter().map(|one| one.info()).collect();
    all.extend(LATER);
    all.sort_by_key(|info| info.key);
    all
}
