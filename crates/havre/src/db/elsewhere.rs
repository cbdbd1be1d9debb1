//! The original's database where Flask put it: `instance/deployments.db` for `sqlite:///deployments.db`.

use std::path::Path;

use store::admin::{Access, Admin, copy_file};

use super::subject::Subject;
use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::serve::system_clock;
use crate::text;

/// Copies it to where `DATABASE_URL` says, whole, and leaves it as it is.
pub async fn bring(
    screen: Screen,
    file: &Path,
    subject: &Subject,
    dry_run: bool,
) -> Result<(), Fault> {
    screen.say(&text::db_found_elsewhere(file));
    let Some(to) = subject.target.file().filter(|_| !dry_run) else {
        let cure = text::db_elsewhere_cure(file);
        return Err(Fault::new(Exit::NotFound, text::DB_DRY_ELSEWHERE).cure(cure));
    };
    let from = store::DatabaseTarget::Sqlite(file.to_owned());
    let mut admin = Admin::open(&from, Access::Look, system_clock()).await?;
    copy_file(&mut admin, to).await?;
    admin.close().await?;
    Ok(())
}
