//! Static sites, served by Havre itself.

use domain::plan::{NotYet, Plan, Runtime, RuntimeNeed, Start};

use super::{Framework, shared};
use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;
use crate::index::{clean_path, join};
use crate::text;
use crate::view::View;

/// Folders that hold the site where the top does not.
const FOLDERS: [&str; 8] = [
    "public", "dist", "site", "www", "html", "_site", "out", "build",
];

pub(super) struct StaticSite;

impl Framework for StaticSite {
    fn info(&self) -> FrameworkInfo {
        FrameworkInfo::deployable("static", "Static site", "any", 8080)
    }

    fn evidence(&self, app: &App<'_>) -> Vec<Evidence> {
        let mut out = Vec::new();
        if app.view.has("Staticfile") {
            out.push(Evidence::new(60, text::has_file("Staticfile")));
        }
        if let Some(folder) = index_folder(&app.view) {
            out.push(Evidence::new(
                30,
                text::has_file(&join(folder, "index.html")),
            ));
        }
        out
    }

    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet> {
        let mut plan = shared::blank(&self.info(), app);
        let stated = staticfile(&app.view);
        let dir = match stated.root {
            Some(Ok(root)) => root,
            Some(Err(bad)) => return Err(text::bad_static_root(&bad)),
            None => index_folder(&app.view)
                .ok_or_else(|| text::no_index(app.view.root()))?
                .to_owned(),
        };
        plan.runtimes.push(RuntimeNeed {
            runtime: Runtime::Static,
            version: None,
            optional: None,
        });
        if app
            .node
            .as_ref()
            .is_some_and(|package| package.script("build").is_some())
        {
            shared::assets(&mut plan, app);
        }
        if dir.is_empty() && app.python.is_there() {
            plan.warnings.push(text::source_is_public());
        }
        let spa = stated.pushstate || falls_back(&app.view, &dir);
        plan.why.push(text::why_static(&dir, spa));
        plan.start = Start::Static { dir, spa };
        Ok(plan)
    }
}

/// The folder whose `index.html` is the site's.
fn index_folder(view: &View<'_>) -> Option<&'static str> {
    let mut folders = std::iter::once("").chain(FOLDERS);
    folders.find(|folder| view.has(&join(folder, "index.html")))
}

#[derive(Default)]
struct Staticfile {
    /// The folder it names, or the text that is no folder inside the app.
    root: Option<Result<String, String>>,
    pushstate: bool,
}

/// Cloud Foundry's `Staticfile`: `root: public`, `pushstate: enabled`.
fn staticfile(view: &View<'_>) -> Staticfile {
    let mut out = Staticfile::default();
    let content = view.read("Staticfile").unwrap_or_default();
    for line in content.lines().take(200) {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        match key.trim() {
            "root" if !value.is_empty() => {
                let inside =
                    clean_path(value).filter(|path| path.is_empty() || view.has_folder(path));
                out.root = Some(inside.ok_or_else(|| value.to_owned()));
            }
            "pushstate" => out.pushstate = value == "enabled",
            _ => {}
        }
    }
    out
}

/// Netlify's `_redirects` with `/* /index.html 200`: the site routes by itself.
fn falls_back(view: &View<'_>, dir: &str) -> bool {
    let content = view.read(&join(dir, "_redirects")).unwrap_or_default();
    content.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().take(3).collect();
        words == ["/*", "/index.html", "200"]
    })
}
