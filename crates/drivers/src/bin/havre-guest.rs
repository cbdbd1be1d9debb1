//! Only a shim: what the tests run again in place of the whole binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Program and `__guest`.
    drivers::local::guest_main(std::env::args_os().skip(2))
}
