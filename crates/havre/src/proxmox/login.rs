//! Where the cluster is and who asks.

use drivers::proxmox::ClusterSettings;
use drivers::proxmox::settings::AuthId;
use pve::{BaseUrl, TokenId, UserId};
use secrecy::SecretString;

use super::ask::Asker;
use crate::cli::SetupArgs;
use crate::config::ProxmoxGiven;
use crate::exit::Fault;
use crate::screen::Screen;
use crate::text;

/// Where and who.
pub struct Login {
    /// The address of the API.
    pub url: BaseUrl,
    /// Who asks.
    pub auth: AuthId,
    /// The secret of the token, or the password.
    pub secret: SecretString,
}

/// Flags go before the environment, that before what an earlier set-up stored.
pub fn choose(
    screen: Screen,
    asker: Asker,
    args: &SetupArgs,
    given: &ProxmoxGiven,
    stored: Option<(&ClusterSettings, &Option<SecretString>)>,
) -> Result<Login, Fault> {
    let known = args.api.clone().or_else(|| given.url.clone());
    let known = known.or_else(|| stored.map(|(settings, _)| settings.url.clone()));
    let url = asker.text(text::PVE_ASK_URL, known, "--api", |typed| {
        address(typed)
            .parse::<BaseUrl>()
            .map_err(|error| error.reason().to_owned())
    })?;
    let auth = who(screen, asker, args, given, stored)?;
    let same = stored.filter(|(settings, _)| settings.auth == auth);
    let at_hand = match &auth {
        AuthId::Token(_) => given.token_secret.clone(),
        AuthId::User(_) => given.password.clone(),
    };
    let secret = match at_hand.or_else(|| same.and_then(|(_, secret)| secret.clone())) {
        Some(secret) => secret,
        None => match &auth {
            AuthId::Token(_) => asker.secret(text::PVE_ASK_SECRET, "PROXMOX_TOKEN_SECRET")?,
            AuthId::User(_) => asker.secret(text::PVE_ASK_PASSWORD, "PROXMOX_PASSWORD")?,
        },
    };
    Ok(Login { url, auth, secret })
}

/// A bare name or address means the port that Proxmox VE has; what comes with a scheme or a port is left as it is.
fn address(typed: &str) -> String {
    let typed = typed.trim();
    let bare = !typed.is_empty() && !typed.contains("://") && !typed.contains('/');
    let port = match typed.strip_prefix('[') {
        Some(six) => six.contains("]:"),
        None => typed.contains(':'),
    };
    match bare && !port {
        true => format!("https://{typed}:8006"),
        false => typed.to_owned(),
    }
}

/// A user with a password counts only where one was given and no token was.
fn who(
    screen: Screen,
    asker: Asker,
    args: &SetupArgs,
    given: &ProxmoxGiven,
    stored: Option<(&ClusterSettings, &Option<SecretString>)>,
) -> Result<AuthId, Fault> {
    let token = args.token_id.clone().or_else(|| given.token_id.clone());
    if let (None, Some(user), Some(_)) = (&token, &given.user, &given.password) {
        screen.warn(text::PVE_PASSWORD_FALLBACK);
        let read = |typed: &str| typed.parse::<UserId>().map_err(|bad| bad.to_string());
        let user = asker.text(text::PVE_ASK_USER, Some(user.clone()), "PROXMOX_USER", read)?;
        return Ok(AuthId::User(user));
    }
    let known = token.or_else(|| match stored.map(|(settings, _)| &settings.auth) {
        Some(AuthId::Token(id)) => Some(id.to_string()),
        _ => None,
    });
    if known.is_none() && asker.asks() {
        screen.say(text::PVE_ABOUT_TOKENS);
    }
    let read = |typed: &str| typed.parse::<TokenId>().map_err(|bad| bad.to_string());
    let id = asker.text(text::PVE_ASK_TOKEN, known, "--token-id", read)?;
    Ok(AuthId::Token(id))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_bare_name_means_port_8006() {
        assert_eq!(address(" pve1 "), "https://pve1:8006");
        assert_eq!(address("[fd00::1]"), "https://[fd00::1]:8006");
        for kept in [
            "pve1:443",
            "https://pve1",
            "[fd00::1]:8006",
            "pve1/api2/json",
            "",
        ] {
            assert_eq!(address(kept), kept);
        }
    }
}
