//! A progress bar on stderr, where somebody looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use store::admin::Phase;

use crate::text;

/// A bar of rows. Not a terminal: nothing is drawn.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for this work; `total` is not always known.
    pub fn new(what: &'static str, total: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(text::PROGRESS);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// So many of so many are done.
    pub fn at(&self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(done);
    }

    /// The same, of a backup or a restore.
    pub fn phase(&self, now: store::admin::Progress) {
        self.0.set_message(match now.phase {
            Phase::Saving => text::DB_SAVING,
            Phase::Checking => text::DB_CHECKING,
            Phase::Loading => text::DB_LOADING,
            Phase::Indexing => text::DB_INDEXING,
        });
        self.at(now.done, Some(now.total));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
