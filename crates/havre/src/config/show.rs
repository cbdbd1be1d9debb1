//! `havre config`.

use serde_json::json;

use super::{DotEnv, Layers, SETTINGS, Settings, World};
use crate::exit::{Exit, Outcome};
use crate::screen::Screen;
use crate::table::Table;
use crate::text;

/// Shows each setting, where it came from, and what of the original is set but means nothing.
pub fn show(screen: Screen, url: Option<String>) -> Outcome {
    let world = World::of_this_process();
    let layers = Layers::read(&world, &[("url", url)], DotEnv::Read)?;
    let settings = Settings::from_layers(&layers, &world)?;
    if screen.json {
        screen.out(&as_json(&settings, &layers))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&text::CONFIG_HEAD);
    for setting in SETTINGS {
        table.row(vec![
            setting.key.to_owned(),
            settings.shown(setting.key),
            layers.origin(setting.key),
            setting.env[0].to_owned(),
        ]);
    }
    screen.out(&table.to_string())?;
    for (name, place) in &layers.ignored {
        screen.warn(&text::ignored_variable(name, place));
    }
    Ok(Exit::Done)
}

fn as_json(settings: &Settings, layers: &Layers) -> String {
    let all: Vec<_> = SETTINGS
        .iter()
        .map(|setting| {
            json!({
                "name": setting.key,
                "value": settings.shown(setting.key),
                "from": layers.origin(setting.key),
                "env": setting.env[0],
            })
        })
        .collect();
    let ignored: Vec<_> = layers
        .ignored
        .iter()
        .map(|(name, place)| json!({"name": name, "from": place}))
        .collect();
    let body = json!({"success": true, "settings": all, "ignored": ignored});
    format!("{body:#}")
}
