//! Query parameters.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};

use crate::error::ApiError;
use crate::text;

/// The parameters of a query; of a name given twice the last one counts. Unknown ones are ignored, as the original did.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of this address.
    pub fn of(uri: &Uri) -> Result<Self, ApiError> {
        match Query::<Vec<(String, String)>>::try_from_uri(uri) {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(_) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "bad_input",
                text::BAD_QUERY,
            )),
        }
    }

    /// True when a parameter is given, empty or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The parameters as they came.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Refuses these where they are given without a value.
    pub fn not_empty(&self, names: &[&'static str]) -> Result<(), ApiError> {
        let is_empty = |name: &&&str| self.has(name) && self.text(name).is_none();
        match names.iter().find(is_empty) {
            Some(name) => Err(ApiError::bad_input(name, text::is_empty(name))),
            None => Ok(()),
        }
    }

    /// The text of a parameter, of at most so many characters.
    pub fn bounded(&self, name: &'static str, most: usize) -> Result<Option<&str>, ApiError> {
        match self.text(name) {
            Some(given) if given.contains('\0') => {
                Err(ApiError::bad_input(name, text::holds_nul(name)))
            }
            Some(given) if given.chars().count() > most => {
                Err(ApiError::bad_input(name, text::too_long(name, most)))
            }
            given => Ok(given),
        }
    }

    /// The text of a parameter that is given and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A switch: `?wait`, `?wait=true`, `?wait=1`; false when it is left out.
    pub fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        if !self.has(name) {
            return Ok(false);
        }
        match self.text(name) {
            None | Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(_) => Err(ApiError::bad_input(name, text::must_be(name, text::FLAG))),
        }
    }

    /// A whole number within bounds.
    pub fn number(
        &self,
        name: &'static str,
        (low, high): (u64, u64),
    ) -> Result<Option<u64>, ApiError> {
        let Some(given) = self.text(name) else {
            return Ok(None);
        };
        match given.parse::<u64>() {
            Ok(number) if (low..=high).contains(&number) => Ok(Some(number)),
            _ => Err(ApiError::bad_input(
                name,
                text::must_be_between(name, low, high),
            )),
        }
    }

    /// Something that has a parser of its own.
    pub fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, ApiError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let parsed = self.text(name).map(str::parse).transpose();
        parsed.map_err(|error: T::Err| ApiError::bad_input(name, error.to_string()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Self::of(&parts.uri)
    }
}
