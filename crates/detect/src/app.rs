//! Everything that is read of one folder, once, for all frameworks to judge.

use crate::config::Config;
use crate::node::Package;
use crate::procfile::{self, Procfile};
use crate::python::Python;
use crate::view::View;

/// A folder that may be an app.
pub(crate) struct App<'a> {
    /// Its files.
    pub(crate) view: View<'a>,
    /// Its Python part.
    pub(crate) python: Python,
    /// Its Node part.
    pub(crate) node: Option<Package>,
    /// Its Procfile.
    pub(crate) procfile: Option<Procfile>,
    /// What `havre.toml` says.
    pub(crate) config: Config,
}

impl<'a> App<'a> {
    /// Reads a folder.
    pub(crate) fn read(view: View<'a>, config: Config) -> Self {
        Self {
            view,
            python: Python::read(&view),
            node: Package::read(&view),
            procfile: procfile::read(&view),
            config,
        }
    }

    /// The line that its people start it with: `havre.toml`, then the Procfile, with the file that says so.
    pub(crate) fn stated_start(&self) -> Option<(&str, &'static str)> {
        let stated = self
            .config
            .start
            .as_deref()
            .map(|line| (line, crate::config::FILE));
        let web = self
            .procfile
            .as_ref()
            .and_then(|procfile| procfile.web.as_deref());
        stated.or(web.map(|line| (line, "Procfile")))
    }
}
