//! The key of the secrets, where there is one.

use store::SecretKey;

use super::subject::Subject;
use crate::exit::{Exit, Fault};
use crate::serve::world;

/// The key at hand; none while no server has made one. Makes none.
pub fn at_hand(subject: &Subject) -> Result<Option<SecretKey>, Fault> {
    let (_, dice) = world()?;
    let key = SecretKey::load_or_create(&subject.data_dir, subject.key_file.as_deref(), &dice)
        .map_err(|error| Fault::new(Exit::BadInput, error.to_string()))?;
    Ok(key.is_saved().then_some(key))
}
