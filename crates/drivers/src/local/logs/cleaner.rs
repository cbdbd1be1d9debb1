//! Turns the bytes of a program into lines that are safe to store, to send and to print.

use crate::text::logs as text;

/// The longest line kept, in bytes of UTF-8, the mark of a cut line included.
pub const MAX_LINE: usize = 16 * 1024;

/// The longest colour sequence kept; a longer one is no colour.
const MAX_SGR: usize = 64;

/// Bytes in, lines out: cut at [`MAX_LINE`], invalid UTF-8 replaced, control sequences except colours removed, of what a
/// carriage return overwrites only the last kept. The same bytes give the same lines however they are cut into chunks,
/// and no input makes it hold more than one line.
#[derive(Debug, Default)]
pub struct LineCleaner {
    line: Vec<u8>,
    state: State,
    sgr: Vec<u8>,
    /// Length of the line when a carriage return came: what is before it goes once something visible follows.
    overwrite: Option<usize>,
    cut: bool,
    started: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate byte: the next final byte ends it.
    EscapeIntermediate,
    /// After ESC `[`.
    Csi,
    /// A CSI that is too long to be a colour.
    CsiIgnored,
    /// An OSC, DCS, SOS, PM or APC text: ends at BEL or ST.
    Text,
    /// ESC inside such a text: `\` ends it.
    TextEscape,
}

impl LineCleaner {
    /// Takes a chunk and calls `emit` for each line that it ends.
    pub fn push(&mut self, mut bytes: &[u8], emit: &mut dyn FnMut(String)) {
        while let Some((&byte, rest)) = bytes.split_first() {
            self.started = true;
            if self.state == State::Ground && is_visible(byte) {
                // Nearly everything is this; taken in one piece, since builds print a lot.
                let end = bytes
                    .iter()
                    .position(|byte| !is_visible(*byte))
                    .unwrap_or(bytes.len());
                self.apply_overwrite();
                self.keep_some(&bytes[..end]);
                bytes = &bytes[end..];
                continue;
            }
            if byte == b'\n' {
                // Whatever sequence is open: a line end ends it, or one stray ESC would swallow the rest of the log.
                self.state = State::Ground;
                emit(self.take_line());
            } else {
                self.step(byte);
            }
            bytes = rest;
        }
    }

    /// Emits what came after the last line end, if anything came.
    pub fn end(&mut self, emit: &mut dyn FnMut(String)) {
        if self.started {
            self.state = State::Ground;
            emit(self.take_line());
        }
    }

    fn step(&mut self, byte: u8) {
        self.state = match self.state {
            State::Ground => self.ground(byte),
            State::Escape => self.escape(byte),
            State::EscapeIntermediate => match byte {
                0x20..=0x2f => State::EscapeIntermediate,
                0x30..=0x7e => State::Ground,
                _ => self.ground(byte),
            },
            State::Csi => self.csi(byte),
            State::CsiIgnored => match byte {
                0x20..=0x3f => State::CsiIgnored,
                0x40..=0x7e => State::Ground,
                _ => self.ground(byte),
            },
            State::Text => match byte {
                0x07 => State::Ground,
                0x1b => State::TextEscape,
                _ => State::Text,
            },
            State::TextEscape if byte == b'\\' => State::Ground,
            State::TextEscape => self.escape(byte),
        };
    }

    fn ground(&mut self, byte: u8) -> State {
        match byte {
            0x1b => return State::Escape,
            b'\r' => self.overwrite = self.overwrite.or(Some(self.line.len())),
            _ if is_visible(byte) => {
                self.apply_overwrite();
                self.keep_some(&[byte]);
            }
            _ => {}
        }
        State::Ground
    }

    fn escape(&mut self, byte: u8) -> State {
        match byte {
            b'[' => {
                self.sgr.clear();
                State::Csi
            }
            b']' | b'P' | b'X' | b'^' | b'_' => State::Text,
            0x20..=0x2f => State::EscapeIntermediate,
            0x30..=0x7e => State::Ground,
            _ => self.ground(byte),
        }
    }

    fn csi(&mut self, byte: u8) -> State {
        match byte {
            b'0'..=b'9' | b';' | b':' if self.sgr.len() < MAX_SGR => {
                self.sgr.push(byte);
                State::Csi
            }
            b'm' => {
                let sequence = [b"\x1b[".as_slice(), &self.sgr, b"m"].concat();
                self.keep_whole(&sequence);
                State::Ground
            }
            0x20..=0x3f => State::CsiIgnored,
            0x40..=0x7e => State::Ground,
            _ => self.ground(byte),
        }
    }

    fn apply_overwrite(&mut self) {
        if let Some(length) = self.overwrite.take() {
            self.line.drain(..length);
            self.cut = false;
        }
    }

