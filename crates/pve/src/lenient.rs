//! Decoding of what a Perl server answers: a flag may be `1`, `"1"` or `true`, a number may be text, a list may be null.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

/// A flag: `true`, a number that is not 0, or a text that Perl and PVE hold for true. Missing or null is false.
pub(crate) fn flag<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    Ok(truth(&Value::deserialize(input)?).unwrap_or(false))
}

/// As [`flag`], where "not told" matters.
pub(crate) fn maybe_flag<'de, D: Deserializer<'de>>(input: D) -> Result<Option<bool>, D::Error> {
    Ok(truth(&Value::deserialize(input)?))
}

/// A whole number, as a number or as text; anything else is `None`.
pub(crate) fn whole<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    Ok(as_whole(&Value::deserialize(input)?))
}

/// A number, as a number or as text; anything else is `None`.
pub(crate) fn number<'de, D: Deserializer<'de>>(input: D) -> Result<Option<f64>, D::Error> {
    let value = Value::deserialize(input)?;
    Ok(text_of(&value)
        .and_then(|text| text.trim().parse().ok())
        .filter(|n: &f64| n.is_finite()))
}

/// A text; numbers and flags become theirs. Missing or null is `None`.
pub(crate) fn text<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    Ok(text_of(&Value::deserialize(input)?))
}

/// As [`text`], empty when missing.
pub(crate) fn text_or_empty<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(text_of(&Value::deserialize(input)?).unwrap_or_default())
}

/// A name that must be there and must parse.
pub(crate) fn name<'de, D: Deserializer<'de>, T>(input: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let value = Value::deserialize(input)?;
    let text = text_of(&value).ok_or_else(|| D::Error::custom("a name is missing"))?;
    text.parse().map_err(D::Error::custom)
}

/// A name that may be missing; one that does not parse counts as missing, for it could not be used in a request anyway.
pub(crate) fn maybe_name<'de, D: Deserializer<'de>, T: FromStr>(
    input: D,
) -> Result<Option<T>, D::Error> {
    Ok(text_of(&Value::deserialize(input)?).and_then(|text| text.parse().ok()))
}

/// A list in which every row must be understood; null is the empty list.
pub(crate) fn rows<T: DeserializeOwned>(value: Value) -> Result<Vec<T>, serde_json::Error> {
    match value {
        Value::Null => Ok(Vec::new()),
        other => serde_json::from_value(other),
    }
}

/// A list of which the rows that are not understood are left out. Only for lists where a missing row means "not offered",
/// never for lists that prove that something is gone.
pub(crate) fn usable<T: DeserializeOwned>(value: Value) -> Result<Vec<T>, serde_json::Error> {
    let rows: Vec<Value> = rows(value)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| serde_json::from_value(row).ok())
        .collect())
}

/// A list inside an answer, under the rule of [`usable`].
pub(crate) fn inner<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    input: D,
) -> Result<Vec<T>, D::Error> {
    usable(Value::deserialize(input)?).or_else(|_| Ok(Vec::new()))
}

/// An object of plain values, each as text. What is nested is left out.
pub(crate) fn texts(value: &Value) -> BTreeMap<String, String> {
    let Some(object) = value.as_object() else {
        return BTreeMap::new();
    };
    object
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), text_of(value)?)))
        .collect()
}

/// The text of a plain value: flags are `1` and `0`, as PVE writes them.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => Some(word_is_true(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The words of PVE's `parse_boolean`; what is neither counts as false.
pub(crate) fn word_is_true(text: &str) -> bool {
    matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "1" | "on" | "yes" | "true"
    )
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole number in range"
)]
fn as_whole(value: &Value) -> Option<u64> {
    let text = text_of(value)?;
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        (0.0..9.0e15).contains(&number).then_some(number as u64)
    })
}
