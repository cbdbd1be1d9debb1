//! What `check` finds, and that it finds nothing in a sound database.

use store::SecretKey;
use store::admin::{Access, Admin, CheckKind, CheckOptions, CheckReport, SeedOptions, check, seed};

use crate::other::Other;
use crate::servers::Server;
use crate::world::*;

async fn looked(world: &World, options: CheckOptions<'_>) -> CheckReport {
    let target = world.url.parse().unwrap();
    let mut admin = Admin::open(&target, Access::Look, world.clock.clone())
        .await
        .unwrap();
    let report = check(&mut admin, options).await.unwrap();
    admin.close().await.unwrap();
    report
}

fn key(world: &World) -> SecretKey {
    SecretKey::load_or_create(world.folder.path(), None, &world.dice).unwrap()
}

/// Errors as `kind table row column`.
fn errors(report: &CheckReport) -> Vec<String> {
    let mut named: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.is_error)
        .map(|finding| {
            let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".into());
            let (table, row, column) = (
                part(&finding.table),
                part(&finding.row),
                part(&finding.column),
            );
            format!("{:?} {table} {row} {column}", finding.what)
        })
        .collect();
    named.sort();
    named
}

/// A database with work in it: served, destroyed, failed deployments, secrets, and examples.
async fn lively(world: &World) -> String {
    let accepted = world.deploy("shop").await;
    world.serve_next(1).await;
    let gone = world.deploy("gone").await;
    world.destroy(&gone.deployment).await;
    let id = accepted.deployment;
    world
        .store
        .secret_once(&id, "SECRET_KEY", "clear")
        .await
        .unwrap();
    let target = world.url.parse().unwrap();
    let mut admin = Admin::open(&target, Access::Add, world.clock.clone())
        .await
        .unwrap();
    seed(&mut admin, SeedOptions::default(), &mut |_, _| ())
        .await
        .unwrap();
    admin.close().await.unwrap();
    id.to_string()
}

async fn a_sound_database_is_clean(world: World) {
    lively(&world).await;
    let key = key(&world);
    let options = CheckOptions {
        key: Some(&key),
        ..CheckOptions::default()
    };
    let report = looked(&world, options).await;
    assert_eq!(report.findings, []);
    assert!(report.is_clean());
    assert_eq!(report.checks.len(), CheckKind::ALL.len());
    assert!(report.checks.iter().all(|check| check.looked));
    // A key that is not at hand is what is wrong.
    let without = looked(&world, CheckOptions::default()).await;
    assert_eq!(errors(&without), ["Secrets havre_meta key_check -"]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["checks"][3]["what"], "rows");
}

/// What every database lets other programs do.
async fn what_is_wrong_is_named(world: World) {
    let id = lively(&world).await;
    let mut other = world.other().await;
    let row = |id: &str, name: &str, status: &str| {
        format!(
            "INSERT INTO deployments (id, name, status, created_at) VALUES ('{id}', '{name}', '{status}', \
             '2026-01-01 00:00:00')"
        )
    };
    other.run(&row("odd", "odd", "rea\u{1b}dy")).await;
    other.run(&row("twin-1", "My_App", "running")).await;
    other.run(&row("twin-2", "my-app", "running")).await;
    // Its row is removed by another program, and so is the name of the other one.
    other
        .run(&format!("DELETE FROM deployments WHERE id = '{id}'"))
        .await;
    let second = world.deploy("second").await.deployment;
    other
        .run(&format!(
            "DELETE FROM names WHERE deployment_id = '{second}'"
        ))
        .await;
    other
        .run(
            "INSERT INTO guests (id, deployment_id, release_id, driver, role, wanted, base, created_at, wanted_since) \
             VALUES ('g000000000001', 'nobody', 'nothing', 'local', 'serve', 'serving', 'x', 1, 1)",
        )
        .await;
    other
        .run("UPDATE secrets SET sealed = 'abcdef01:xyz'")
        .await;
    drop_index(&mut other).await;
    let key = key(&world);
    let options = CheckOptions {
        key: Some(&key),
        ..CheckOptions::default()
    };
    let report = looked(&world, options).await;
    let mut wanted = [
        "Schema deployments - -".into(),
        format!("References managed {id} deployment_id"),
        "References guests g000000000001 deployment_id".into(),
        "References guests g000000000001 release_id".into(),
        "Rows deployments odd status".into(),
        format!("Labels names {id} label"),
        format!("Labels managed {second} label"),
        format!("Secrets secrets {id} sealed"),
    ];
    wanted.sort();
    assert_eq!(errors(&report), wanted);
    assert_eq!((report.errors, report.warnings), (8, 1));
    assert!(!report.is_clean());
    let said = |needle: &str| {
        report
            .findings
            .iter()
            .any(|finding| finding.problem.contains(needle))
    };
    assert!(said("2 live rows have the name `my-app`"));
    assert!(said("rea\u{fffd}dy"), "control characters are not shown");
    assert!(said("the index ix_deployments_name is missing"));
    assert!(said("encrypted with the key abcdef01"));
    assert!(
        !report
            .findings
            .iter()
            .any(|finding| finding.problem.contains("xyz"))
    );

    let few = looked(&world, CheckOptions { most: 3, ..options }).await;
    assert_eq!((few.findings.len(), few.errors, few.warnings), (3, 8, 1));
    other.close().await;
}

