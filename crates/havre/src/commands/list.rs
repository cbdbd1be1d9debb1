//! `havre list`.

use api::{DeploymentObject, DeploymentPage};
use domain::Status;

use super::Context;
use crate::cli::ListArgs;
use crate::client::Answer;
use crate::exit::{Exit, Fault, Outcome};
use crate::table::Table;
use crate::text;

/// Deployments on a page, where all pages are printed.
const MOST: u32 = 100;

/// `havre list`.
pub async fn list(context: &Context, args: &ListArgs) -> Outcome {
    if args.all {
        return all(context, args).await;
    }
    let answer = ask(context, args, args.per_page, None).await?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let page: DeploymentPage = answer.parse()?;
    if page.deployments.is_empty() && page.next_cursor.is_none() {
        context.screen.say(nothing(args));
    } else {
        print(context, &page.deployments)?;
    }
    hint(context, &page);
    Ok(Exit::Done)
}

/// Where one is among how many, when there is more than one page.
fn hint(context: &Context, page: &DeploymentPage) {
    match (page.total, page.pages, page.page) {
        (Some(total), Some(pages), Some(number)) if pages > 1 || number > 1 => {
            context.screen.say(&text::page_of(number, pages, total));
            if page.next_cursor.is_some() {
                context.screen.say(&text::next_page(number + 1));
            }
        }
        _ if page.next_cursor.is_some() => context.screen.say(text::MORE_BY_TAG),
        _ => {}
    }
}

/// Every page, by cursor: one table, or with `--json` one answer on each line.
async fn all(context: &Context, args: &ListArgs) -> Outcome {
    let per_page = args.per_page.unwrap_or(MOST);
    let (mut cursor, mut deployments) = (None, Vec::new());
    loop {
        let answer = ask(context, args, Some(per_page), cursor.as_deref()).await?;
        let page: DeploymentPage = answer.parse()?;
        if !context.printed_json(&answer)? {
            deployments.extend(page.deployments);
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    match (context.screen.json, deployments.is_empty()) {
        (true, _) => {}
        (false, true) => context.screen.say(nothing(args)),
        (false, false) => print(context, &deployments)?,
    }
    Ok(Exit::Done)
}

async fn ask(
    context: &Context,
    args: &ListArgs,
    per_page: Option<u32>,
    cursor: Option<&str>,
) -> Result<Answer, Fault> {
    let mut query = filters(args);
    let number = |number: u32| number.to_string();
    let rest = [
        ("per_page", per_page.map(number)),
        ("cursor", cursor.map(str::to_owned)),
        // Without it, an older server's whole list would be asked for.
        (
            "page",
            cursor.is_none().then(|| number(args.page.unwrap_or(1))),
        ),
    ];
    let rest = rest.into_iter();
    query.extend(rest.filter_map(|(name, value)| value.map(|value| (name, value))));
    let path = ["api", "deployments"];
    context.client.get(&path, &query).await?.good()
}

fn filters(args: &ListArgs) -> Vec<(&'static str, String)> {
    let all = [
        ("q", &args.q),
        ("status", &args.status),
        ("type", &args.kind),
        ("framework", &args.framework),
        ("tag", &args.tag),
        ("user", &args.user),
        ("sort", &args.sort),
    ];
    let given = all.into_iter();
    let mut query: Vec<(&'static str, String)> = given
        .filter_map(|(name, value)| value.clone().map(|value| (name, value)))
        .collect();
    if args.deleted {
        query.push(("deleted", "true".to_owned()));
    }
    query
}

/// What is said of an empty list: nothing there, or nothing that fits.
fn nothing(args: &ListArgs) -> &'static str {
    let narrowed = filters(args).iter().any(|(name, _)| *name != "sort");
    if narrowed || args.page.is_some_and(|page| page > 1) {
        text::NONE_FIT
    } else {
        text::NOTHING_DEPLOYED
    }
}

fn print(context: &Context, deployments: &[DeploymentObject]) -> Result<(), Fault> {
    let mut table = Table::new(&text::LIST_HEAD);
    for deployment in deployments {
        table.row(row(deployment));
    }
    context.screen.out(&table.to_string())?;
    if deployments.iter().any(is_odd) {
        context.screen.say(text::ODD_ROWS);
    }
    Ok(())
}

/// True for a row that another program wrote, with values that cannot be read as what they should be. All that a record is
/// warned of is that; of an app the server warns of other things, too.
fn is_odd(deployment: &DeploymentObject) -> bool {
    let is_record = !deployment.managed && !deployment.warnings.is_empty();
    let is_status = deployment.status.parse::<Status>().is_ok();
    is_record || !is_status || deployment.created_at.is_none()
}

fn row(deployment: &DeploymentObject) -> Vec<String> {
    let release = deployment
        .release
        .as_ref()
        .map_or_else(String::new, |release| {
            if release.status == "serving" {
                format!("v{}", release.version)
            } else {
                format!("v{} {}", release.version, release.status)
            }
        });
    let driver = deployment.driver.as_deref().unwrap_or(text::RECORD);
    let mark = if is_odd(deployment) {
        text::ODD_MARK
    } else {
        ""
    };
    vec![
        deployment.name.clone(),
        format!("{}{mark}", deployment.status),
        release,
        deployment.framework.clone().unwrap_or_default(),
        driver.to_owned(),
        deployment.url.clone().unwrap_or_default(),
    ]
}
