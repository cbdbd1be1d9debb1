//! What a request may be: a method, a path and the parameters that are declared for it. Nothing else can be sent.

use reqwest::Method;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
        }
    }

    pub(crate) fn method(self) -> Method {
        match self {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
            Verb::Delete => Method::DELETE,
        }
    }

    /// Whether parameters go in the body. A body on the others is refused with 501.
    pub(crate) fn has_body(self) -> bool {
        matches!(self, Verb::Post | Verb::Put)
    }
}

/// The values of a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Values {
    /// Any that its type writes.
    Any,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of options under these keys. The types that write it keep to them, which tests see to.
    Keys(
        #[cfg_attr(
            not(test),
            expect(dead_code, reason = "read by the test against the schemas")
        )]
        &'static [Key],
    ),
}

/// A key in a list of options, with its words when it has only these.
pub(crate) type Key = (&'static str, &'static [&'static str]);

/// A parameter; `net[n]` stands for `net0`, `net1` and so on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) values: Values,
    /// Only sent to version 9 and later.
    pub(crate) nine: bool,
}

impl Param {
    pub(crate) fn is(&self, name: &str) -> bool {
        match self.name.strip_suffix("[n]") {
            Some(stem) => name
                .strip_prefix(stem)
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())),
            None => self.name == name,
        }
    }
}

/// A request that the client can make.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) verb: Verb,
    pub(crate) path: &'static str,
    /// Groups of parameters, beside those in the path.
    pub(crate) takes: &'static [&'static [Param]],
}

impl Route {
    pub(crate) fn param(&self, name: &str) -> Option<&'static Param> {
        self.takes
            .iter()
            .flat_map(|group| group.iter())
            .find(|param| param.is(name))
    }
}

pub(crate) const fn any(name: &'static str) -> Param {
    Param {
        name,
        values: Values::Any,
        nine: false,
    }
}

pub(crate) const fn nine(name: &'static str) -> Param {
    Param {
        name,
        values: Values::Any,
        nine: true,
    }
}

pub(crate) const fn one_of(name: &'static str, words: &'static [&'static str]) -> Param {
    Param {
        name,
        values: Values::OneOf(words),
        nine: false,
    }
}

pub(crate) const fn keys(name: &'static str, keys: &'static [Key]) -> Param {
    Param {
        name,
        values: Values::Keys(keys),
        nine: false,
    }
}
