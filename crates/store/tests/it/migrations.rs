//! Upgrade, downgrade, history, and writing migrations: on every database.

mod sqlite;

use std::path::Path;

use store::admin::{
    self, Access, Admin, MigrateOptions, MigrateReport, Revision, SchemaKind, UpgradeOptions,
};
use store::schema::{
    Column, ColumnType, Default as Value, Index, IndexColumn, Migration, Migrations, Op, Schema,
    model,
};
use store::{Database, MigrateError, OpenError, SecretKey};

use crate::ground::{Ground, clock, files};
use crate::other::Other;
use crate::servers::Server;
use crate::world::dice;

pub fn newest() -> u32 {
    Migrations::embedded().unwrap().newest()
}

pub fn column(name: &str, kind: ColumnType) -> Column {
    Column {
        name: name.into(),
        kind,
        nullable: true,
        default: None,
        any_case: false,
        auto: false,
    }
}

pub fn index(name: &str, column: &str, unique: bool) -> Index {
    Index {
        name: name.into(),
        columns: vec![IndexColumn {
            name: column.into(),
            any_case: false,
        }],
        unique,
    }
}

/// A migration behind those that are there, with the way back that its steps give.
pub fn write(dir: &Path, before: &Schema, version: u32, up: Vec<Op>) -> Migration {
    let mut schema = before.clone();
    let mut down = Vec::new();
    for op in &up {
        down.insert(0, op.inverse(&schema).unwrap());
        op.apply(&mut schema).unwrap();
    }
    let migration = Migration::new(version, "of_a_test", up, down);
    std::fs::write(dir.join(migration.file_name()), migration.to_toml()).unwrap();
    migration
}

fn newest_schema() -> Schema {
    Migrations::embedded().unwrap().newest_schema().clone()
}

/// Adds, changes and removes something of every sort.
pub fn a_bit_of_everything() -> Vec<Op> {
    let table = || "deployments".to_owned();
    let text = Column {
        nullable: false,
        ..column("colour", ColumnType::Varchar(20))
    };
    let status = newest_schema()
        .table("deployments")
        .unwrap()
        .column("status")
        .unwrap()
        .clone();
    let wider = Column {
        kind: ColumnType::Varchar(60),
        ..status.clone()
    };
    vec![
        Op::AddColumn {
            table: table(),
            column: text,
            fill: Some(Value::Text("it's red".into())),
        },
        Op::AddColumn {
            table: table(),
            column: column("weight", ColumnType::BigInt),
            fill: None,
        },
        Op::CreateIndex {
            table: table(),
            index: index("ix_deployments_colour", "colour", false),
        },
        Op::AlterColumn {
            table: table(),
            from: status,
            to: wider,
            fill: None,
        },
        Op::DropColumn {
            table: table(),
            column: "error_message".into(),
        },
        Op::CreateTable {
            table: store::schema::Table {
                name: "colours".into(),
                columns: vec![Column {
                    nullable: false,
                    ..column("id", ColumnType::Varchar(20))
                }],
                primary_key: vec!["id".into()],
                indexes: vec![],
                foreign_keys: vec![],
            },
        },
    ]
}

pub async fn insert(other: &mut Other, rows: u32) {
    for row in 0..rows {
        other
            .run(&format!(
                "INSERT INTO deployments (id, name, status, created_at, error_message, vm_id) \
                 VALUES ('id-{row}', 'app-{row}', 'failed', '2026-01-01 00:00:0{}', 'why', {row})",
                row % 10
            ))
            .await;
    }
}

async fn names(other: &mut Other) -> Vec<Option<String>> {
    other
        .texts("SELECT name FROM deployments ORDER BY id")
        .await
}

async fn open(ground: &Ground<'_>) -> Result<(), OpenError> {
    let dice = dice(3);
    let key = SecretKey::load_or_create(ground.folder.path(), None, &dice).unwrap();
    let db = Database::open(&ground.target(), key, clock(), dice).await?;
    db.close().await;
    Ok(())
}

async fn state(ground: &Ground<'_>) -> admin::SchemaState {
    let mut admin = ground.admin().await;
    let state = admin::state(&mut admin, Some(&ground.dir())).await.unwrap();
    admin.close().await.unwrap();
    state
}

