//! The terminal: data to stdout, everything else to stderr, colours only where someone looks.

use std::io::{self, IsTerminal, Write};

use console::Style;

use crate::exit::Fault;
use crate::text;

/// Where output goes. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// `--json`: stdout carries JSON and nothing else.
    pub json: bool,
}

impl Screen {
    /// A line of data to stdout.
    pub fn out(self, line: &str) -> Result<(), Fault> {
        let mut stdout = io::stdout().lock();
        let written = if console::colors_enabled() {
            writeln!(stdout, "{line}")
        } else {
            writeln!(stdout, "{}", console::strip_ansi_codes(line))
        };
        written
            .and_then(|()| stdout.flush())
            .map_err(|_| Fault::closed_pipe())
    }

    /// A line for people to stderr. A closed stderr is nobody's problem.
    pub fn say(self, line: &str) {
        let mut stderr = io::stderr().lock();
        let _ = if console::colors_enabled_stderr() {
            writeln!(stderr, "{line}")
        } else {
            writeln!(stderr, "{}", console::strip_ansi_codes(line))
        };
    }

    /// A warning to stderr.
    pub fn warn(self, line: &str) {
        let mark = Style::new()
            .for_stderr()
            .yellow()
            .apply_to(text::WARNING_MARK);
        self.say(&format!("{mark} {line}"));
    }

    /// A line of a build log, after a prefix: steps stand out.
    pub fn build_line(self, prefix: &str, line: &str) {
        if line.starts_with(text::STEP_MARK) {
            self.say(&format!("{prefix}{}", bold(line)));
        } else {
            self.say(&format!("{prefix}{line}"));
        }
    }

    /// The whole story of a fault: to stderr, and with `--json` as an API answer to stdout.
    pub fn fault(self, fault: &Fault) {
        if fault.is_silent() {
            return;
        }
        let red = Style::new().for_stderr().red().bold();
        self.say(&format!(
            "{} {}",
            red.apply_to(text::ERROR_MARK),
            fault.what
        ));
        for part in [&fault.why, &fault.cure].into_iter().flatten() {
            self.say(&indent(part));
        }
        if let Some(reference) = &fault.reference {
            self.say(&indent(&text::reference(reference)));
        }
        if self.json {
            let _ = self.out(&fault.as_json());
        }
    }

    /// True when a question can be asked and answered.
    pub fn can_ask(self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }
}

fn bold(line: &str) -> String {
    Style::new().for_stderr().bold().apply_to(line).to_string()
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| format!("       {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