    /// Keeps as much as fits.
    fn keep_some(&mut self, bytes: &[u8]) {
        let room = (MAX_LINE - self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
        self.cut |= room < bytes.len();
    }

    /// Keeps all or nothing.
    fn keep_whole(&mut self, bytes: &[u8]) {
        if self.line.len() + bytes.len() <= MAX_LINE {
            self.line.extend_from_slice(bytes);
        } else {
            self.cut = true;
        }
    }

    fn take_line(&mut self) -> String {
        let mut bytes = std::mem::take(&mut self.line);
        if self.cut {
            bytes.truncate(whole_characters(&bytes));
        }
        let mut line = String::from_utf8_lossy(&bytes).into_owned();
        // The 8-bit controls of C1 are two bytes in UTF-8; some terminals obey them.
        line.retain(|c| !('\u{80}'..='\u{9f}').contains(&c));
        if self.cut || line.len() > MAX_LINE {
            mark_as_cut(&mut line);
        }
        self.cut = false;
        self.overwrite = None;
        self.started = false;
        line
    }
}

/// What is kept of plain text: everything but controls.
fn is_visible(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x20..=0x7e | 0x80..)
}

/// The length of `bytes` without a character that the cut left incomplete at its end.
fn whole_characters(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let lead = (tail..bytes.len())
        .rev()
        .find(|&at| bytes[at] & 0xc0 != 0x80);
    let width = |lead: u8| match lead {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    match lead {
        Some(at) if at + width(bytes[at]) > bytes.len() => at,
        _ => bytes.len(),
    }
}

fn mark_as_cut(line: &mut String) {
    let mark = if line.contains('\x1b') {
        format!("\x1b[0m{}", text::CUT_LINE)
    } else {
        text::CUT_LINE.to_owned()
    };
    let mut at = (MAX_LINE - mark.len()).min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    // A colour cut in its middle would print its rest as text, or eat the mark.
    if let Some(escape) = line[..at]
        .rfind('\x1b')
        .filter(|&escape| !line[escape..at].contains('m'))
    {
        at = escape;
    }
    line.truncate(at);
    line.push_str(&mark);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn lines_of(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut cleaner = LineCleaner::default();
        for chunk in chunks {
            cleaner.push(chunk, &mut |line| lines.push(line));
        }
        cleaner.end(&mut |line| lines.push(line));
        lines
    }

    #[rstest]
    #[case(b"a\nb\n", &["a", "b"])]
    #[case(b"a\r\n\r\nb", &["a", "", "b"])]
    #[case(b"", &[])]
    #[case(b"10%\r50%\r100%\n", &["100%"])]
    #[case(b"100%\r\x1b[K\n", &["100%"])]
    #[case(b"old\r\x1b[32mnew\x1b[0m\n", &["\x1b[32mnew\x1b[0m"])]
    #[case(b"done\r\x1b[0m\n", &["done\x1b[0m"])]
    #[case(b"\x1b[1;31mred\x1b[0m \x1b[2Jx\x1b[?25l\n", &["\x1b[1;31mred\x1b[0m x"])]
    #[case(b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\n", &["ab"])]
    #[case(b"\x1b]0;never ends\nnext\n", &["", "next"])]
    #[case(b"\x1bPdcs\x1b\\\x1b(Bz\x08\x00\x7f\n", &["z"])]
    #[case(b"tab\tkept \xff\xfe \xc3\xa9\n", &["tab\tkept \u{fffd}\u{fffd} é"])]
    #[case("c1 \u{9b}31m\n".as_bytes(), &["c1 31m"])]
    fn lines(#[case] bytes: &[u8], #[case] expected: &[&str]) {
        assert_eq!(lines_of(&[bytes]), expected);
    }

    #[test]
    fn a_long_line_is_cut_with_a_mark_between_characters() {
        let long = "é".repeat(MAX_LINE);
        let lines = lines_of(&[long.as_bytes(), b"\nnext\n"]);
        assert!(lines[0].len() <= MAX_LINE && lines[0].len() > MAX_LINE - 40);
        assert!(lines[0].ends_with(text::CUT_LINE) && !lines[0].contains('\u{fffd}'));
        assert_eq!(lines[1], "next");
    }

    #[test]
    fn a_gigabyte_without_a_line_end_holds_one_line() {
        let mut cleaner = LineCleaner::default();
        for _ in 0..1024 {
            cleaner.push(&[b'x'; 4096], &mut |_| panic!("no line has ended"));
        }
        assert!(cleaner.line.capacity() <= 2 * MAX_LINE);
    }

    fn nasty() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<u8>().prop_map(|b| vec![b]),
            proptest::sample::select(vec![
                "\r",
                "\n",
                "\r\n",
                "\x1b[31m",
                "\x1b[",
                "\x1b]0;t\x07",
                "\x1b\\",
                "é",
                "x",
                "\u{9b}"
            ])
            .prop_map(|s| s.as_bytes().to_vec()),
            Just(vec![b'y'; 9000]),
            Just(vec![0xff; 9000]),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn chunking_changes_nothing(bytes in nasty(), cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..8)) {
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let chunks: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(lines_of(&chunks), lines_of(&[&bytes]));
        }

        #[test]
        fn lines_are_bounded_and_hold_only_colours(bytes in nasty()) {
            for line in lines_of(&[&bytes]) {
                prop_assert!(line.len() <= MAX_LINE);
                for (at, c) in line.char_indices().filter(|(_, c)| c.is_control() && *c != '\t') {
                    prop_assert_eq!(c, '\x1b');
                    let rest = &line[at + 1..];
                    prop_assert!(rest.starts_with('[') && rest.trim_start_matches(['[', ';', ':', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).starts_with('m'));
                }
            }
        }
    }
}
