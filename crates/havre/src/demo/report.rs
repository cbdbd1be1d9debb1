//! What the demo prints at its end.

use serde_json::json;

use super::deploy::{Deployed, End};
use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::table::Table;
use crate::text;

/// 0 when at least one app was not skipped and every such one answered 200.
pub fn exit(apps: &[Deployed]) -> Exit {
    let mut judged = apps.iter().filter(|app| app.end != End::Skipped).peekable();
    let any = judged.peek().is_some();
    if any && judged.all(|app| app.http == Some(200)) {
        Exit::Done
    } else {
        Exit::AppFailed
    }
}

/// The table of `--once`: app, framework, why, tier, seconds per step, URL, HTTP status.
pub fn table(screen: Screen, apps: &[Deployed]) -> Result<(), Fault> {
    if screen.json {
        let body = json!({"success": exit(apps) == Exit::Done, "apps": apps});
        return screen.out(&format!("{body:#}"));
    }
    let mut table = Table::new(&text::DEMO_HEAD);
    for app in apps {
        table.row(row(app));
    }
    screen.out(&table.to_string())?;
    whys(screen, apps)
}

/// The URLs alone, for the demo that goes on.
pub fn urls(screen: Screen, apps: &[Deployed]) -> Result<(), Fault> {
    let mut table = Table::new(&text::DEMO_URL_HEAD);
    for app in apps {
        table.row(vec![
            app.name.clone(),
            framework(app),
            app.url.clone().unwrap_or_else(|| word(app)),
        ]);
    }
    screen.out(&table.to_string())?;
    whys(screen, apps)
}

fn whys(screen: Screen, apps: &[Deployed]) -> Result<(), Fault> {
    for app in apps.iter().filter(|app| app.end != End::Runs) {
        let why = app.why_not.as_deref().unwrap_or_default();
        let story: Vec<&str> = why.lines().collect();
        screen.out(&text::demo_not(
            &app.name,
            app.end == End::Skipped,
            &story.join("\n    "),
        ))?;
    }
    Ok(())
}

fn row(app: &Deployed) -> Vec<String> {
    let release = app.release.as_ref();
    let why = release.and_then(|release| release.why.first().cloned());
    let tier = release.and_then(|release| release.tier.clone());
    vec![
        app.name.clone(),
        framework(app),
        tier.unwrap_or_default(),
        seconds(app),
        app.http
            .map_or_else(|| word(app), |status| status.to_string()),
        app.url.clone().unwrap_or_default(),
        why.unwrap_or_default(),
    ]
}

fn word(app: &Deployed) -> String {
    match app.end {
        End::Runs => text::DEMO_SILENT.to_owned(),
        End::Skipped => text::DEMO_SKIPPED.to_owned(),
        End::Failed => text::DEMO_FAILED.to_owned(),
    }
}

fn framework(app: &Deployed) -> String {
    let release = app.release.as_ref();
    release
        .and_then(|release| release.framework.clone())
        .unwrap_or_default()
}

/// `fetch 0.1 build 8.2 ...`: steps that took no time are left out.
fn seconds(app: &Deployed) -> String {
    let steps = app.release.iter().flat_map(|release| &release.steps);
    steps
        .filter(|step| step.millis >= 50)
        .map(|step| {
            format!(
                "{} {:.1}",
                step.step,
                std::time::Duration::from_millis(step.millis).as_secs_f64()
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(end: End, http: Option<u16>) -> Deployed {
        Deployed {
            name: "x".into(),
            end,
            url: None,
            http,
            why_not: None,
            release: None,
        }
    }

    #[test]
    fn success_is_at_least_one_and_every_one() {
        let good = app(End::Runs, Some(200));
        let skipped = app(End::Skipped, None);
        assert_eq!(exit(&[good.clone(), skipped.clone()]), Exit::Done);
        assert_eq!(exit(std::slice::from_ref(&skipped)), Exit::AppFailed);
        assert_eq!(exit(&[]), Exit::AppFailed);
        for bad in [
            app(End::Runs, Some(500)),
            app(End::Runs, None),
            app(End::Failed, None),
        ] {
            assert_eq!(exit(&[good.clone(), bad]), Exit::AppFailed);
        }
    }
}
