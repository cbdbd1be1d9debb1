//! The examples are carried in the binary: it is built again when they change.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(b"cargo::rerun-if-changed=../../examples\n")
}
