//! One request on its way: the path is filled with parsed names only, the parameters with declared ones only.

use std::fmt::{Display, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{Asked, Error, Kind, Result};
use crate::names::{NodeName, SnapName, StorageId, Upid, Vmid, Volid};
use crate::route::{Route, Values, Verb};
use crate::text;

/// All but the unreserved characters. `;` parts parameters on the server, so it must not stay either.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A value that may stand in a path.
pub(crate) trait Segment: Display {}
impl Segment for NodeName {}
impl Segment for StorageId {}
impl Segment for Vmid {}
impl Segment for Volid {}
impl Segment for Upid {}
impl Segment for SnapName {}
impl Segment for u32 {}

/// A request. Not `Debug`: a value may be a secret.
#[derive(Clone)]
pub(crate) struct Call {
    route: &'static Route,
    path: String,
    params: Vec<(String, String)>,
    needs_nine: Option<String>,
    wants: Option<(String, &'static str)>,
    defect: Option<String>,
}

impl Call {
    pub(crate) fn new(route: &'static Route) -> Call {
        Call {
            route,
            path: route.path.to_owned(),
            params: Vec::new(),
            needs_nine: None,
            wants: None,
            defect: None,
        }
    }

    /// Fills the next place of the path.
    pub(crate) fn at(mut self, value: &impl Segment) -> Call {
        let place = self.path.find('{').zip(self.path.find('}'));
        match place {
            Some((from, to)) if from < to => self
                .path
                .replace_range(from..=to, &encoded(&value.to_string())),
            _ => self.defect = Some(self.path.clone()),
        }
        self
    }

    /// Sets a parameter. One that is not declared is found when the request is sent.
    pub(crate) fn set(mut self, name: &str, value: impl Display) -> Call {
        let mut text = String::new();
        // A list of options refuses to be written when a value would part it.
        let written = write!(text, "{value}").is_ok();
        let declared = self.route.param(name);
        let fits = declared.is_some_and(|param| match param.values {
            Values::OneOf(words) => words.contains(&text.as_str()),
            Values::Any | Values::Keys(_) => true,
        });
        if !fits || !written {
            self.defect = Some(name.to_owned());
        }
        if declared.is_some_and(|param| param.nine) {
            self.needs_nine = Some(name.to_owned());
        }
        self.params.push((name.to_owned(), text));
        self
    }

    pub(crate) fn maybe(self, name: &str, value: Option<impl Display>) -> Call {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Sets a flag as PVE writes it.
    pub(crate) fn flag(self, name: &str, value: bool) -> Call {
        self.set(name, u8::from(value))
    }

    pub(crate) fn maybe_flag(self, name: &str, value: Option<bool>) -> Call {
        self.maybe(name, value.map(u8::from))
    }

    /// What is lacking when the cluster refuses without saying what: it does so where one of several rights would do.
    pub(crate) fn wants(mut self, path: String, privilege: &'static str) -> Call {
        self.wants = Some((path, privilege));
        self
    }

    /// An error, with what only the request tells: the privilege that the cluster does not name, whose configuration was
    /// missed, and that a write may have been done when its good answer is not understood.
    pub(crate) fn explained(&self, error: Error) -> Error {
        let bare = error.reason().trim_end_matches('.') == "Permission check failed";
        let kind = match (error.kind(), &self.wants) {
            (Kind::MissingPrivilege { .. }, Some((path, privilege))) if bare => {
                Kind::MissingPrivilege {
                    path: path.clone(),
                    privileges: vec![(*privilege).to_owned()],
                }
            }
            (Kind::BadAnswer, _) if self.route.verb != Verb::Get && !error.nothing_done() => {
                Kind::Ambiguous
            }
            (kind, _) => kind.clone(),
        };
        error.with_kind(kind).about_guest(self.guest())
    }

    /// The guest that the path is about.
    fn guest(&self) -> Option<u32> {
        let mut parts = self.path.split('/');
        parts.find(|part| *part == "lxc" || *part == "qemu")?;
        parts.next()?.parse().ok()
    }

    pub(crate) fn route(&self) -> &'static Route {
        self.route
    }

    /// The option that only version 9 knows, when one is set.
    pub(crate) fn needs_nine(&self) -> Option<&str> {
        self.needs_nine.as_deref()
    }

    pub(crate) fn asked(&self) -> Asked {
        Asked {
            method: self.route.verb.name(),
            path: self.path.clone(),
        }
    }

    /// The path below `/api2/json`, with the query when parameters go there.
    pub(crate) fn target(&self) -> String {
        if self.route.verb.has_body() || self.params.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.form())
        }
    }

    /// The parameters as `application/x-www-form-urlencoded`.
    pub(crate) fn form(&self) -> String {
        let pairs: Vec<String> = self
            .params
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        pairs.join("&")
    }

    /// The parameters as they were set.
    pub(crate) fn params(&self) -> &[(String, String)] {
        &self.params
    }

    /// A request that is not in the table is a mistake of this program; it is never sent.
    pub(crate) fn check(&self) -> Result<()> {
        let open = self.path.contains('{').then(|| self.path.clone());
        match self.defect.clone().or(open) {
            None => Ok(()),
            Some(what) => {
                let why = text::not_declared(&what, self.route.verb.name(), self.route.path);
                Err(Error::new(Kind::BadParameters, why)
                    .with_nothing_done(true)
                    .with_asked(self.asked()))
            }
        }
    }
}

/// Percent-encoded for a path segment, a query or a form.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
