//! Statements whose parts depend on what is asked.

use super::{Query, Value};

/// A statement that grows.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    text: String,
    values: Vec<Value>,
}

impl Builder {
    /// Begins with this text.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// More text; never anything from outside.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A value.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.text.push('?');
        self.values.push(value.into());
        self
    }

    /// Text in which every `?` is this one value.
    pub(crate) fn push_with(&mut self, text: &str, value: &str) -> &mut Self {
        self.text.push_str(text);
        let times = text.matches('?').count();
        let values = std::iter::repeat_n(Value::from(value), times);
        self.values.extend(values);
        self
    }

    /// Another one behind this one.
    pub(crate) fn append(&mut self, other: Self) -> &mut Self {
        self.text.push_str(&other.text);
        self.values.extend(other.values);
        self
    }

    /// The text so far.
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The statement.
    pub(crate) fn build(self) -> Query {
        Query::with(self.text, self.values)
    }
}

impl FromIterator<Builder> for Builder {
    fn from_iter<T: IntoIterator<Item = Builder>>(parts: T) -> Self {
        let mut all = Self::new("");
        for part in parts {
            all.append(part);
        }
        all
    }
}
