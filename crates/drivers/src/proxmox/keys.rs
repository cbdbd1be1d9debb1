//! Havre's own SSH key, and the host key of a jump host: what the set-up makes and learns.

use std::sync::Arc;

use domain::ports::{Dice, DriverError};
use secrecy::{ExposeSecret, SecretString};
use ssh::{ClientKey, Session, Target, Trust};

use super::settings::{BadSettings, JumpHost};
use crate::text::proxmox as text;

/// Names the key in `authorized_keys`.
const COMMENT: &str = "havre";

/// A new key, as OpenSSH text.
pub fn new_ssh_key(dice: &Dice) -> Result<SecretString, DriverError> {
    let made = dice.roll(|rng| {
        let key = ClientKey::generate(rng, COMMENT)?;
        key.private_openssh()
    });
    made.map_err(|error| DriverError::other(text::MAKE_KEY, error))
}

/// The line for `authorized_keys`.
pub fn public_line(key: &SecretString) -> Result<String, DriverError> {
    Ok(read(key)?.public_line().to_owned())
}

/// Logs in at a jump host and tells the host key that it shows: `ssh-ed25519 AAAA…`.
pub async fn jump_host_key(jump: &JumpHost, key: &SecretString) -> Result<String, DriverError> {
    let host: ssh::Host = jump.host.parse().map_err(|bad: ssh::HostError| {
        DriverError::other(text::REACH_JUMP, BadSettings::Jump(bad.to_string()))
    })?;
    let target = Target::new(host, jump.user.clone(), Arc::new(read(key)?), Trust::Learn);
    let session = Session::connect(&target.port(jump.port))
        .await
        .map_err(|error| DriverError::other(text::REACH_JUMP, error))?;
    let shown = session.host_key().to_string();
    session.close().await;
    Ok(shown)
}

fn read(key: &SecretString) -> Result<ClientKey, DriverError> {
    ClientKey::from_openssh(key.expose_secret())
        .map_err(|error| DriverError::other(text::READ_KEY, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_text_and_has_a_public_line() {
        let key = new_ssh_key(&Dice::seeded([1; 32])).unwrap();
        let line = public_line(&key).unwrap();
        assert!(line.starts_with("ssh-ed25519 AAAA") && line.ends_with(" havre"));
        assert!(public_line(&SecretString::from("no key")).is_err());
    }
}
