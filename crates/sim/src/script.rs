//! How a simulated app behaves.

use std::net::SocketAddr;

use domain::guest::ExecEnd;
use serde::{Deserialize, Serialize};

/// The file at the top of a repository that says how the app of that commit behaves: an [`AppScript`] in JSON.
pub const SCRIPT_FILE: &str = "sim.json";

/// How an app behaves. The default builds, starts and answers 200 at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AppScript {
    /// So many probes find nothing listening before the app answers.
    pub refused_first: u32,
    /// What it answers then.
    pub answer: Answer,
    /// When it exits by itself.
    pub dies: Dies,
    /// Where it listens instead of the port it was told; some and empty: nowhere.
    pub listens: Option<Vec<SocketAddr>>,
    /// How commands end in a build guest.
    pub build: Ending,
    /// How commands end in a serving guest.
    pub release: Ending,
    /// Variables whose value a build writes into the artifact.
    pub bakes: Vec<String>,
    /// Files that it writes below its folder once it runs.
    pub writes: Vec<String>,
}

/// What an app answers to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// An HTTP answer.
    Http {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// It takes the connection and says nothing.
    Silent,
    /// Something that is not HTTP.
    NotHttp(String),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Http {
            status: 200,
            body: "hello".into(),
        }
    }
}

/// When an app exits by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dies {
    /// It does not.
    #[default]
    Never,
    /// At every start, with this exit code.
    AtStart(i32),
    /// When it is asked for the n-th time, counted from 1, after every start.
    WhenAsked(u32),
}

/// How a command ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ending {
    /// How.
    pub end: End,
    /// What it prints.
    pub lines: Vec<String>,
    /// Files that it writes below the app's folder, with their text.
    pub files: Vec<(String, String)>,
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// An exit code.
    Code(i32),
    /// A signal.
    Signal(i32),
    /// The memory limit.
    OutOfMemory,
    /// The disk limit.
    OutOfDisk,
    /// Not by itself: it runs into its time-out, by the simulated clock.
    Hangs,
}

impl Default for End {
    fn default() -> Self {
        Self::Code(0)
    }
}

impl End {
    /// As the driver tells it; a command that hangs ends by its time-out.
    pub(crate) fn told(self) -> ExecEnd {
        match self {
            Self::Code(code) => ExecEnd::Code(code),
            Self::Signal(signal) => ExecEnd::Signal(signal),
            Self::OutOfMemory => ExecEnd::OutOfMemory,
            Self::OutOfDisk => ExecEnd::OutOfDisk,
            Self::Hangs => ExecEnd::TimedOut,
        }
    }
}
