//! Exit codes: part of the interface, scripts rely on them.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// What was asked is done.
    Done = 0,
    /// The app failed: its source, its build, or it never became healthy.
    AppFailed = 1,
    /// The input is wrong.
    BadInput = 2,
    /// There is no such deployment or release.
    NotFound = 3,
    /// Refused, or it needs `--yes`.
    Refused = 4,
    /// The server does not answer.
    Unreachable = 5,
    /// Havre's own fault, or its machine's.
    Platform = 6,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not do what was asked: what happened, what it means, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Fault {
    /// The exit code.
    pub exit: Exit,
    /// What happened; empty when there is nothing to say (a closed pipe).
    pub what: String,
    /// What it means, or the likely cause.
    pub why: Option<Box<str>>,
    /// What to do.
    pub cure: Option<Box<str>>,
    /// Stands in the server's log beside the technical cause.
    pub reference: Option<Box<str>>,
    /// The API's own answer, for `--json`.
    pub answer: Option<Box<str>>,
}

impl Fault {
    /// A fault that says only what happened.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            why: None,
            cure: None,
            reference: None,
            answer: None,
        }
    }

    /// Nobody reads our output any more: end without a word, as other tools do.
    pub fn closed_pipe() -> Self {
        Self::new(Exit::Done, "")
    }

    /// Adds what it means.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into().into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into().into());
        self
    }

    /// True when there is nothing to print.
    pub fn is_silent(&self) -> bool {
        self.what.is_empty()
    }

    /// As the API would say it, for `--json` where the fault is not the API's own.
    pub fn as_json(&self) -> String {
        if let Some(answer) = &self.answer {
            return answer.to_string();
        }
        let body = api::ErrorAnswer {
            success: false,
            error: Some(self.what.clone()),
            details: self.details(),
            code: Some(self.code().to_owned()),
            reference: self.reference.as_deref().map(str::to_owned),
            ..api::ErrorAnswer::default()
        };
        serde_json::to_string_pretty(&body).unwrap_or_default()
    }

    fn details(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.why, &self.cure]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    fn code(&self) -> &'static str {
        match self.exit {
            Exit::Done => "done",
            Exit::AppFailed => "app_failed",
            Exit::BadInput => "bad_input",
            Exit::NotFound => "not_found",
            Exit::Refused => "refused",
            Exit::Unreachable => "unreachable",
            Exit::Platform => "platform",
            Exit::Interrupted => "interrupted",
        }
    }
}

/// What a command gives.
pub type Outcome = Result<Exit, Fault>;
