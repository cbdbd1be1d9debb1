//! Sentences that stand in the logs of apps.

/// Ends a line that was too long.
pub const CUT_LINE: &str = " [cut: the line is longer than 16 KiB]";

/// Stands where lines are missing because the disk was full.
pub fn lines_lost(count: u64) -> String {
    format!(
        "[havre] {count} lines of this log were lost: they could not be written, the disk may be full"
    )
}
