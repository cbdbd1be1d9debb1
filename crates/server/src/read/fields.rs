//! Reading a JSON object field by field, noting what is wrong instead of stopping at it. `null` is as good as left out.

use serde_json::{Map, Value};

use crate::text;
use crate::validate::Problem;

/// The fields of an object and the problems found so far.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    pub problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub fn new(map: &'a Map<String, Value>) -> Self {
        Self {
            map,
            problems: Vec::new(),
        }
    }

    /// Notes a problem.
    pub fn wrong(&mut self, field: &'static str, text: impl Into<String>) {
        self.problems.push(Problem::new(field, text));
    }

    /// A field that is there.
    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    /// A text of at most `most` characters; an empty one is as good as left out.
    pub fn text(&mut self, field: &'static str, most: usize) -> Option<&'a str> {
        match self.get(field)? {
            Value::String(given) if given.is_empty() => None,
            Value::String(given) if given.chars().count() <= most => Some(given),
            Value::String(_) => {
                self.wrong(field, text::too_long(field, most));
                None
            }
            _ => {
                self.wrong(field, text::must_be(field, text::TEXT));
                None
            }
        }
    }

    /// A text that has a parser of its own.
    pub fn parsed<T>(&mut self, field: &'static str, most: usize) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let given = self.text(field, most)?;
        match given.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(field, error.to_string());
                None
            }
        }
    }

    /// A switch; false when it is left out.
    pub fn flag(&mut self, field: &'static str) -> bool {
        match self.get(field) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.wrong(field, text::must_be(field, text::FLAG));
                false
            }
        }
    }

    /// An object.
    pub fn object(&mut self, field: &'static str) -> Option<&'a Map<String, Value>> {
        match self.get(field)? {
            Value::Object(map) => Some(map),
            _ => {
                self.wrong(field, text::must_be(field, text::OBJECT));
                None
            }
        }
    }

    /// A whole number within bounds; `shown` names it to the user.
    pub fn number(
        &mut self,
        field: &'static str,
        shown: &'static str,
        (low, high): (u64, u64),
    ) -> Option<u64> {
        let given = self.get(field)?;
        match given.as_u64() {
            Some(number) if (low..=high).contains(&number) => Some(number),
            _ => {
                self.wrong(shown, text::must_be_between(shown, low, high));
                None
            }
        }
    }
}