fn to(ground: &Ground<'_>, version: u32) -> UpgradeOptions {
    UpgradeOptions {
        to: Some(Revision::Version(version)),
        ..ground.options()
    }
}

grounds! {
    /// The one test that ties everything together: what the model says is what the database then holds.
    async fn the_migrations_make_the_model(ground) {
        assert_eq!(state(&ground).await.kind, SchemaKind::Empty);
        let report = ground.upgrade().await.unwrap();
        assert_eq!((report.from, report.to, report.up.len() as u32), (0, newest(), newest()));
        assert_eq!(report.backup, None, "there was nothing to lose");
        assert_eq!(state(&ground).await.kind, SchemaKind::Current);
        let mut admin = ground.admin().await;
        let live = admin::live_schema(&mut admin).await.unwrap();
        let ours = Migrations::embedded().unwrap().tables();
        let live = store::schema::recognise(&live, &model(), &ours, admin.dialect());
        assert_eq!(live.sorted(), model().sorted());
        admin.close().await.unwrap();
        open(&ground).await.unwrap();
    }

    async fn up_and_down_keep_the_rows_and_come_back_to_the_same_schema(ground) {
        ground.upgrade().await.unwrap();
        let old = ground.schema().await;
        let mut other = ground.other().await;
        insert(&mut other, 3).await;
        let migration = write(&ground.dir(), &newest_schema(), newest() + 1, a_bit_of_everything());
        assert_eq!(state(&ground).await.kind, SchemaKind::Behind);

        let report = ground.upgrade().await.unwrap();
        assert_eq!((report.from, report.up), (newest(), vec![migration.to_string()]));
        assert_eq!(report.backup.is_some(), ground.is_sqlite());
        let new = ground.schema().await;
        assert_ne!(old, new);
        assert_eq!(other.texts("SELECT colour FROM deployments").await, vec![Some("it's red".to_owned()); 3]);
        let kept = names(&mut other).await;
        assert_eq!(kept.len(), 3);

        let mut admin = ground.admin().await;
        let plan = admin::plan_downgrade(&mut admin, &ground.options()).await.unwrap();
        let losses: Vec<(&str, Option<&str>, u64)> = plan.losses.iter()
            .map(|loss| (loss.table.as_str(), loss.column.as_deref(), loss.rows)).collect();
        assert!(losses.contains(&("deployments", Some("colour"), 3)), "{losses:?}");
        assert!(!losses.iter().any(|loss| loss.1 == Some("weight") || loss.0 == "colours"), "{losses:?}");
        admin.close().await.unwrap();
        let report = ground.downgrade_with(&ground.options()).await.unwrap();
        assert_eq!((report.to, report.down), (newest(), vec![migration.to_string()]));
        assert_eq!(ground.schema().await, old);
        assert_eq!(names(&mut other).await, kept);

        ground.upgrade().await.unwrap();
        assert_eq!(ground.schema().await, new);
        assert_eq!(names(&mut other).await, kept);
        other.close().await;
    }

    async fn down_to_nothing_and_up_again(ground) {
        ground.upgrade().await.unwrap();
        let schema = ground.schema().await;
        let base = UpgradeOptions { to: Some(Revision::Base), ..UpgradeOptions::default() };
        let report = ground.downgrade_with(&base).await.unwrap();
        assert_eq!(report.down.len() as u32, newest());
        assert_eq!(state(&ground).await.kind, SchemaKind::Empty);
        let refused = ground.downgrade_with(&UpgradeOptions::default()).await.unwrap_err();
        assert!(refused.to_string().contains("no migration"), "{refused}");
        ground.upgrade().await.unwrap();
        assert_eq!(ground.schema().await, schema);
    }

    async fn a_dry_run_shows_the_sql_that_would_run(ground) {
        ground.upgrade().await.unwrap();
        write(&ground.dir(), &newest_schema(), newest() + 1, a_bit_of_everything());
        let before = ground.schema().await;
        let dry = UpgradeOptions { dry_run: true, ..ground.options() };
        let report = ground.upgrade_with(&dry).await.unwrap();
        assert_eq!(ground.schema().await, before);
        assert_eq!(report.sql.len(), 1);
        // It is what runs: by hand it gives the same.
        let mut other = ground.other().await;
        for statement in &report.sql[0].1 {
            if ground.is_sqlite() {
                other.run("PRAGMA legacy_alter_table = ON").await;
            }
            other.run(statement).await;
        }
        let by_hand = ground.schema().await;
        let mut down = ground.options();
        down.dry_run = true;
        down.to = Some(Revision::Version(newest()));
        assert_ne!(by_hand, before);
        other.close().await;
    }

    async fn changed_newer_and_gappy_ledgers_are_refused(ground) {
        ground.upgrade().await.unwrap();
        let mut other = ground.other().await;
        let dir = ground.dir();
        let migration = write(&dir, &newest_schema(), newest() + 1, a_bit_of_everything());
        ground.upgrade().await.unwrap();

        let bare = ground.upgrade_with(&UpgradeOptions::default()).await.unwrap_err();
        assert!(matches!(bare, MigrateError::Newer { .. }) && bare.to_string().contains("--dir"), "{bare}");
        assert!(matches!(open(&ground).await, Err(OpenError::Schema(MigrateError::Newer { .. }))));

        let mut ops = a_bit_of_everything();
        ops.pop();
        std::fs::remove_file(dir.join(migration.file_name())).unwrap();
        write(&dir, &newest_schema(), newest() + 1, ops);
        let changed = ground.upgrade().await.unwrap_err();
        assert!(matches!(changed, MigrateError::Changed { .. }), "{changed}");

        other.run("DELETE FROM havre_schema WHERE version = 1").await;
        let gap = ground.upgrade().await.unwrap_err().to_string();
        assert!(gap.contains("havre_schema"), "{gap}");
        other.close().await;
    }

    async fn tables_of_something_else_are_not_touched(ground) {
        let mut other = ground.other().await;
        other.run("CREATE TABLE bookmarks (id INTEGER)").await;
        let refused = ground.upgrade().await.unwrap_err();
        assert!(matches!(refused, MigrateError::ForeignTables(ref it) if it == "bookmarks"), "{refused}");
        let mut admin = ground.admin().await;
        assert!(matches!(admin::state(&mut admin, None).await.unwrap().kind, SchemaKind::Refused(_)));
        assert_eq!(admin::live_schema(&mut admin).await.unwrap().tables.len(), 1);
        other.close().await;
    }

    /// What Alembic leaves in a database without tables is no reason to stay away.
    async fn the_version_table_of_alembic_is_left_alone(ground) {
        let mut other = ground.other().await;
        other.run("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)").await;
        ground.upgrade().await.unwrap();
        assert_eq!(other.texts("SELECT version_num FROM alembic_version").await, []);
        other.close().await;
    }

    /// Rows that would be in the way stop it before anything happened.
    async fn rows_in_the_way_stop_it_with_words(ground) {
        ground.upgrade().await.unwrap();
        let mut other = ground.other().await;
        insert(&mut other, 2).await;
        other.run("UPDATE deployments SET user_id = 'same'").await;
        write(&ground.dir(), &newest_schema(), newest() + 1, vec![
            Op::CreateIndex { table: "deployments".into(), index: index("uq_owner", "user_id", true) },
            Op::AddColumn { table: "deployments".into(), column: column("colour", ColumnType::Text), fill: None },
        ]);
        let before = ground.schema().await;
        let refused = ground.upgrade().await.unwrap_err().to_string();
        assert!(refused.contains("more than once"), "{refused}");
        assert_eq!(ground.schema().await, before);
        // Nothing was begun, so a server starts as ever.
        open(&ground).await.unwrap();
        other.run("UPDATE deployments SET user_id = 'other' WHERE vm_id = 1").await;
        ground.upgrade().await.unwrap();
        other.close().await;
    }

    /// Where nothing rolls back, what is done is written down; one goes on from there, or back.
    async fn a_failure_in_the_middle_can_be_ended_both_ways(ground) {
        ground.upgrade().await.unwrap();
        let old = ground.schema().await;
        let mut other = ground.other().await;
        insert(&mut other, 2).await;
        other.run("UPDATE deployments SET user_id = 'same'").await;
        write(&ground.dir(), &newest_schema(), newest() + 1, vec![
            Op::AddColumn { table: "deployments".into(), column: column("colour", ColumnType::Text), fill: None },
            Op::CreateIndex { table: "deployments".into(), index: index("uq_owner", "user_id", true) },
        ]);
        for finish in [false, true] {
            ground.upgrade().await.unwrap_err();
            if ground.server() == Some(Server::MariaDb) {
                let refused = open(&ground).await.unwrap_err();
                // The file of it is not in the binary, and the state is told first.
                assert!(matches!(refused, OpenError::Schema(MigrateError::Cut { done: 1, total: 2, .. })), "{refused}");
                assert!(refused.to_string().contains("havre db upgrade"), "{refused}");
                assert!(matches!(state(&ground).await.kind, SchemaKind::Cut(_)));
            } else {
                assert_eq!(ground.schema().await, old);
            }
            if finish {
                other.run("UPDATE deployments SET user_id = 'other' WHERE vm_id = 1").await;
                let report = ground.upgrade().await.unwrap();
                assert_eq!(report.ended_cut, ground.server() == Some(Server::MariaDb));
                let indexes = ground.schema().await;
                assert!(indexes.contains("uq_owner"));
            } else if ground.server() == Some(Server::MariaDb) {
                ground.downgrade_with(&to(&ground, newest())).await.unwrap();
                assert_eq!(ground.schema().await.replace("havre_progress", ""), old.replace("havre_progress", ""));
                open(&ground).await.unwrap();
            }
        }
        assert_eq!(names(&mut other).await.len(), 2);
        other.close().await;
    }

    async fn history_tells_what_is_applied_and_what_each_does(ground) {
        let one = UpgradeOptions { to: Some(Revision::Version(1)), ..UpgradeOptions::default() };
        ground.upgrade_with(&one).await.unwrap();
        let mut admin = ground.admin().await;
        let history = admin::history(&mut admin, None).await.unwrap();
        assert_eq!(history.len() as u32, newest());
        assert!(history[0].applied && history[0].applied_at.is_some() && !history[0].steps.is_empty());
        assert!(history[1..].iter().all(|entry| !entry.applied && entry.applied_at.is_none()));
        let state = admin::state(&mut admin, None).await.unwrap();
        assert_eq!((state.version, state.name.as_deref()), (1, Some("0001_first_light")));
        assert_eq!(state.pending.len() as u32, newest() - 1);
        let down = admin::upgrade(&mut admin, &UpgradeOptions { to: Some(Revision::Base), ..one }).await;
        assert!(down.unwrap_err().to_string().contains("havre db downgrade"));
        admin.close().await.unwrap();
    }

    /// The model is compared, the difference written, applied, and then there is none.
    async fn a_migration_is_written_from_the_model(ground) {
        ground.upgrade().await.unwrap();
        let options = MigrateOptions {
            message: "Add a colour!".into(),
            dir: Some(ground.dir()),
            working_folder: ground.folder.path().into(),
        };
        let mut other = ground.other().await;
        other.run("CREATE TABLE somebody_elses (id INTEGER)").await;
        let mut admin = ground.admin().await;
        assert_eq!(admin::migrate(&mut admin, &options).await.unwrap(), MigrateReport::NoChanges);

        let mut wanted = model();
        let table = wanted.tables.get_mut("deployments").unwrap();
        table.columns.push(column("colour", ColumnType::Varchar(20)));
        table.indexes.push(index("ix_deployments_colour", "colour", false));
        let report = admin::migrate_to(&mut admin, &options, &wanted).await.unwrap();
        let MigrateReport::Written { file, steps, loses, loses_back, .. } = report else { panic!("{report:?}") };
        let name = format!("{:04}_add_a_colour.toml", newest() + 1);
        assert_eq!(file.file_name().unwrap().to_string_lossy(), name);
        assert_eq!((steps.len(), loses.len(), loses_back.len()), (2, 0, 1), "{steps:?}");
        let behind = admin::migrate_to(&mut admin, &options, &wanted).await.unwrap_err().to_string();
        assert!(behind.contains("havre db upgrade"), "{behind}");
        admin::upgrade(&mut admin, &ground.options()).await.unwrap();
        assert_eq!(admin::migrate_to(&mut admin, &options, &wanted).await.unwrap(), MigrateReport::NoChanges);
        assert_eq!(other.texts("SELECT 'there' FROM somebody_elses").await, []);
        let lost = MigrateOptions { dir: None, ..options };
        let words = admin::migrate_to(&mut admin, &lost, &wanted).await.unwrap_err().to_string();
        assert!(words.contains("--dir"), "{words}");
        admin.close().await.unwrap();
        other.close().await;
    }

    /// A server that finds an older database of Havre's own brings it up by itself.
    async fn a_server_applies_what_is_pending(ground) {
        ground.upgrade_with(&UpgradeOptions { to: Some(Revision::Version(1)), ..UpgradeOptions::default() }).await.unwrap();
        let mut other = ground.other().await;
        insert(&mut other, 2).await;
        open(&ground).await.unwrap();
        assert_eq!(state(&ground).await.kind, SchemaKind::Current);
        assert_eq!(names(&mut other).await.len(), 2);
        assert_eq!(files(ground.folder.path(), ".backup-").len(), usize::from(ground.is_sqlite()));
        other.close().await;
        let before = ground.schema().await;
        open(&ground).await.unwrap();
        assert_eq!(ground.schema().await, before);
        assert_eq!(files(ground.folder.path(), ".backup-").len(), usize::from(ground.is_sqlite()), "nothing was pending");
    }

    /// On a server the backup before that is a portable one, in a folder.
    async fn a_backup_is_made_where_something_is_pending(ground) {
        let folder = ground.folder.path().join("backups");
        let save = async || {
            let saved = admin::back_up_pending(&ground.target(), &folder, clock()).await;
            saved.unwrap_or_else(|error| panic!("{error}"))
        };
        let on_server = !ground.is_sqlite();
        if on_server {
            assert_eq!(save().await, None, "an empty database");
        }
        ground.upgrade_with(&UpgradeOptions { to: Some(Revision::Version(1)), ..UpgradeOptions::default() }).await.unwrap();
        let mut other = ground.other().await;
        insert(&mut other, 2).await;
        let saved = save().await;
        assert_eq!(saved.as_ref().map(|file| file.is_file()), on_server.then_some(true));
        ground.upgrade_with(&UpgradeOptions::default()).await.unwrap();
        assert_eq!(save().await, None, "nothing is pending");
        other.close().await;
    }

    async fn nothing_to_do_is_quick(ground) {
        ground.upgrade().await.unwrap();
        let mut admin = ground.admin().await;
        let options = UpgradeOptions::default();
        let mut best = std::time::Duration::MAX;
        for _ in 0..10 {
            let start = std::time::Instant::now();
            let report = admin::upgrade(&mut admin, &options).await.unwrap();
            best = best.min(start.elapsed());
            assert!(report.up.is_empty() && report.backup.is_none());
        }
        assert!(best.as_millis() <= 50, "{best:?}");
        admin.close().await.unwrap();
    }

    /// Two of everything: both end well, and each migration happened once.
    async fn two_migrators_at_once_do_it_once(ground) {
        if ground.is_sqlite() {
            let first = ground.admin().await;
            let second = Admin::open(&ground.target(), Access::Alone, clock()).await;
            assert!(matches!(second.err(), Some(OpenError::InUse(_))));
            first.close().await.unwrap();
            return;
        }
        let mut admins = Vec::new();
        for _ in 0..4 {
            admins.push(ground.admin().await);
        }
        let tasks: Vec<_> = admins.into_iter().map(|mut admin| tokio::spawn(async move {
            let done = admin::upgrade(&mut admin, &UpgradeOptions::default()).await;
            admin.close().await.unwrap();
            done.unwrap().up.len()
        })).collect();
        let mut did = Vec::new();
        for task in tasks {
            did.push(task.await.unwrap());
        }
        assert_eq!(did.iter().sum::<usize>() as u32, newest(), "{did:?}");
        assert_eq!(state(&ground).await.kind, SchemaKind::Current);
    }
}
