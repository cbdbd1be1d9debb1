//! `havre db init`.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use store::admin::{
    Access, SchemaKind, UpgradeOptions, UpgradeReport, original_elsewhere, state, upgrade,
};

use super::show;
use super::subject::Subject;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// Makes the database, or brings Havre's own up to date. What the original made is left to `upgrade`.
pub async fn init(screen: Screen) -> Outcome {
    let subject = Subject::to_change(screen)?;
    if subject.is_served_and_current().await? {
        return served(screen);
    }
    if let Some(file) = subject.target.file().and_then(original_elsewhere) {
        let fault = Fault::new(Exit::Refused, text::db_only_elsewhere(&file));
        return Err(fault.cure(text::DB_UPGRADE_FIRST));
    }
    make_own_folder(&subject)?;
    let mut admin = subject.open(Access::Alone).await?;
    let before = state(&mut admin, None).await?;
    if let SchemaKind::Original(model) = before.kind {
        let what = text::db_init_original(model);
        return Err(Fault::new(Exit::Refused, what).cure(text::DB_UPGRADE_FIRST));
    }
    let report = upgrade(&mut admin, &UpgradeOptions::default()).await?;
    admin.close().await?;
    if screen.json {
        screen.out(&show::report_json(&report))?;
        return Ok(Exit::Done);
    }
    show::report(screen, &report);
    screen.out(&text::db_init(before.version, report.to))?;
    Ok(Exit::Done)
}

/// A server has it, so it is made and up to date.
pub fn served(screen: Screen) -> Outcome {
    match screen.json {
        true => screen.out(&show::report_json(&UpgradeReport::default()))?,
        false => screen.out(text::DB_SERVED)?,
    }
    Ok(Exit::Done)
}

/// The data folder is Havre's to make; any other one is the user's.
fn make_own_folder(subject: &Subject) -> Result<(), Fault> {
    let own = subject.target.file().and_then(Path::parent) == Some(subject.data_dir.as_path());
    if !own {
        return Ok(());
    }
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&subject.data_dir);
    made.map_err(|error| {
        let what = text::data_dir_broken(&subject.data_dir, &error.to_string());
        Fault::new(Exit::BadInput, what).cure(text::data_dir_cure(&subject.data_dir))
    })
}
