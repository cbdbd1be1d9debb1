//! `havre db migrate`.

use serde_json::json;
use store::admin::{Access, MigrateOptions, MigrateReport, migrate as write};

use super::subject::Subject;
use crate::cli::MigrateArgs;
use crate::exit::{Exit, Outcome};
use crate::screen::Screen;
use crate::text;

/// Writes what leads from the live schema to the model of this program.
pub async fn migrate(screen: Screen, args: MigrateArgs) -> Outcome {
    let subject = Subject::read()?;
    let mut admin = subject.open(Access::Look).await?;
    let options = MigrateOptions {
        message: args.message,
        dir: args.dir,
        working_folder: subject.folder,
    };
    let report = write(&mut admin, &options).await?;
    admin.close().await?;
    match report {
        MigrateReport::NoChanges => none(screen),
        MigrateReport::Written {
            file,
            dir,
            steps,
            loses,
            loses_back,
        } => {
            if screen.json {
                let body = json!({"success": true, "changes": true, "file": file, "steps": steps,
                    "loses": loses, "loses_back": loses_back});
                screen.out(&format!("{body:#}"))?;
                return Ok(Exit::Done);
            }
            for step in &steps {
                screen.say(&format!("  {step}"));
            }
            for loss in &loses {
                screen.warn(&text::db_loses(loss));
            }
            for loss in &loses_back {
                screen.warn(&text::db_loses_back(loss));
            }
            screen.out(&text::db_written(&file, &dir))?;
            Ok(Exit::Done)
        }
    }
}

fn none(screen: Screen) -> Outcome {
    match screen.json {
        true => screen.out(&format!("{:#}", json!({"success": true, "changes": false})))?,
        false => screen.out(text::DB_NO_CHANGES)?,
    }
    Ok(Exit::Done)
}
