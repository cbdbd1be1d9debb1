//! What the driver says about the cluster.

use domain::guest::DriverReport;

use super::settings::{AddressPlan, TlsChoice};
use super::site::Site;
use crate::text::proxmox as text;

/// The report.
pub async fn of(site: &Site) -> DriverReport {
    let network = &site.settings().network;
    let range = match &network.addresses {
        AddressPlan::Range(range) => Some(range),
        AddressPlan::Dhcp => None,
    };
    let guarded = site.network.is_guarded().await;
    let firewall = if guarded {
        text::FIREWALL
    } else {
        text::NO_FIREWALL
    };
    let mut warnings: Vec<String> = site
        .client
        .warnings()
        .iter()
        .map(|warning| (*warning).to_owned())
        .collect();
    if site.settings().tls == TlsChoice::AcceptAny && warnings.is_empty() {
        warnings.push(text::ANY_CERTIFICATE.to_owned());
    }
    DriverReport {
        tier: "LXC/VM".into(),
        meaning: text::LXC_OR_VM.into(),
        network: text::network(network.bridge.as_str(), network.vlan, range),
        enforced: vec![text::ENFORCED.into(), firewall.into()],
        warnings,
    }
}
