//! The reading thread: the checked file once more, in blocks that are ready to be loaded.

use std::path::Path;

use tokio::sync::mpsc;

use super::RestoreError;
use super::check::{Checked, is_check};
use crate::admin::keys::CHECK;
use crate::admin::verify::Opened;
use crate::dialect::{Dialect, bulk};
use crate::portable::Block;

/// What the reading thread says.
pub(super) enum Message {
    Rows(Block),
    /// That was all, and the file is the one that was checked.
    End,
}

/// How the rows are wanted.
pub(super) struct Wanted {
    pub(super) dialect: Dialect,
    /// Without the word by which the database knows its key: the next server that opens it gives it its own.
    pub(super) without_check: bool,
}

/// Sends all rows; ends early when nobody listens any more. Blocks.
pub(super) fn read(
    path: &Path,
    checked: &Checked,
    wanted: &Wanted,
    outbox: &mpsc::Sender<Message>,
) -> Result<(), RestoreError> {
    let mut backup = Opened::open(path)?;
    if *backup.reader.header() != checked.header {
        return Err(RestoreError::FileChanged);
    }
    while let Some(mut block) = backup.next_block()? {
        let table = &checked.header.tables[block.table];
        for row in block.values.chunks_mut(block.width) {
            for (value, column) in row.iter_mut().zip(&table.columns) {
                let carried = bulk::carry(wanted.dialect, &column.kind, value);
                carried.map_err(|_| RestoreError::FileChanged)?;
            }
        }
        if wanted.without_check && table.name == CHECK.0 {
            forget_check(
                &mut block,
                table.columns.iter().position(|it| it.name == CHECK.1),
            );
        }
        if outbox.blocking_send(Message::Rows(block)).is_err() {
            return Ok(());
        }
    }
    if backup.written()? != checked.written {
        return Err(RestoreError::FileChanged);
    }
    // Nobody listens: then it was not needed.
    drop(outbox.blocking_send(Message::End));
    Ok(())
}

fn forget_check(block: &mut Block, name: Option<usize>) {
    let Some(name) = name else { return };
    let kept = block
        .values
        .chunks(block.width)
        .filter(|row| !is_check(&row[name]));
    block.values = kept.flatten().cloned().collect();
}
