//! Findings while they are gathered: listed up to a bound, all of them counted.

use super::{CheckKind, CheckReport, Checked, Finding};

/// The longest text of somebody else that is shown, in characters.
const LONGEST: usize = 100;

pub(super) struct Findings {
    report: CheckReport,
    most: usize,
}

impl Findings {
    pub(super) fn new(most: usize) -> Self {
        let all = CheckKind::ALL.map(|what| Checked {
            what,
            looked: false,
            findings: 0,
        });
        Self {
            report: CheckReport {
                checks: all.into(),
                ..CheckReport::default()
            },
            most,
        }
    }

    /// What follows belongs to this one.
    pub(super) fn begin(&mut self, what: CheckKind) {
        // It goes to the end of those that were looked at.
        let checks = &mut self.report.checks;
        if let Some(found) = checks.iter_mut().find(|check| check.what == what) {
            found.looked = true;
        }
    }

    pub(super) fn error(
        &mut self,
        table: Option<&str>,
        row: Option<String>,
        column: Option<&str>,
        problem: String,
    ) {
        self.report.errors += 1;
        self.add(true, table, row, column, problem);
    }

    pub(super) fn warning(
        &mut self,
        table: Option<&str>,
        row: Option<String>,
        column: Option<&str>,
        problem: String,
    ) {
        self.report.warnings += 1;
        self.add(false, table, row, column, problem);
    }

    /// Findings of a table that are counted and not listed one by one.
    pub(super) fn more_errors(&mut self, count: u64) {
        self.report.errors += count;
        if let Some(check) = self.now() {
            check.findings += count;
        }
    }

    /// How many more can be listed.
    pub(super) fn room(&self) -> usize {
        self.most - self.report.findings.len()
    }

    fn now(&mut self) -> Option<&mut Checked> {
        self.report.checks.iter_mut().rfind(|check| check.looked)
    }

    fn add(
        &mut self,
        is_error: bool,
        table: Option<&str>,
        row: Option<String>,
        column: Option<&str>,
        problem: String,
    ) {
        let Some(check) = self.now() else { return };
        check.findings += 1;
        let what = check.what;
        if self.room() > 0 {
            self.report.findings.push(Finding {
                what,
                is_error,
                table: table.map(str::to_owned),
                row: row.map(|row| shown(&row)),
                column: column.map(str::to_owned),
                problem,
            });
        }
    }

    pub(super) fn report(self) -> CheckReport {
        self.report
    }
}

/// Text of somebody else as it can be shown on a terminal: without control characters, and not too long.
pub(super) fn shown(text: &str) -> String {
    let clean = |letter: char| {
        if letter.is_control() {
            '\u{fffd}'
        } else {
            letter
        }
    };
    let mut shown: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_some_are_listed() {
        let mut findings = Findings::new(2);
        findings.begin(CheckKind::Integrity);
        findings.begin(CheckKind::Rows);
        for number in 0..5 {
            findings.error(
                Some("deployments"),
                Some(number.to_string()),
                None,
                "x".into(),
            );
        }
        findings.begin(CheckKind::Labels);
        findings.warning(None, None, None, "y".into());
        let report = findings.report();
        assert_eq!(
            (report.errors, report.warnings, report.findings.len()),
            (5, 1, 2)
        );
        let counted: Vec<u64> = report.checks.iter().map(|check| check.findings).collect();
        assert_eq!(counted, [0, 0, 0, 5, 1, 0]);
        assert!(!report.is_clean());
    }

    #[test]
    fn what_is_shown_is_short_and_harmless() {
        assert_eq!(shown("a\x1b[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(shown(&"é".repeat(100)), "é".repeat(100));
        assert_eq!(shown(&"é".repeat(101)), format!("{}…", "é".repeat(100)));
    }
}
