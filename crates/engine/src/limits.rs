//! What a cluster does not do: refused before anything is written.

use domain::ports::{Change, NewDeploy, Scope};
use domain::release::DeploymentFacts;
use domain::{DriverKind, NodeWish, ReleaseId, Resources};

use crate::facade::{Engine, Refusal};
use crate::text;

/// A deploy over what is there: its node exists, its disk does not shrink.
pub(crate) async fn check_deploy(engine: &Engine, new: &NewDeploy) -> Result<(), Refusal> {
    let found = engine
        .store()
        .find(&Scope::Everyone, new.name.as_str())
        .await?;
    let managed = found.and_then(|row| row.managed);
    let driver = managed
        .as_ref()
        .map_or(new.driver, |managed| managed.driver);
    if let Some(wish) = &new.node {
        check_node(engine, driver, wish).await?;
    }
    let serving = managed.and_then(|managed| managed.serving);
    match (serving, new.resources) {
        (Some(serving), Some(wanted)) => {
            check_disk(engine, driver, Some(&serving.id), wanted).await
        }
        _ => Ok(()),
    }
}

/// A change of what is there.
pub(crate) async fn check_change(
    engine: &Engine,
    facts: &DeploymentFacts,
    change: &Change,
) -> Result<(), Refusal> {
    match change {
        Change::Resources(wanted) => {
            check_disk(engine, facts.driver, facts.serving.as_ref(), *wanted).await
        }
        _ => Ok(()),
    }
}

/// Not knowing the nodes is no reason to refuse: a node that is not there is waited for.
async fn check_node(engine: &Engine, driver: DriverKind, wish: &NodeWish) -> Result<(), Refusal> {
    let bad = |why: String| Refusal::BadInput { field: "node", why };
    let Some(wanted) = wish.node() else {
        return Ok(());
    };
    if driver.is_of_a_place() {
        return Err(bad(text::no_nodes(driver)));
    }
    let Ok(nodes) = engine.cluster_nodes().await else {
        return Ok(());
    };
    let mut names = nodes.iter().map(|node| node.node.as_str());
    if nodes.is_empty() || names.clone().any(|name| name == wanted.as_str()) {
        return Ok(());
    }
    Err(bad(text::no_node(wanted, names.by_ref())))
}

/// A disk on a cluster only grows.
async fn check_disk(
    engine: &Engine,
    driver: DriverKind,
    serving: Option<&ReleaseId>,
    wanted: Resources,
) -> Result<(), Refusal> {
    let Some(serving) = serving.filter(|_| !driver.is_of_a_place()) else {
        return Ok(());
    };
    let release = engine.store().release(serving).await?;
    if wanted.disk >= release.resources.disk {
        return Ok(());
    }
    Err(Refusal::BadInput {
        field: "resources",
        why: text::disk_shrinks(release.resources.disk, wanted.disk),
    })
}
