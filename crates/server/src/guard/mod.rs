//! What every request passes before a handler sees it, and what every answer gets on its way out.

mod bounds;
mod content;
mod headers;
mod host;
mod origin;
mod panic;
mod trace;

pub(crate) use bounds::bounds;
pub(crate) use content::content;
pub(crate) use headers::headers;
pub(crate) use host::{KnownHosts, host};
pub(crate) use origin::origin;
pub(crate) use panic::OnPanic;
pub(crate) use trace::trace;
