//! The database: whether it is named right, reachable, new enough, writable and in step.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::Clock;
use nix::sys::statvfs::statvfs;
use store::{DatabaseTarget, Place, Server, ServerTarget};

use super::check::Check;
use super::{disk, schema};
use crate::config::{Settings, World};
use crate::text;

/// A dead server is given up after this.
const PATIENCE: Duration = Duration::from_secs(10);
/// Clocks that differ by more than this, in milliseconds, make leases end at odd times.
const DRIFT: i64 = 2_000;

/// Looks at everything about the database. `ours` tells whether our server answers.
pub async fn checks(
    settings: &Settings,
    world: &World,
    ours: bool,
    clock: Arc<dyn Clock>,
) -> Vec<Check> {
    let target = match settings.database() {
        Ok(target) => target,
        Err(fault) => {
            let why = fault.why.as_deref().unwrap_or_default();
            let what = format!("{} {why}", fault.what);
            return vec![Check::fail("DATABASE_URL", what, text::DB_NOT_SET)];
        }
    };
    let named = text::db_named(&target.to_string(), &settings.database_origin);
    let mut checks = vec![Check::ok("DATABASE_URL", named)];
    checks.extend(env_file(settings, world, &target));
    match store::probe(&target, PATIENCE).await {
        Ok(server) => {
            checks.extend(look(&target, &server, ours, clock.as_ref()));
            checks.extend(schema::checks(&target, clock).await);
        }
        Err(error) => checks.push(Check::fail("database", error.what(), error.cure())),
    }
    checks
}

fn look(target: &DatabaseTarget, server: &Server, ours: bool, clock: &dyn Clock) -> Vec<Check> {
    let file = target.file();
    let exists = file.is_some_and(Path::exists);
    let answers = text::db_answers(&server.to_string(), server.tls, file.is_some(), exists);
    let mut checks = vec![Check::ok("database", answers), writes(server)];
    match target {
        DatabaseTarget::Sqlite(file) => {
            checks.push(holder(file, ours));
            checks.push(room(file));
            checks.extend(network(server));
        }
        DatabaseTarget::Memory => {}
        DatabaseTarget::Postgres(place) | DatabaseTarget::MySql(place) => {
            checks.push(rights(server));
            checks.extend(drift(server, clock));
            checks.extend(in_the_clear(place, server));
        }
    }
    checks
}

fn writes(server: &Server) -> Check {
    if server.read_only {
        Check::fail("db writes", text::DB_READ_ONLY, text::DB_READ_ONLY_CURE)
    } else {
        Check::ok("db writes", text::DB_WRITABLE)
    }
}

fn rights(server: &Server) -> Check {
    if server.can_create {
        Check::ok("db rights", text::DB_CAN_CREATE)
    } else {
        Check::warn(
            "db rights",
            text::DB_CANNOT_CREATE,
            text::DB_CANNOT_CREATE_CURE,
        )
    }
}

fn drift(server: &Server, clock: &dyn Clock) -> Option<Check> {
    let apart = (server.clock? - clock.now().timestamp_micros()) / 1000;
    let what = text::db_clock(apart);
    Some(if apart.abs() > DRIFT {
        Check::warn("db clock", what, text::DB_CLOCK_CURE)
    } else {
        Check::ok("db clock", what)
    })
}

fn in_the_clear(target: &ServerTarget, server: &Server) -> Option<Check> {
    let Place::Tcp { host, .. } = &target.place else {
        return None;
    };
    let address = host.parse::<std::net::IpAddr>();
    let near = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    (!near && !server.tls).then(|| Check::warn("db TLS", text::DB_PLAIN, text::DB_PLAIN_CURE))
}

fn holder(file: &Path, ours: bool) -> Check {
    match (store::in_use(file), ours) {
        (true, true) => Check::ok("db in use", text::DB_OURS),
        (true, false) => Check::warn("db in use", text::DB_IN_USE, text::DB_IN_USE_CURE),
        (false, _) => Check::ok("db in use", text::DB_FREE),
    }
}

/// What the server keeps for itself goes when this little is left.
fn room(file: &Path) -> Check {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    match statvfs(folder) {
        Ok(found) => {
            let (unit, all) = (found.fragment_size(), found.blocks());
            disk::of_database(folder, found.blocks_available() * unit, all * unit)
        }
        Err(error) => Check::warn("db disk", error.to_string(), text::DB_DISK_CURE),
    }
}

fn network(server: &Server) -> Option<Check> {
    let kind = server.network?;
    Some(Check::warn(
        "db file",
        text::db_network(kind),
        text::DB_NETWORK_CURE,
    ))
}

/// A password in a file that everybody can read is everybody's.
fn env_file(settings: &Settings, world: &World, target: &DatabaseTarget) -> Option<Check> {
    let (DatabaseTarget::Postgres(server) | DatabaseTarget::MySql(server)) = target else {
        return None;
    };
    let path = world.folder.join(".env");
    let open = std::fs::metadata(&path).is_ok_and(|found| found.permissions().mode() & 0o004 != 0);
    let told = settings.database_origin.starts_with(".env") && server.password.is_some();
    let check = || {
        Check::warn(
            "DATABASE_URL",
            text::env_file_open(&path),
            text::env_file_cure(&path),
        )
    };
    (open && told).then(check)
}
