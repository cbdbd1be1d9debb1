//! From a tree to a plan: which folder is the app, and what it is.

use domain::plan::{NotYet, Plan, Wishes};
use domain::tree::{EntryKind, SourceTree};

use crate::app::App;
use crate::catalogue;
use crate::config::{self, Config};
use crate::frameworks::{self, Framework};
use crate::index::{Index, clean_path, split};
use crate::judge::Judged;
use crate::python::modules::{ASIDE, MANIFESTS};
use crate::text;
use crate::view::View;

/// At most this many folders are judged.
const MAX_FOLDERS: usize = 40;
/// Apps lie at most this deep.
const MAX_DEPTH: usize = 3;

/// Files that make a folder worth judging, beside those that list dependencies.
const MARKS: [&str; 9] = [
    "Procfile",
    "havre.toml",
    "Staticfile",
    "index.html",
    "app.py",
    "main.py",
    "wsgi.py",
    "server.py",
    "asgi.py",
];

/// Decides what a tree is and how it is built, released and started.
///
/// # Errors
/// [`NotYet`] when nothing in it can be run, when it cannot be told which of several apps is meant, or when `havre.toml`
/// or a wish is wrong. Its message, what was looked for and the cure are for the user as they are.
pub fn detect(tree: &dyn SourceTree, wishes: &Wishes) -> Result<Plan, NotYet> {
    let index = Index::of(tree, "");
    let finder = Finder {
        tree,
        index: &index,
        wish: known_or_none(wishes.framework.as_deref())?,
        top: config_of(&View::new(tree, &index, ""))?.unwrap_or_default(),
    };
    let stated = match &wishes.root {
        Some(root) => Some(clean_path(root).ok_or_else(|| text::bad_root(root))?),
        None => finder.top.root.clone(),
    };
    let mut plan = match stated {
        Some(root) => finder.at(&root)?,
        None => finder.anywhere()?,
    };
    if index.cut {
        plan.warnings.push(text::tree_is_cut());
    }
    Ok(plan)
}

/// The framework wished for; an empty wish is none.
fn known_or_none(key: Option<&str>) -> Result<Option<&'static dyn Framework>, NotYet> {
    let key = key.map(str::trim).filter(|key| !key.is_empty());
    key.map(known).transpose()
}

/// The framework of a key, in any case. Known and not run yet is another answer than unknown.
fn known(key: &str) -> Result<&'static dyn Framework, NotYet> {
    let key = key.trim().to_ascii_lowercase();
    let key = match key.as_str() {
        "nodejs" => "node",
        other => other,
    };
    if let Some(found) = frameworks::ALL.iter().find(|one| one.info().key == key) {
        return Ok(*found);
    }
    let all = catalogue::frameworks();
    let runs: Vec<&str> = all
        .iter()
        .filter(|info| info.deployable)
        .map(|info| info.key)
        .collect();
    Err(match all.iter().find(|info| info.key == key) {
        Some(later) => text::wish_later(later.name, &runs),
        None => text::wish_unknown(key, &runs),
    })
}

fn config_of(view: &View<'_>) -> Result<Option<Config>, NotYet> {
    match view.read(config::FILE) {
        Some(content) => Config::parse(&content).map(Some),
        None if view.has(config::FILE) => Err(text::unreadable_config()),
        None => Ok(None),
    }
}

struct Finder<'a> {
    tree: &'a dyn SourceTree,
    index: &'a Index,
    wish: Option<&'static dyn Framework>,
    top: Config,
}

impl<'a> Finder<'a> {
    /// The app in a folder that was named.
    fn at(&self, root: &str) -> Result<Plan, NotYet> {
        if !root.is_empty() && !View::new(self.tree, self.index, "").has_folder(root) {
            return Err(text::no_such_root(root));
        }
        // The index reaches only so deep from the top; a chosen folder is looked at from itself.
        let index = Index::of(self.tree, root);
        let judged = self.judge_by(&index, root)?;
        judged.plan(self.wish_for(&judged)?)
    }

