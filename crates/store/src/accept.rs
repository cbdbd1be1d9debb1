//! Taking what people ask for: deploys, changes, work, cancels. Each is one transaction.

mod cancel;
mod change;
mod deploy;
mod draft;
pub(crate) mod holder;
pub(crate) mod imports;
pub(crate) mod queue;
mod rollback;
mod work;

pub(crate) use cancel::cancel;
pub(crate) use change::change;
pub(crate) use deploy::deploy;
pub(crate) use work::{let_pass, work};
