//! Finds requests that carry both `Content-Length` and `Transfer-Encoding`. The parser behind goes by the encoding and
//! drops the length without a word; that is safe, but such a request is an attack or broken, and is refused (RFC 9112,
//! 6.1). It looks at the bytes of heads only: after a head that announces a body it rests until the next request.

/// The longest header name that matters, with its colon.
const LINE: usize = b"transfer-encoding:".len();

/// Follows the heads of one connection.
#[derive(Default)]
pub struct HeadScan {
    resting: bool,
    length: bool,
    encoding: bool,
    /// The beginning of the current line.
    line: [u8; LINE],
    /// How long the current line is, without CR; counts no further than one past [`LINE`].
    filled: usize,
}

impl HeadScan {
    /// A new head begins with the next byte.
    pub fn restart(&mut self) {
        *self = Self::default();
    }

    /// True while it waits for [`restart`](Self::restart).
    pub fn is_resting(&self) -> bool {
        self.resting
    }

    /// Looks at what came in. True when a head with both headers ended in it.
    pub fn feed(&mut self, mut bytes: &[u8]) -> bool {
        while !self.resting {
            let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
                self.keep(bytes);
                return false;
            };
            self.keep(&bytes[..end]);
            bytes = &bytes[end + 1..];
            if self.end_line() {
                return true;
            }
        }
        false
    }

    fn keep(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().filter(|b| **b != b'\r').take(LINE + 1) {
            if let Some(place) = self.line.get_mut(self.filled) {
                *place = byte.to_ascii_lowercase();
            }
            self.filled = (self.filled + 1).min(LINE + 1);
        }
    }

    /// The current line is whole. True when it ended a head with both headers.
    fn end_line(&mut self) -> bool {
        let line = &self.line[..self.filled.min(LINE)];
        self.length |= line.starts_with(b"content-length:");
        self.encoding |= line.starts_with(b"transfer-encoding:");
        let head_ended = self.filled == 0;
        self.filled = 0;
        if head_ended {
            self.resting = self.length || self.encoding;
            return self.length && self.encoding;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const BOTH: &str =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\ntransfer-ENCODING: chunked\r\n\r\n";

    #[rstest]
    #[case(BOTH, true)]
    #[case(
        "POST / HTTP/1.1\nTransfer-Encoding:chunked\nContent-Length:3\n\n",
        true
    )]
    #[case("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", false)]
    #[case(
        "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nTransfer-Encoding: x\r\n\r\n",
        false
    )]
    #[case(
        "GET / HTTP/1.1\r\nX: transfer-encoding: content-length:\r\n\r\n",
        false
    )]
    fn both_in_one_head(#[case] bytes: &str, #[case] found: bool) {
        assert_eq!(HeadScan::default().feed(bytes.as_bytes()), found);
    }

    #[test]
    fn a_head_without_a_body_is_followed_by_the_next_head() {
        let mut scan = HeadScan::default();
        assert!(!scan.feed(b"GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\ncontent-length: 1\r\n"));
        assert!(scan.feed(b"transfer-encoding: chunked\r\n\r\n"));
        assert!(scan.is_resting());
        scan.restart();
        assert!(scan.feed(BOTH.as_bytes()));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(cuts in proptest::collection::vec(0..BOTH.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut scan = HeadScan::default();
            let mut from = 0;
            let mut found = false;
            for cut in cuts {
                found |= scan.feed(&BOTH.as_bytes()[from..cut]);
                from = cut;
            }
            found |= scan.feed(&BOTH.as_bytes()[from..]);
            prop_assert!(found);
        }
    }
}