async fn drop_index(other: &mut Other) {
    let drop = match other {
        Other::MySql(_) => "DROP INDEX ix_deployments_name ON deployments",
        _ => "DROP INDEX ix_deployments_name",
    };
    other.run(drop).await;
}

/// Each test on every database.
macro_rules! everywhere {
    ($($name:ident),*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(World::file().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                World::on(Server::Postgres, module_path!(), super::$name).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mariadb() {
                World::on(Server::MariaDb, module_path!(), super::$name).await;
            }
        }
    )*};
}
everywhere!(a_sound_database_is_clean, what_is_wrong_is_named);

/// SQLite takes anything in any column; each is named, and lists go on.
#[tokio::test]
async fn sqlite_holds_anything() {
    let world = World::file().await;
    let mut other = world.other().await;
    let odd = "INSERT INTO deployments (id, name, status, created_at, deployed_at, resources, vm_id, tags) VALUES \
        ('1', 'a', 'running', 'yesterday', '2026-01-01', '{', 'many', 'x'), \
        ('2', 'b', 'running', '2026-01-01 00:00:00', NULL, NULL, 5000000000, NULL), \
        ('3', X'FF', 'running', '2026-01-01 00:00:00', NULL, 'null', 7, NULL), \
        ('', 'd', 'RUNNING', '2026-01-01T00:00:00Z', NULL, '[1]', NULL, NULL)";
    other.run(odd).await;
    let long = format!(
        "UPDATE deployments SET tags = '{}' WHERE id = '2'",
        "t".repeat(256)
    );
    other.run(&long).await;
    let report = looked(&world, CheckOptions::default()).await;
    let wanted = [
        "Rows deployments  id",
        "Rows deployments 1 created_at",
        "Rows deployments 1 deployed_at",
        "Rows deployments 1 resources",
        "Rows deployments 1 vm_id",
        "Rows deployments 2 tags",
        "Rows deployments 2 vm_id",
        "Rows deployments 3 name",
        "Secrets havre_meta key_check -",
    ];
    assert_eq!(errors(&report), wanted);
    let said = |needle: &str| {
        report
            .findings
            .iter()
            .any(|finding| finding.problem.contains(needle))
    };
    assert!(
        said("`yesterday` is no time")
            && said("`5000000000` is no whole number")
            && said("256 characters")
    );
    let listed = world.db.records().get_all().next().await.unwrap().unwrap();
    assert_eq!(listed.len(), 4);
}

/// A damaged file is told as such, not as a failure of the check.
#[tokio::test]
async fn a_damaged_file_is_a_finding() {
    use std::os::unix::fs::FileExt;

    let world = World::file().await;
    lively(&world).await;
    let path = world.path();
    world.db.close().await;
    let roots = "SELECT CAST(rootpage AS TEXT) FROM sqlite_master WHERE name IN ('deployments', 'ix_deployments_owner')";
    let mut other = world.other().await;
    let roots = other.texts(roots).await;
    other.close().await;
    assert_eq!(roots.len(), 2);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for page in roots.into_iter().flatten() {
        let page: u64 = page.parse().unwrap();
        file.write_all_at(&[0xa5; 4096], (page - 1) * 4096).unwrap();
    }
    drop(file);
    let report = looked(&world, CheckOptions::default()).await;
    assert!(!report.is_clean());
    let damaged = report
        .findings
        .iter()
        .filter(|finding| finding.what == CheckKind::Integrity);
    assert!(damaged.clone().count() > 0);
    assert!(
        damaged
            .clone()
            .all(|finding| finding.problem.contains("the database is damaged"))
    );
}
