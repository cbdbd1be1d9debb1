//! Only a shim: what the tests run again in place of the whole binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments
        .first()
        .is_none_or(|first| first != drivers::local::GUEST_COMMAND)
    {
        use std::io::Write;
        let said = writeln!(std::io::stdout(), "not a shim: {}", arguments.join(" "));
        return ExitCode::from(if said.is_ok() { 1 } else { 2 });
    }
    // Program and `__guest`.
    drivers::local::guest_main(std::env::args_os().skip(2))
}
