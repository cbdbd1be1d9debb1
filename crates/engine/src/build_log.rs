//! The output of a release on its way: `-----> Step` lines and the indented output of its commands.

/// One line of a build log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildLine {
    /// Its number, from 1; a listener resumes after the last one it saw.
    pub number: u64,
    /// The text, already masked.
    pub text: String,
}
