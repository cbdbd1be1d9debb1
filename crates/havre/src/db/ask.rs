//! Questions before something is lost.

use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::text;

/// Goes on only when the name is typed that stands there. Where nobody can be asked, `--yes` must have been given.
pub fn name(screen: Screen, name: &str, verb: &str) -> Result<(), Fault> {
    if !screen.can_ask() {
        return Err(needs_yes(verb));
    }
    let typed = dialoguer::Input::<String>::new()
        .with_prompt(text::db_type_name(name))
        .allow_empty(true)
        .interact_text();
    match typed {
        Ok(typed) if typed == name => Ok(()),
        Ok(_) => Err(Fault::new(Exit::Refused, text::DB_NAME_DIFFERS)),
        Err(_) => Err(Fault::new(Exit::Interrupted, text::INTERRUPTED)),
    }
}

/// Goes on only after a yes.
pub fn yes(screen: Screen, question: &str, verb: &str) -> Result<(), Fault> {
    if !screen.can_ask() {
        return Err(needs_yes(verb));
    }
    match dialoguer::Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
    {
        Ok(true) => Ok(()),
        Ok(false) => Err(Fault::new(Exit::Refused, text::DB_NOT_CONFIRMED)),
        Err(_) => Err(Fault::new(Exit::Interrupted, text::INTERRUPTED)),
    }
}

fn needs_yes(verb: &str) -> Fault {
    Fault::new(Exit::Refused, text::db_needs_yes(verb)).cure(text::db_needs_yes_cure(verb))
}
