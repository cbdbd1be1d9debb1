//! Encrypts what must not be read from a copy of the database: ChaCha20-Poly1305, a random nonce per value, bound to the
//! place it is stored at, and naming the key.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use domain::ports::Dice;
use secrecy::SecretString;

use crate::error::{Fault, Ran};
use crate::key::SecretKey;

const NONCE: usize = 12;

/// Seals and opens values with one key.
pub(crate) struct Vault {
    cipher: ChaCha20Poly1305,
    key_id: String,
    dice: Arc<Dice>,
}

impl Vault {
    pub(crate) fn new(key: &SecretKey, dice: Arc<Dice>) -> Self {
        Self {
            cipher: ChaCha20Poly1305::new(key.bytes().into()),
            key_id: key.id(),
            dice,
        }
    }

    /// `KEY:BASE64(nonce, ciphertext, tag)`. A value moved to another place does not open there.
    pub(crate) fn seal(&self, place: &str, clear: &str) -> Ran<String> {
        let nonce = self.dice.roll(|rng| {
            let mut nonce = [0; NONCE];
            rng.fill_bytes(&mut nonce);
            nonce
        });
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload(place, clear.as_bytes()))
            .map_err(|_| Fault::Unreadable(format!("{place} cannot be encrypted")))?;
        let body = STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{}:{body}", self.key_id))
    }

    /// What [`Vault::seal`] sealed for this place.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Ran<SecretString> {
        self.try_open(place, sealed)
            .ok_or_else(|| Fault::Unreadable(format!("{place} cannot be decrypted")))
    }

    fn try_open(&self, place: &str, sealed: &str) -> Option<SecretString> {
        let (key_id, body) = sealed.split_once(':')?;
        if key_id != self.key_id {
            return None;
        }
        let body = STANDARD_NO_PAD.decode(body).ok()?;
        let (nonce, body) = body.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let clear = self
            .cipher
            .decrypt(&Nonce::from(nonce), payload(place, body))
            .ok()?;
        String::from_utf8(clear).ok().map(SecretString::from)
    }
}

fn payload<'a>(place: &'a str, msg: &'a [u8]) -> Payload<'a, 'a> {
    Payload {
        msg,
        aad: place.as_bytes(),
    }
}
