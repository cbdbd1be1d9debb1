//! What the local driver offers here, found by really trying in a folder that is thrown away.

use domain::guest::DriverReport;

use super::check::Check;
use crate::serve;
use crate::text;

/// The tier, how guests reach the network, and what is not enforced.
pub async fn checks() -> Vec<Check> {
    match report().await {
        Ok(report) => shown(report),
        Err(why) => vec![Check::fail(
            "sandbox",
            text::no_sandbox(&why),
            text::SANDBOX_CURE,
        )],
    }
}

async fn report() -> Result<DriverReport, String> {
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    let driver =
        serve::open_driver(place.path(), serve::system_clock()).map_err(|fault| fault.what)?;
    driver.report().await.map_err(|error| error.to_string())
}

fn shown(report: DriverReport) -> Vec<Check> {
    let mut checks = vec![
        Check::ok("sandbox", text::tier(&report.tier, &report.meaning)),
        Check::ok("network", report.network),
    ];
    let warnings = report.warnings.into_iter();
    checks.extend(warnings.map(|warning| Check {
        cure: None,
        ..Check::warn("sandbox", warning, "")
    }));
    checks
}
