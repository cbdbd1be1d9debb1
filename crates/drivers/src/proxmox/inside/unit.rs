//! The unit of the app. Pure: a text, made of numbers and paths of the driver only.

use crate::local::CrashPolicy;

use super::guest::ServiceLimits;

/// The unit's name.
pub const UNIT: &str = "havre-app.service";
/// Where it is.
pub const FILE: &str = "/etc/systemd/system/havre-app.service";
/// What the app is started with; only the app's user reads it.
pub const LAUNCH: &str = "/etc/havre/app.launch";
/// Stands before the service's fingerprint in the unit's description, where one look finds it.
pub const DESCRIPTION: &str = "Havre app ";

/// Left to the rest of the guest: systemd, sshd, the journal. MiB.
const SPARED: u32 = 48;

/// The text of the unit.
pub fn text(fingerprint: &str, enter: &str, life: &str, limits: &ServiceLimits) -> String {
    let CrashPolicy {
        first,
        longest,
        crashes,
        within,
    } = limits.crash;
    let (first, longest) = (first.as_millis(), longest.as_millis());
    let within = within.as_secs().max(1);
    let memory = limits.memory.saturating_sub(SPARED).max(SPARED);
    format!(
        "[Unit]
Description={DESCRIPTION}{fingerprint}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec={within}
StartLimitBurst={crashes}

[Service]
Type=exec
ExecStartPre=+{life} begin {first} {longest} {within}
ExecStart={enter} {LAUNCH}
ExecStopPost=+{life} end
User=app
Group=app
UMask=0022
Restart=always
RestartSec=1ms
TimeoutStartSec=90
TimeoutStopSec=120
KillMode=mixed
StandardInput=null
StandardOutput=journal
StandardError=journal
SyslogIdentifier=app
LogRateLimitIntervalSec=1
LogRateLimitBurst=100000000
MemoryMax={memory}M
TasksMax=2048
OOMScoreAdjust=500
LimitCORE=0
LimitNOFILE=65536
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths=/app
ProtectHome=yes
ProtectControlGroups=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=multi-user.target
"
    )
}
