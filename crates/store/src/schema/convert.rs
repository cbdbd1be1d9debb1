//! What becomes of values when the type of their column changes, the same on every database.

use super::ColumnType;

/// What a change of type means for the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// The type stays.
    None,
    /// Every value fits as it is.
    Widening,
    /// Values that do not fit are in the way.
    Narrowing,
    /// Numbers become their digits, or digits become numbers; other text is in the way.
    Converting,
    /// The database does as it can: a type that Havre does not use.
    Unknown,
    /// There is no way from one to the other.
    Impossible,
}

impl Conversion {
    pub(crate) fn between(from: &ColumnType, to: &ColumnType) -> Self {
        if from == to {
            return Self::None;
        }
        if let (ColumnType::Other(_), _) | (_, ColumnType::Other(_)) = (from, to) {
            return Self::Unknown;
        }
        match (class(from), class(to)) {
            (Class::Text(from), Class::Text(to)) | (Class::Number(from), Class::Number(to)) => {
                if from <= to {
                    Self::Widening
                } else {
                    Self::Narrowing
                }
            }
            (Class::Text(_), Class::Number(_)) | (Class::Number(_), Class::Text(_)) => {
                Self::Converting
            }
            _ => Self::Impossible,
        }
    }

    /// True when values are changed, or may be.
    pub(crate) fn touches_values(self) -> bool {
        matches!(self, Self::Narrowing | Self::Converting | Self::Unknown)
    }
}

/// Types between which values can go, each with its room.
enum Class {
    Text(u64),
    Number(u64),
    Alone,
}

fn class(kind: &ColumnType) -> Class {
    match kind {
        ColumnType::Varchar(length) => Class::Text(u64::from(*length)),
        ColumnType::Text => Class::Text(1 << 32),
        ColumnType::LongText => Class::Text(1 << 33),
        ColumnType::Integer => Class::Number(32),
        ColumnType::BigInt => Class::Number(64),
        ColumnType::DateTime | ColumnType::Json | ColumnType::Other(_) => Class::Alone,
    }
}