    /// The app at the top, else the one below it, when only one can be meant.
    fn anywhere(&self) -> Result<Plan, NotYet> {
        let top = self.judge("")?;
        let wish = self.wish_for(&top)?;
        let found_at_top = match wish {
            Some(wish) => top.candidate(wish.info().key).is_some(),
            None => top.is_app(),
        };
        if found_at_top {
            return top.plan(wish);
        }
        let below = self.below(&top, wish)?;
        match below.as_slice() {
            [] => top.plan(wish),
            [one] if top.best().is_none() || wish.is_some() => self.only(&top, one),
            several => Err(text::several_apps(top.best().map(|_| &top), several)),
        }
    }

    fn only(&self, top: &Judged<'_>, one: &Judged<'_>) -> Result<Plan, NotYet> {
        let mut plan = self.at(one.app.view.root())?;
        plan.why.push(text::why_root(&plan.root));
        if let Some(sign) = top.signs.first() {
            plan.warnings.push(text::top_not_run(sign.title));
        }
        Ok(plan)
    }

    /// Apps below the top: those that clearly are one, else, where the top says nothing, those that might be.
    fn below(
        &self,
        top: &Judged<'_>,
        wish: Option<&'static dyn Framework>,
    ) -> Result<Vec<Judged<'a>>, NotYet> {
        let mut found: Vec<Judged<'a>> = Vec::new();
        for folder in self.folders() {
            let judged = self.judge(folder)?;
            let fits = match wish {
                Some(wish) => judged.candidate(wish.info().key).is_some(),
                None => judged.best().is_some(),
            };
            if fits {
                found.push(judged);
            }
        }
        let top_says = top.best().is_some() || !top.signs.is_empty();
        if found.iter().any(Judged::is_app) || (top_says && wish.is_none()) {
            found.retain(Judged::is_app);
        }
        let roots: Vec<&str> = found.iter().map(|one| one.app.view.root()).collect();
        let is_inner = |root: &str| {
            roots.iter().any(|outer| {
                root.strip_prefix(outer)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
        };
        let keep: Vec<bool> = roots.iter().map(|root| !is_inner(root)).collect();
        let mut keep = keep.into_iter();
        found.retain(|_| keep.next().unwrap_or(true));
        Ok(found)
    }

    /// The folders below the top that hold a file that says something.
    fn folders(&self) -> Vec<&'a str> {
        let mut out: Vec<&'a str> = Vec::new();
        for (path, kind) in self.index.below("") {
            let (folder, name) = split(path);
            let said = MANIFESTS.contains(&name) || MARKS.contains(&name);
            let aside = folder.split('/').any(|part| ASIDE.contains(&part));
            let depth = folder.split('/').count();
            if kind == EntryKind::File && said && !aside && !folder.is_empty() && depth <= MAX_DEPTH
            {
                out.push(folder);
            }
        }
        out.sort_by_key(|folder| (folder.matches('/').count(), *folder));
        out.dedup();
        out.truncate(MAX_FOLDERS);
        out
    }

    fn judge(&self, root: &'a str) -> Result<Judged<'a>, NotYet> {
        self.judge_by(self.index, root)
    }

    fn judge_by<'r>(&self, index: &'r Index, root: &'r str) -> Result<Judged<'r>, NotYet>
    where
        'a: 'r,
    {
        let view = View::new(self.tree, index, root);
        let own = if root.is_empty() {
            None
        } else {
            config_of(&view)?
        };
        // What havre.toml at the top says of one folder is not said of another.
        let meant = self.top.root.as_deref().is_none_or(|meant| meant == root);
        let config = own.unwrap_or_else(|| {
            if meant {
                self.top.clone()
            } else {
                Config::default()
            }
        });
        Ok(Judged::of(App::read(view, config)))
    }

    /// The user's choice, else that of `havre.toml`.
    fn wish_for(&self, judged: &Judged<'_>) -> Result<Option<&'static dyn Framework>, NotYet> {
        match (self.wish, &judged.app.config.framework) {
            (Some(wish), _) => Ok(Some(wish)),
            (None, key) => known_or_none(key.as_deref()),
        }
    }
}
