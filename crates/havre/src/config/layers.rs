//! Lays the sources of settings over each other and remembers which one each value came from.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::dot_env;
use super::table::{DATABASE_URL, IGNORED, SETTINGS};
use crate::exit::{Exit, Fault};
use crate::text;

/// What settings are read from: the process's own environment and folder, or a made-up one in tests.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The working folder: the only place where `.env` and `havre.toml` are looked for.
    pub folder: PathBuf,
    /// True for the superuser.
    pub is_root: bool,
}

impl World {
    /// The world of this process.
    pub fn of_this_process() -> Self {
        Self {
            // What is not UTF-8 is kept with marks in it, so that it is refused rather than taken for unset.
            env: std::env::vars_os()
                .filter_map(|(k, v)| {
                    Some((k.into_string().ok()?, v.to_string_lossy().into_owned()))
                })
                .collect(),
            folder: std::env::current_dir().unwrap_or_default(),
            is_root: nix::unistd::geteuid().is_root(),
        }
    }
}

/// Whether `.env` counts: only for what runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DotEnv {
    /// It counts.
    Read,
    /// It belongs to somebody else: the command line may be used in any folder.
    Skip,
}

/// All sources, merged.
pub struct Layers {
    figment: Figment,
    /// Variables of the original that are set and mean nothing, with where they are set.
    pub ignored: Vec<(String, &'static str)>,
}

/// The largest file of settings, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// One value with the words for where it came from.
struct Found {
    key: &'static str,
    value: String,
    origin: String,
}

impl Provider for Found {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = Dict::from([(self.key.to_owned(), Value::from(self.value.clone()))]);
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

impl Layers {
    /// Reads every source. `flags` are pairs of a setting's key and the value given.
    pub fn read(
        world: &World,
        flags: &[(&'static str, Option<String>)],
        dot_env: DotEnv,
    ) -> Result<Self, Fault> {
        let dot = match dot_env {
            DotEnv::Read => read_dot_env(&world.folder.join(".env"), &world.env)?,
            DotEnv::Skip => BTreeMap::new(),
        };
        let mut found = from_toml(&world.folder.join("havre.toml"))?;
        found.extend(from_vars(&dot, text::origin_dot_env));
        found.extend(from_vars(&world.env, text::origin_env));
        found.extend(flags.iter().filter_map(|(key, value)| {
            Some(Found {
                key,
                value: value.clone()?,
                origin: text::origin_flag(key),
            })
        }));
        let figment = found
            .into_iter()
            .fold(Figment::new(), |figment, layer| figment.merge(layer));
        Ok(Self {
            figment,
            ignored: ignored(&world.env, &dot),
        })
    }

    /// The text of a setting, if any source has it.
    pub fn get(&self, key: &str) -> Option<String> {
        let value = self.figment.find_value(key).ok()?;
        value.into_string()
    }

    /// Where a setting came from.
    pub fn origin(&self, key: &str) -> String {
        self.figment
            .find_metadata(key)
            .map_or_else(|| text::ORIGIN_DEFAULT.to_owned(), |m| m.name.to_string())
    }
}

fn from_vars(vars: &BTreeMap<String, String>, origin: fn(&str) -> String) -> Vec<Found> {
    // A database that is named by nothing would silently be another one than was meant: that is an error, told later.
    let set = |name: &str| {
        let value = vars.get(name);
        value.filter(|value| !value.trim().is_empty() || name == DATABASE_URL)
    };
    let mut found: Vec<Found> = SETTINGS
        .iter()
        .filter_map(|setting| {
            let name = setting.env.iter().find(|name| set(name).is_some())?;
            Some(Found {
                key: setting.key,
                value: set(name)?.trim().to_owned(),
                origin: origin(name),
            })
        })
        .collect();
    let listen_set = found.iter().any(|found| found.key == "listen");
    if !listen_set && (set("APP_HOST").is_some() || set("APP_PORT").is_some()) {
        let host = set("APP_HOST").map_or("127.0.0.1", |host| host.trim());
        let port = set("APP_PORT").map_or("5000", |port| port.trim());
        found.push(Found {
            key: "listen",
            value: format!("{host}:{port}"),
            origin: origin("APP_HOST, APP_PORT"),
        });
    }
    found
}

/// Errors name a line by its number alone: it may be a secret.
fn read_dot_env(
    path: &Path,
    env: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let bad = |why: String| {
        let what = text::unreadable_file(path);
        Fault::new(Exit::BadInput, what)
            .why(why)
            .cure(text::DOT_ENV_CURE)
    };
    match read_bounded(path) {
        Ok(content) => dot_env::parse(&content, env).map_err(|line| bad(text::bad_line(line))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        // A folder of that name is a virtual environment of Python.
        Err(_) if path.is_dir() => Ok(BTreeMap::new()),
        Err(error) => Err(bad(error.to_string())),
    }
}

/// A file of settings, as text. What is no file is not waited for: nobody may ever write into a pipe of that name, and a
/// device has no end.
fn read_bounded(path: &Path) -> std::io::Result<String> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(std::io::Error::other(text::NOT_A_FILE));
    }
    let mut content = String::new();
    let read = file.take(MOST_BYTES + 1).read_to_string(&mut content)?;
    match read as u64 > MOST_BYTES {
        true => Err(std::io::Error::other(text::file_too_large(MOST_BYTES))),
        false => Ok(content),
    }
}

/// The same file may describe the app of this folder, so tables other than `[server]` are nobody's business here.
fn from_toml(path: &Path) -> Result<Vec<Found>, Fault> {
    let Ok(content) = read_bounded(path) else {
        return Ok(Vec::new());
    };
    let bad = |why: String| Fault::new(Exit::BadInput, text::unreadable_file(path)).why(why);
    let table: toml::Table = content
        .parse()
        // Without the line itself, which the whole error quotes: it may be a secret.
        .map_err(|e: toml::de::Error| bad(e.message().to_owned()))?;
    let Some(server) = table.get("server").and_then(toml::Value::as_table) else {
        return Ok(Vec::new());
    };
    let one = |(key, value): (&String, &toml::Value)| {
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.key == key)
            .ok_or_else(|| bad(text::unknown_setting(key)))?;
        Ok(Found {
            key: setting.key,
            value: plain(value).ok_or_else(|| bad(text::odd_setting(key)))?,
            origin: text::origin_toml(key),
        })
    };
    server.iter().map(one).collect()
}

fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(|items| items.join(":")),
        _ => None,
    }
}

fn ignored(
    env: &BTreeMap<String, String>,
    dot: &BTreeMap<String, String>,
) -> Vec<(String, &'static str)> {
    let is_ignored = |name: &String| IGNORED.contains(&name.as_str()) || name.starts_with("MAIL_");
    let of = |vars: &BTreeMap<String, String>, place| {
        vars.keys()
            .filter(|name| is_ignored(name))
            .map(|name| (name.clone(), place))
            .collect::<Vec<_>>()
    };
    let mut all = of(env, text::PLACE_ENV);
    all.extend(of(dot, text::PLACE_DOT_ENV));
    all
}
