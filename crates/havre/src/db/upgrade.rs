//! `havre db upgrade` and `havre db downgrade`.

use store::admin::{
    Access, Admin, DowngradePlan, Revision, UpgradeOptions, UpgradeReport, downgrade as go_down,
    original_elsewhere, plan_downgrade, upgrade as go_up,
};

use super::subject::Subject;
use super::{alone, ask, elsewhere, init, show};
use crate::cli::{DowngradeArgs, UpgradeArgs};
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// Applies what is pending, ends what was cut, adopts what the original made.
pub async fn upgrade(screen: Screen, args: UpgradeArgs) -> Outcome {
    let options = options(args.to.as_deref(), args.dir.dir, args.dry_run)?;
    let subject = Subject::to_change(screen)?;
    let plain = options.to.is_none() && options.dir.is_none() && !options.dry_run;
    if plain && subject.is_served_and_current().await? {
        return init::served(screen);
    }
    if let Some(file) = subject.target.file().and_then(original_elsewhere) {
        elsewhere::bring(screen, &file, &subject, options.dry_run).await?;
    }
    let mut admin = subject.open(access(options.dry_run)).await?;
    let report = go_up(&mut admin, &options).await?;
    end(screen, admin, &options, &report).await
}

/// Takes migrations back, after a question when something is lost.
pub async fn downgrade(screen: Screen, args: DowngradeArgs) -> Outcome {
    let options = options(args.to.as_deref(), args.dir.dir, args.dry_run)?;
    let subject = Subject::to_change(screen)?;
    let mut admin = subject.open(access(options.dry_run)).await?;
    if !options.dry_run {
        alone::check(&mut admin, false).await?;
        let plan = plan_downgrade(&mut admin, &options).await?;
        confirm(screen, &plan, args.yes)?;
    }
    let report = go_down(&mut admin, &options).await?;
    end(screen, admin, &options, &report).await
}

fn options(
    to: Option<&str>,
    dir: Option<std::path::PathBuf>,
    dry_run: bool,
) -> Result<UpgradeOptions, Fault> {
    let to = to.map(str::parse::<Revision>).transpose();
    let to = to.map_err(|error| Fault::new(Exit::BadInput, error.to_string()))?;
    Ok(UpgradeOptions { to, dir, dry_run })
}

fn access(dry_run: bool) -> Access {
    match dry_run {
        true => Access::Look,
        false => Access::Alone,
    }
}

fn confirm(screen: Screen, plan: &DowngradePlan, yes: bool) -> Result<(), Fault> {
    if plan.losses.is_empty() {
        return Ok(());
    }
    for loss in &plan.losses {
        screen.warn(&text::db_loss(loss));
    }
    match yes {
        true => Ok(()),
        false => ask::yes(screen, text::DB_DOWNGRADE_QUESTION, "downgrade"),
    }
}

async fn end(
    screen: Screen,
    admin: Admin,
    options: &UpgradeOptions,
    report: &UpgradeReport,
) -> Outcome {
    admin.close().await?;
    if screen.json {
        screen.out(&show::report_json(report))?;
    } else if options.dry_run {
        show::sql(screen, report)?;
    } else {
        show::report(screen, report);
        screen.out(&text::db_now_at(report.from, report.to))?;
    }
    Ok(Exit::Done)
}
