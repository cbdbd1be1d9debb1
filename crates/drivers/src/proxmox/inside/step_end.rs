//! What the guest tells of a step that ended. Pure.

use domain::guest::ExecEnd;
use domain::ports::DriverError;

use crate::text::guest::IN_USE;
use crate::text::inside as text;

/// Less than this on the disk, in KiB, and the disk counts as full.
const FULL: u64 = 1024;

/// What came of a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The command ended like this.
    Ended(ExecEnd),
    /// The guest lacks the program that enters launches.
    NoEnter,
}

/// Reads it. `no_space` says that the command complained about a full disk itself.
pub fn read(told: &str, no_space: bool) -> Result<Verdict, DriverError> {
    let what = "run a command";
    let trouble = told.lines().find_map(|line| line.strip_prefix("trouble "));
    match trouble.map(|words| words.split(' ').next().unwrap_or_default()) {
        Some("no-enter") => return Ok(Verdict::NoEnter),
        Some("in-use") => return Err(DriverError::other(what, IN_USE)),
        Some("replaced") => return Err(DriverError::Transient(text::REPLACED.into())),
        Some(_) => return Err(text::odd_answer(what, told)),
        None => {}
    }
    if !told.lines().any(|line| line == "end") {
        return Err(DriverError::Transient(text::ENDED_FROM_OUTSIDE.into()));
    }
    let end = end(told)?;
    let room = value(told, "room ").and_then(|room| room.trim().parse::<u64>().ok());
    let full = no_space || room.is_some_and(|room| room < FULL);
    Ok(Verdict::Ended(match end {
        ExecEnd::Code(1..) if full => ExecEnd::OutOfDisk,
        end => end,
    }))
}

fn end(told: &str) -> Result<ExecEnd, DriverError> {
    let run = value(told, "run ");
    let number = |name: &str| value(told, name).and_then(|text| text.parse::<i32>().ok());
    // A unit that ended well is forgotten at once, and its last word is all there is.
    if run == Some("0") {
        return Ok(ExecEnd::Code(0));
    }
    if value(told, "LoadState=") == Some("not-found") {
        return Err(DriverError::Transient(text::ENDED_FROM_OUTSIDE.into()));
    }
    let status = number("ExecMainStatus=");
    let end = match (value(told, "Result="), number("ExecMainCode=")) {
        (Some("timeout"), _) => Some(ExecEnd::TimedOut),
        (Some("oom-kill"), _) => Some(ExecEnd::OutOfMemory),
        _ if value(told, "Starved=").is_some() => Some(ExecEnd::OutOfMemory),
        // CLD_EXITED, CLD_KILLED, CLD_DUMPED of waitid(2).
        (_, Some(1)) => status.map(ExecEnd::Code),
        (_, Some(2 | 3)) => status.map(ExecEnd::Signal),
        _ => None,
    };
    end.ok_or_else(|| text::odd_answer("run a command", told))
}

fn value<'a>(told: &'a str, name: &str) -> Option<&'a str> {
    told.lines().find_map(|line| line.strip_prefix(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn told(run: &str, load: &str, result: &str, code: i32, status: i32, room: u64) -> String {
        format!(
            "run {run}\nResult={result}\nExecMainCode={code}\nExecMainStatus={status}\nLoadState={load}\nroom  {room}\nend\n"
        )
    }

    /// What systemd 252 answered in a container.
    #[rstest]
    #[case("0", "not-found", "success", 0, 0, ExecEnd::Code(0))]
    #[case("3", "loaded", "exit-code", 1, 3, ExecEnd::Code(3))]
    #[case("127", "loaded", "exit-code", 1, 127, ExecEnd::Code(127))]
    #[case("255", "loaded", "signal", 2, 15, ExecEnd::Signal(15))]
    #[case("255", "loaded", "core-dump", 3, 11, ExecEnd::Signal(11))]
    #[case("1", "loaded", "timeout", 2, 9, ExecEnd::TimedOut)]
    #[case("1", "loaded", "oom-kill", 2, 9, ExecEnd::OutOfMemory)]
    fn an_end_is_read(
        #[case] run: &str,
        #[case] load: &str,
        #[case] result: &str,
        #[case] code: i32,
        #[case] status: i32,
        #[case] end: ExecEnd,
    ) {
        let said = told(run, load, result, code, status, 1 << 20);
        assert_eq!(read(&said, false).unwrap(), Verdict::Ended(end));
    }

    #[test]
    fn a_failure_on_a_full_disk_is_the_disks() {
        let full = told("1", "loaded", "exit-code", 1, 1, 12);
        assert_eq!(
            read(&full, false).unwrap(),
            Verdict::Ended(ExecEnd::OutOfDisk)
        );
        let said_so = told("1", "loaded", "exit-code", 1, 1, 1 << 20);
        assert_eq!(
            read(&said_so, true).unwrap(),
            Verdict::Ended(ExecEnd::OutOfDisk)
        );
        let well = told("0", "not-found", "success", 0, 0, 12);
        assert_eq!(read(&well, true).unwrap(), Verdict::Ended(ExecEnd::Code(0)));
    }

    #[test]
    fn what_did_not_end_by_itself_is_no_end() {
        assert_eq!(read("trouble no-enter\n", false).unwrap(), Verdict::NoEnter);
        for passing in ["", "run 255\n", "run 255\ntrouble replaced\n"] {
            assert!(
                matches!(read(passing, false), Err(DriverError::Transient(_))),
                "{passing:?}"
            );
        }
        let gone = told("255", "not-found", "success", 0, 0, 1 << 20);
        assert!(matches!(read(&gone, false), Err(DriverError::Transient(_))));
        let used = read("trouble in-use havre-app.service\n", false).unwrap_err();
        let DriverError::Other { source, .. } = used else {
            panic!("{used:?}")
        };
        assert_eq!(source.to_string(), IN_USE);
    }
}
