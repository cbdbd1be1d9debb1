//! Which server is trusted: shown and confirmed before a secret is sent.

use std::time::Duration;

use drivers::proxmox::ClusterSettings;
use drivers::proxmox::settings::TlsChoice;
use pve::{BaseUrl, Fingerprint};

use super::ask::Asker;
use crate::cli::SetupArgs;
use crate::config::ProxmoxGiven;
use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::text;

const PATIENCE: Duration = Duration::from_secs(10);

/// What was given; else what was stored for this address, while the server still shows it; else what the server shows now,
/// once it is confirmed.
pub async fn choose(
    screen: Screen,
    asker: Asker,
    args: &SetupArgs,
    given: &ProxmoxGiven,
    stored: Option<&ClusterSettings>,
    url: &BaseUrl,
) -> Result<TlsChoice, Fault> {
    if let Some(choice) = said(args, given)? {
        return Ok(choice);
    }
    let stored = stored.filter(|settings| settings.url == url.as_str());
    if let Some(kept) = stored.map(|settings| &settings.tls)
        && !matches!(kept, TlsChoice::Fingerprints(_))
    {
        return Ok(kept.clone());
    }
    let shown = pve::fingerprint_of(url, PATIENCE)
        .await
        .map_err(super::setup::told)?;
    if let Some(TlsChoice::Fingerprints(kept)) = stored.map(|settings| &settings.tls) {
        if kept.contains(&shown.to_string()) {
            return Ok(TlsChoice::Fingerprints(kept.clone()));
        }
        screen.warn(text::PVE_OTHER_CERTIFICATE);
    }
    confirmed(screen, asker, url, shown)
}

fn confirmed(
    screen: Screen,
    asker: Asker,
    url: &BaseUrl,
    shown: Fingerprint,
) -> Result<TlsChoice, Fault> {
    screen.say(&text::pve_fingerprint(url.as_str(), &shown.to_string()));
    if !asker.asks() {
        let fault = Fault::new(Exit::Refused, text::PVE_NOT_CONFIRMED);
        return Err(fault.cure(text::pve_confirm_cure(&shown.to_string())));
    }
    if !asker.yes(text::PVE_ASK_TRUST, false)? {
        return Err(Fault::new(Exit::Refused, text::PVE_NOT_TRUSTED));
    }
    Ok(TlsChoice::Fingerprints(vec![shown.to_string()]))
}

/// What flags and environment say; flags go first.
fn said(args: &SetupArgs, given: &ProxmoxGiven) -> Result<Option<TlsChoice>, Fault> {
    if args.accept_any_certificate {
        return Ok(Some(TlsChoice::AcceptAny));
    }
    if args.system_cas {
        return Ok(Some(TlsChoice::System));
    }
    if let Some(file) = &args.ca_file {
        return Ok(Some(TlsChoice::CaFile(file.clone())));
    }
    if let Some(text) = args.fingerprint.as_ref().or(given.fingerprint.as_ref()) {
        let parsed: Fingerprint = text
            .parse()
            .map_err(|error: pve::Error| Fault::new(Exit::BadInput, error.reason()))?;
        return Ok(Some(TlsChoice::Fingerprints(vec![parsed.to_string()])));
    }
    if let Some(file) = &given.ca_file {
        return Ok(Some(TlsChoice::CaFile(file.clone())));
    }
    Ok(given.insecure.then_some(TlsChoice::AcceptAny))
}
