//! What a deployment may use: cores, memory, disk. The limits and messages are the original's.

use serde::{Deserialize, Serialize};

use crate::deployment::DeploymentKind;

/// What one guest may use while it serves. Builds have limits of their own ([`crate::limits::BuildLimits`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// CPU cores.
    pub cores: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Disk in GiB.
    pub disk: u32,
}

/// The smallest and largest value of each resource.
struct Bounds {
    cores: (u32, u32),
    memory: (u32, u32),
    disk: (u32, u32),
}

const VM: Bounds = Bounds {
    cores: (1, 16),
    memory: (512, 32768),
    disk: (10, 500),
};
const LXC: Bounds = Bounds {
    cores: (1, 8),
    memory: (256, 16384),
    disk: (5, 200),
};

impl Resources {
    /// What a deployment gets when it asks for nothing.
    pub fn default_for(kind: DeploymentKind) -> Self {
        match kind {
            DeploymentKind::Vm => Self {
                cores: 2,
                memory: 2048,
                disk: 20,
            },
            DeploymentKind::Lxc => Self {
                cores: 1,
                memory: 1024,
                disk: 10,
            },
        }
    }

    /// Every bound that these resources break, in the original's words and order; empty when they are good.
    pub fn problems(&self, kind: DeploymentKind) -> Vec<String> {
        let bounds = match kind {
            DeploymentKind::Vm => VM,
            DeploymentKind::Lxc => LXC,
        };
        let outside = |value: u32, (low, high): (u32, u32)| value < low || value > high;
        let mut problems = Vec::new();
        if outside(self.cores, bounds.cores) {
            problems.push(format!(
                "Cores must be between {} and {}",
                bounds.cores.0, bounds.cores.1
            ));
        }
        if outside(self.memory, bounds.memory) {
            problems.push(format!(
                "Memory must be between {} and {} MB",
                bounds.memory.0, bounds.memory.1
            ));
        }
        if outside(self.disk, bounds.disk) {
            problems.push(format!(
                "Disk must be between {} and {} GB",
                bounds.disk.0, bounds.disk.1
            ));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_bounds_and_messages_are_the_originals() {
        for kind in [DeploymentKind::Lxc, DeploymentKind::Vm] {
            assert!(Resources::default_for(kind).problems(kind).is_empty());
        }
        let none = Resources {
            cores: 0,
            memory: 1,
            disk: 1000,
        };
        assert_eq!(
            none.problems(DeploymentKind::Lxc),
            [
                "Cores must be between 1 and 8",
                "Memory must be between 256 and 16384 MB",
                "Disk must be between 5 and 200 GB"
            ]
        );
    }
}
