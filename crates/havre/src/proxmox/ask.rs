//! Questions of the set-up. Where nobody is asked, the value that was given or stored counts, and a missing one is an error
//! that names its flag.

use dialoguer::{Confirm, Input, Password, Select};
use secrecy::SecretString;

use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::text;

/// Asks, or does not.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    asks: bool,
}

impl Asker {
    /// One that asks where there is a terminal, unless told not to.
    pub fn new(screen: Screen, yes: bool) -> Self {
        Self {
            asks: screen.can_ask() && !screen.json && !yes,
        }
    }

    /// True when questions are asked.
    pub fn asks(self) -> bool {
        self.asks
    }

    /// A line of text that `read` takes. A good default is what an empty answer means, and what counts when nobody is asked.
    pub fn text<T>(
        self,
        prompt: &str,
        default: Option<String>,
        flag: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Fault> {
        if !self.asks {
            let given = default.ok_or_else(|| missing(prompt, flag))?;
            return read(&given).map_err(|why| bad(prompt, &given, why));
        }
        loop {
            let mut input = Input::<String>::new().with_prompt(prompt).allow_empty(true);
            if let Some(default) = &default {
                input = input.default(default.clone());
            }
            let typed = input.interact_text().map_err(|_| interrupted())?;
            match read(typed.trim()) {
                Ok(value) => return Ok(value),
                Err(why) => Screen { json: false }.warn(&why),
            }
        }
    }

    /// One of several; the lines are shown, the place in the list comes back. Nothing to choose from is an error.
    pub fn pick(
        self,
        prompt: &str,
        lines: &[String],
        default: Option<usize>,
        flag: &str,
    ) -> Result<usize, Fault> {
        match (lines, default) {
            ([], _) => Err(missing(prompt, flag)),
            ([_], _) => Ok(0),
            (_, Some(place)) if !self.asks => Ok(place),
            (_, None) if !self.asks => Err(missing(prompt, flag)),
            _ => Select::new()
                .with_prompt(prompt)
                .items(lines)
                .default(default.unwrap_or(0))
                .interact()
                .map_err(|_| interrupted()),
        }
    }

    /// A secret, not shown while it is typed.
    pub fn secret(self, prompt: &str, variable: &str) -> Result<SecretString, Fault> {
        if !self.asks {
            return Err(missing(prompt, variable));
        }
        let typed = Password::new().with_prompt(prompt).interact();
        typed.map(SecretString::from).map_err(|_| interrupted())
    }

    /// Yes or no; the default where nobody is asked.
    pub fn yes(self, question: &str, default: bool) -> Result<bool, Fault> {
        if !self.asks {
            return Ok(default);
        }
        Confirm::new()
            .with_prompt(question)
            .default(default)
            .interact()
            .map_err(|_| interrupted())
    }
}

fn missing(prompt: &str, flag: &str) -> Fault {
    Fault::new(Exit::BadInput, text::pve_missing(prompt)).cure(text::pve_missing_cure(flag))
}

fn bad(prompt: &str, given: &str, why: String) -> Fault {
    Fault::new(Exit::BadInput, text::pve_bad(prompt, given)).why(why)
}

fn interrupted() -> Fault {
    Fault::new(Exit::Interrupted, text::INTERRUPTED)
}
