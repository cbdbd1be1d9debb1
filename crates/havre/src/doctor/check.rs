//! One thing that was looked at.

use serde::Serialize;

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Good.
    Ok,
    /// Something will not work, or less well; the rest does.
    Warn,
    /// Nothing can be deployed until it is mended.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub what: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

impl Check {
    /// It is good.
    pub fn ok(name: &'static str, what: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            what: what.into(),
            cure: None,
        }
    }

    /// It is less than good.
    pub fn warn(name: &'static str, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            state: State::Warn,
            cure: Some(cure.into()),
            ..Self::ok(name, what)
        }
    }

    /// It must be mended.
    pub fn fail(name: &'static str, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            state: State::Fail,
            ..Self::warn(name, what, cure)
        }
    }
}
