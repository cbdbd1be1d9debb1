//! The format of a backup: one file that holds a whole database, reads the same on every database that Havre knows, and
//! shows any damage. Pure: bytes in, bytes out; who reads and writes rows is [`crate::admin`].
//!
//! # Layout
//!
//! The file is a chain of gzip members, so `zcat FILE` prints it as text: JSON, one value a line, UTF-8.
//!
//! ```text
//! {"havre_backup":{"format":1,"made_by":"0.2.0","made_at":"2026-11-22T23:05:09.120000Z","source":"sqlite",
//!   "schema":[{"version":1,"name":"first_light","checksum":"…"}],"keys":["1f2e3d4c"],
//!   "tables":[{"name":"deployments","columns":[{"name":"id","type":"varchar(36)"},…],"rows":2,"sequence":null},…]}}
//! {"block":{"table":"deployments","first":0,"rows":2}}
//! ["7a0f0c9e-6c57-4f0e-9d5a-0d6f9d2f4b11","shop",…,"2026-11-22 08:30:38.672045",null,…]
//! ["…
//! {"end":{"bytes":8123,"sha256":"…"}}
//! ```
//!
//! - The first member is the line `havre_backup`: what made it, the applied migrations, which keys sealed values name, and
//!   the tables in the order in which they follow, with columns, exact number of rows and, where a column counts up by
//!   itself, the last number that it gave.
//! - Then members of blocks: a line `block` (table, number of its first row, number of rows), then a line per row: an array
//!   with a value per column. At most [`MAX_BLOCK_ROWS`] rows and [`MAX_ROW`] bytes per row. Tables without rows have none.
//! - The last member is the line `end`: how many bytes come before this member, and their SHA-256. It is not compressed,
//!   and nothing follows it.
//!
//! Values: `null`; whole numbers; text as a string; times as text, `YYYY-MM-DD HH:MM:SS.ffffff`, UTC; JSON as the text that
//! was stored. What only SQLite holds keeps its kind: `{"real":"1.5"}`, `{"blob":"base64"}`, and `{"text":"base64"}` for
//! text that is not UTF-8.
//!
//! # Why it shows any damage
//!
//! Every member has a CRC-32 of its text, so a bad block is found before its rows are used. The SHA-256 covers every byte
//! before the last member, and the last member has one form only: the reader writes it again and compares. So a bit that
//! flipped anywhere, a missing tail and appended bytes are all found. It protects against accidents; against somebody who
//! may write the file nothing is signed.

mod error;
mod header;
mod lines;
mod member;
mod reader;
#[cfg(test)]
mod tests;
mod value;
mod writer;

pub use error::{Broken, CannotWrite};
pub use header::{Header, Migration, PortableColumn, PortableTable};
pub use reader::{Block, Reader};
pub use value::Value;
pub use writer::{Writer, Written};

/// The version of the format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;
/// The largest row, in bytes of its line.
pub const MAX_ROW: usize = 16 << 20;
/// How many rows a block holds at most.
pub const MAX_BLOCK_ROWS: usize = 2000;
/// A block is closed once its text is this long.
const FULL_BLOCK: usize = 256 << 10;
/// So no member's text is longer than this.
const MAX_TEXT: usize = FULL_BLOCK + MAX_ROW + 1024;
/// How many tables, and columns of one table, a backup may name.
const MAX_NAMES: usize = 100;
