//! Figures of a database, on every database.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{DeploymentKind, Status};
use store::admin::{Access, Admin, Stats, stats};
use store::records::NewRecord;

use crate::servers::Server;
use crate::world::*;

async fn taken(world: &World) -> Stats {
    let target = world.url.parse().unwrap();
    let mut admin = Admin::open(&target, Access::Look, world.clock.clone())
        .await
        .unwrap();
    let taken = stats(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    taken
}

fn count(stats: &Stats, status: Status) -> u64 {
    let found = stats.by_status.iter().find(|row| row.status == status);
    found.unwrap().count
}

/// Seventeen rows: records of all kinds, one that is managed, and what another program wrote.
async fn fill(world: &World, now: DateTime<Utc>) {
    let records = world.db.records();
    let new =
        |name: &str, days: i64| NewRecord::named(name).created_at(now - TimeDelta::days(days));
    for number in 0..12 {
        let row = new("x", 0)
            .framework(format!("f{number:02}"))
            .user_id("ana")
            .status(Status::Running);
        records
            .create(row.deployment_type(DeploymentKind::Vm))
            .await
            .unwrap();
    }
    records
        .create(new("y", 3).framework("f00").status(Status::Failed))
        .await
        .unwrap();
    records
        .create(new("z", 29).user_id("bob").status(Status::Deleted))
        .await
        .unwrap();
    records
        .create(new("z", 30).user_id("bob").status(Status::Stopped))
        .await
        .unwrap();
    world.deploy("shop").await;
    let mut other = world.other().await;
    other
        .run("UPDATE deployments SET status = 'FaiLED' WHERE name = 'y'")
        .await;
    let odd = "INSERT INTO deployments (id, name, status, created_at) VALUES ('odd', 'o', 'ready', '2026-01-01 00:00:00')";
    other.run(odd).await;
    other.close().await;
}

async fn everything_is_counted(world: World) {
    let empty = taken(&world).await;
    assert_eq!((empty.total, empty.live, empty.managed), (0, 0, 0));
    assert_eq!(empty.success.rate, None);
    assert_eq!(empty.by_status.len(), 7);
    assert_eq!(empty.created_per_day.len(), 30);
    assert_eq!(empty.by_owner.most, []);

    fill(&world, empty.at).await;

    let stats = taken(&world).await;
    assert_eq!((stats.total, stats.live, stats.managed), (17, 16, 1));
    let counted = [
        (Status::Running, 12),
        (Status::Failed, 1),
        (Status::Deleted, 1),
        (Status::Pending, 1),
    ];
    for (status, wanted) in counted {
        assert_eq!(count(&stats, status), wanted, "{status}");
    }
    assert_eq!(stats.unknown_status, 1);
    let success = stats.success;
    assert_eq!((success.running, success.failed), (12, 1));
    assert!((success.rate.unwrap() - 100.0 * 12.0 / 13.0).abs() < 1e-9);

    assert_eq!(stats.by_type.most[0].value.as_deref(), Some("vm"));
    let first = &stats.by_framework.most[0];
    assert_eq!(
        (first.value.as_deref(), first.count),
        (None, 4),
        "shop, z, z and the odd one have none"
    );
    assert_eq!(stats.by_framework.most.len(), 10);
    let shown: u64 = stats.by_framework.most.iter().map(|row| row.count).sum();
    assert_eq!(shown + stats.by_framework.others, 17);
    assert!(stats.by_framework.others > 0);
    let owners: Vec<_> = stats
        .by_owner
        .most
        .iter()
        .map(|row| (row.value.as_deref(), row.count))
        .collect();
    assert_eq!(owners, [(Some("ana"), 12), (None, 3), (Some("bob"), 2)]);

    let days: Vec<u64> = stats.created_per_day.iter().map(|day| day.count).collect();
    assert_eq!((days[0], days[26]), (1, 1));
    assert!(days[29] >= 12);
    let today = stats.created_per_day[29].date;
    assert_eq!(stats.created_per_day[0].date, today - TimeDelta::days(29));

    assert!(stats.size.bytes > 0 && stats.size.indexes > 10);
    let table = stats
        .size
        .tables
        .iter()
        .find(|table| table.name == "deployments")
        .unwrap();
    assert_eq!(table.rows, 17);
    assert!(stats.schema_version >= 1);
    let json = serde_json::to_value(&stats).unwrap();
    assert_eq!(json["by_status"][3]["status"], "running");
    assert_eq!(json["created_per_day"][29]["date"], today.to_string());
}

#[tokio::test]
async fn sqlite() {
    everything_is_counted(World::file().await).await;
}

#[tokio::test]
async fn postgres() {
    World::on(Server::Postgres, module_path!(), everything_is_counted).await;
}

#[tokio::test]
async fn mariadb() {
    World::on(Server::MariaDb, module_path!(), everything_is_counted).await;
}
