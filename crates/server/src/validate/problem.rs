//! One thing that is wrong with an input.

/// A problem: which field, and what is wrong with it in words for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub field: &'static str,
    /// What is wrong.
    pub text: String,
    /// What to do, where the words do not say it.
    pub cure: Option<String>,
}

impl Problem {
    pub(crate) fn new(field: &'static str, text: impl Into<String>) -> Self {
        Self {
            field,
            text: text.into(),
            cure: None,
        }
    }

    #[must_use]
    pub(crate) fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }
}
