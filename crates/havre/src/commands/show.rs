//! `havre show`.

use api::{DeploymentAnswer, DeploymentObject};

use super::Context;
use crate::exit::{Exit, Outcome};
use crate::text::{self, field};

/// `havre show`.
pub async fn show(context: &Context, name: &str) -> Outcome {
    let answer = context.get(name, &[]).await?;
    if context.printed_json(&answer)? {
        return Ok(Exit::Done);
    }
    let shown: DeploymentAnswer = answer.parse()?;
    let deployment = shown.deployment;
    context.screen.out(&deployment.name)?;
    for (label, value) in facts(&deployment) {
        context.screen.out(&line(label, &value))?;
    }
    for warning in &deployment.warnings {
        context.screen.warn(warning);
    }
    Ok(Exit::Done)
}

fn facts(d: &DeploymentObject) -> Vec<(&'static str, String)> {
    let driver = match (&d.driver, &d.tier) {
        (Some(driver), Some(tier)) => Some(format!("{driver} ({tier})")),
        (driver, _) => Some(driver.clone().unwrap_or_else(|| text::RECORD.to_owned())),
    };
    let release = d
        .release
        .as_ref()
        .map(|r| format!("v{} {}", r.version, r.status));
    let guest = d.vm_id.as_ref().map(|vmid| {
        let node = d.node.as_deref();
        text::guest(&vmid.to_string(), node, d.ip_address.as_deref())
    });
    let all = [
        (field::STATUS, Some(d.status.clone())),
        (field::URL, d.url.clone()),
        (field::RELEASE, release),
        (field::COMMIT, d.commit.clone()),
        (field::SOURCE, d.github_url.clone()),
        (field::FRAMEWORK, d.framework.clone()),
        (field::DRIVER, driver),
        (field::GUEST, guest),
        (field::TYPE, d.deployment_type.clone()),
        (
            field::RESOURCES,
            d.resources.as_ref().map(ToString::to_string),
        ),
        (field::CREATED, d.created_at.clone()),
        (field::DEPLOYED, d.deployed_at.clone()),
        (field::DELETED, d.deleted_at.clone()),
        (field::TAGS, d.tags.clone()),
        (field::OWNER, d.user_id.clone()),
        (field::ID, Some(d.id.clone())),
        (field::ERROR, d.error_message.clone()),
    ];
    all.into_iter()
        .filter_map(|(label, value)| Some((label, value.filter(|v| !v.is_empty())?)))
        .collect()
}

fn line(label: &str, value: &str) -> String {
    let mut lines = value.lines();
    let mut text = format!("  {label:<10} {}", lines.next().unwrap_or_default());
    for more in lines {
        text.push_str(&format!("\n             {more}"));
    }
    text
}
