//! Every sentence that detection says to a user, in one place: another language comes next.

mod labels;
mod refusals;
mod warnings;
mod why;
mod words;

pub(crate) use labels::*;
pub(crate) use refusals::*;
pub(crate) use warnings::*;
pub(crate) use why::*;
