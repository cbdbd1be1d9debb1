//! Reading requests: path, query and body, each with an error in our own shape.

mod body;
mod fields;
mod key;
mod list;
mod params;
mod since;

pub(crate) use body::Body;
pub(crate) use fields::Fields;
pub(crate) use key::Key;
pub(crate) use list::Wanted;
pub(crate) use params::Params;
pub(crate) use since::since;
