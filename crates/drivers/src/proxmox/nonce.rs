//! The note that every machine of ours carries in its description: by it an ambiguous answer is resolved, and a machine that
//! nobody's row names is known again.

use domain::guest::{GuestSpec, Role};
use domain::{DeploymentId, GuestId, ReleaseId};

/// What begins the line.
const MARK: &str = "havre:v1";

/// What a description says of a machine of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A guest.
    Guest {
        /// Its id.
        id: GuestId,
        /// Its deployment.
        deployment: DeploymentId,
        /// The release it was made for.
        release: ReleaseId,
        /// What it is for.
        role: Role,
    },
    /// A base.
    Base {
        /// The nonce of this making of it.
        nonce: String,
    },
}

impl Mark {
    /// The mark of a guest.
    pub fn of(spec: &GuestSpec) -> Self {
        Self::Guest {
            id: spec.id.clone(),
            deployment: spec.deployment,
            release: spec.release,
            role: spec.role,
        }
    }

    /// The whole description.
    pub fn description(&self) -> String {
        let (line, what) = match self {
            Self::Guest {
                id,
                deployment,
                release,
                role,
            } => {
                let word = match role {
                    Role::Build => "build",
                    Role::Serve => "serve",
                };
                (
                    format!(
                        "{MARK} guest={id} deployment={deployment} release={release} role={word}"
                    ),
                    "Made by Havre and looked after by it; destroy the app with `havre destroy`.",
                )
            }
            Self::Base { nonce } => (
                format!("{MARK} base={nonce}"),
                "Made by Havre: apps are cloned from it. Havre removes it when it is old.",
            ),
        };
        format!("{what}\n\nHavre knows it by this line: {line}")
    }

    /// Reads a description, wherever the line stands in it.
    pub fn read(description: &str) -> Option<Self> {
        description.lines().find_map(read_line)
    }
}

fn read_line(line: &str) -> Option<Mark> {
    let (_, rest) = line.split_once(MARK)?;
    let mut words = rest.split_whitespace();
    let mut value = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
    if let Some((_, nonce)) = rest.trim().split_once("base=") {
        let nonce = nonce.split_whitespace().next()?;
        return Some(Mark::Base {
            nonce: nonce.to_owned(),
        });
    }
    Some(Mark::Guest {
        id: value("guest")?.parse().ok()?,
        deployment: value("deployment")?.parse().ok()?,
        release: value("release")?.parse().ok()?,
        role: match value("role")? {
            "build" => Role::Build,
            "serve" => Role::Serve,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back_wherever_they_stand() {
        let guest = Mark::Guest {
            id: "g0123456789ab".parse().unwrap(),
            deployment: "550e8400-e29b-41d4-a716-446655440000".parse().unwrap(),
            release: "550e8400-e29b-41d4-a716-44665544aaaa".parse().unwrap(),
            role: Role::Serve,
        };
        let base = Mark::Base {
            nonce: "abc123".into(),
        };
        for mark in [guest, base] {
            let text = format!("A note of the operator\n{}\nmore", mark.description());
            assert_eq!(Mark::read(&text), Some(mark));
        }
        for other in [
            "",
            "havre:v1",
            "havre:v1 guest=x",
            "made by havre",
            "havre:v1 guest=g0123456789ab role=serve",
        ] {
            assert_eq!(Mark::read(other), None, "{other}");
        }
    }
}
