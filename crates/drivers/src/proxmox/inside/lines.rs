//! What a command says, as lines.

use domain::ports::{LineSink, OutLine};

use crate::local::shared::{LineCleaner, masked};

/// The words of every C library for a full disk, and those of Node.
const NO_SPACE: [&str; 2] = ["No space left on device", "ENOSPC"];

/// Bytes in, clean lines with masked credentials out.
pub struct Lines<'a> {
    cleaner: LineCleaner,
    mask: &'a [String],
    sink: LineSink<'a>,
    /// Something said that a disk is full.
    pub no_space: bool,
}

impl<'a> Lines<'a> {
    /// Lines for this sink.
    pub fn new(mask: &'a [String], sink: LineSink<'a>) -> Self {
        Self {
            cleaner: LineCleaner::default(),
            mask,
            sink,
            no_space: false,
        }
    }

    /// Takes output as it came.
    pub fn push(&mut self, bytes: &[u8]) {
        let (mask, sink, no_space) = (self.mask, self.sink, &mut self.no_space);
        self.cleaner
            .push(bytes, &mut |text| emit(text, mask, sink, no_space));
    }

    /// There is no more.
    pub fn end(&mut self) {
        let (mask, sink, no_space) = (self.mask, self.sink, &mut self.no_space);
        self.cleaner
            .end(&mut |text| emit(text, mask, sink, no_space));
    }
}

fn emit(text: String, mask: &[String], sink: LineSink<'_>, no_space: &mut bool) {
    *no_space |= NO_SPACE.iter().any(|words| text.contains(words));
    sink(OutLine {
        text: masked(text, mask),
    });
}
