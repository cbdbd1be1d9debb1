//! Databases that somebody changed by hand: what is missing is named, with the cure, and nothing is touched.

use store::admin::{
    self, Access, Admin, BackupTo, MigrateOptions, MigrateReport, ResetOptions, RestoreOptions,
    SchemaKind, SeedOptions, SeedReport, UpgradeOptions,
};
use store::schema::Migrations;
use store::{Database, MigrateError, OpenError, SecretKey};

use crate::ground::{Ground, clock, files};
use crate::other::Other;
use crate::servers::Server;
use crate::world::dice;

async fn serve(ground: &Ground<'_>) -> Result<(), OpenError> {
    let dice = dice(3);
    let key = SecretKey::load_or_create(ground.folder.path(), None, &dice).unwrap();
    let opened = Database::open(&ground.target(), key, clock(), dice).await?;
    opened.close().await;
    Ok(())
}

async fn kind(ground: &Ground<'_>) -> SchemaKind {
    let mut admin = look(ground).await;
    let state = admin::state(&mut admin, None).await.unwrap();
    admin.close().await.unwrap();
    state.kind
}

async fn look(ground: &Ground<'_>) -> Admin {
    Admin::open(&ground.target(), Access::Look, clock())
        .await
        .unwrap()
}

async fn fill(ground: &Ground<'_>) -> SeedReport {
    let mut admin = ground.admin().await;
    let options = UpgradeOptions::default();
    admin::upgrade(&mut admin, &options).await.unwrap();
    let options = SeedOptions {
        count: 40,
        rng_seed: 1,
    };
    let report = admin::seed(&mut admin, options, &mut |_, _| ()).await;
    admin.close().await.unwrap();
    report.unwrap()
}

/// What a command says the statements are: behind the sentence, each ended by a semicolon.
fn statements(words: &str) -> Vec<String> {
    let Some((_, all)) = words.split_once(":\n  ") else {
        return Vec::new();
    };
    let all = all.trim_end().trim_end_matches(';');
    all.split(";\n  ").map(str::to_owned).collect()
}

async fn run_all(other: &mut Other, statements: &[String]) {
    assert!(!statements.is_empty());
    for statement in statements {
        other.run(statement).await;
    }
}

fn options(ground: &Ground<'_>) -> MigrateOptions {
    MigrateOptions {
        message: "drift".into(),
        dir: Some(ground.dir()),
        working_folder: ground.folder.path().into(),
    }
}

grounds! {
    /// A server does not run on a schema that lacks what it needs; the statements of the cure bring it back.
    async fn a_missing_column_or_table_is_named_and_can_be_put_back(ground) {
        fill(&ground).await;
        let mut other = ground.other().await;
        other.run("DROP TABLE events").await;
        other.run("ALTER TABLE deployments DROP COLUMN tags").await;
        let before = ground.schema().await;
        let SchemaKind::Refused(words) = kind(&ground).await else { panic!("not refused") };
        assert!(words.contains("deployments.tags, events"), "{words}");
        let refused = serve(&ground).await.unwrap_err();
        assert!(matches!(refused, OpenError::Schema(MigrateError::NotWhole { .. })), "{refused:?}");
        let refused = ground.upgrade().await.unwrap_err().to_string();
        assert!(refused.contains("havre db restore") && refused.contains("deployments.tags"), "{refused}");
        assert_eq!(ground.schema().await, before);
        run_all(&mut other, &statements(&refused)).await;
        assert_eq!(kind(&ground).await, SchemaKind::Current);
        other.close().await;
        serve(&ground).await.unwrap();
        let mut admin = look(&ground).await;
        let report = admin::check(&mut admin, admin::CheckOptions::default()).await.unwrap();
        admin.close().await.unwrap();
        let schema: Vec<_> = report.findings.iter().filter(|found| found.what == admin::CheckKind::Schema).collect();
        assert!(schema.iter().all(|found| !found.is_error), "{schema:?}");
    }

    /// What somebody added is in nobody's way.
    async fn a_column_too_many_keeps_nobody_from_serving(ground) {
        fill(&ground).await;
        let mut other = ground.other().await;
        other.run("ALTER TABLE deployments ADD COLUMN replicas INTEGER").await;
        other.close().await;
        assert_eq!(kind(&ground).await, SchemaKind::Current);
        serve(&ground).await.unwrap();
    }

    /// The tables of Havre without their ledger are not the original's, whose adoption would be wrong advice.
    async fn tables_without_their_ledger_are_known_for_ours(ground) {
        fill(&ground).await;
        let mut other = ground.other().await;
        for gone in ["DROP TABLE havre_schema", "DELETE FROM havre_schema"] {
            other.run(gone).await;
            let before = ground.schema().await;
            let SchemaKind::Refused(words) = kind(&ground).await else { panic!("not refused") };
            assert!(words.contains("Havre's own tables") && !words.contains("Rename"), "{words}");
            let refused = serve(&ground).await.unwrap_err();
            assert!(matches!(refused, OpenError::Schema(MigrateError::NoLedger { .. })), "{refused:?}");
            let refused = ground.upgrade().await.unwrap_err().to_string();
            assert_eq!(ground.schema().await, before);
            assert_eq!(other.text("SELECT CAST(COUNT(*) AS CHAR(9)) FROM deployments").await.trim(), "40");
            run_all(&mut other, &statements(&refused)).await;
            assert_eq!(kind(&ground).await, SchemaKind::Current, "{refused}");
        }
        // With other tables than those of any version there is no stamp.
        other.run("DROP TABLE havre_schema").await;
        other.run("ALTER TABLE deployments DROP COLUMN tags").await;
        let refused = ground.upgrade().await.unwrap_err().to_string();
        assert!(refused.contains("only a backup") && statements(&refused).is_empty(), "{refused}");
        other.close().await;
    }

    /// The way back that the words name first.
    async fn a_backup_brings_the_ledger_back(ground) {
        fill(&ground).await;
        let file = ground.folder.path().join("x.backup");
        let migrations = Migrations::embedded().unwrap();
        let mut admin = ground.admin().await;
        admin::backup(&mut admin, &migrations, BackupTo::File(file.clone()), &|_| ()).await.unwrap();
        admin.close().await.unwrap();
        let mut other = ground.other().await;
        other.run("DROP TABLE havre_schema").await;
        other.run("DELETE FROM deployments").await;
        other.close().await;
        let mut admin = ground.admin().await;
        admin::restore(&mut admin, &migrations, &file, &RestoreOptions::default(), &|_| ()).await.unwrap();
        admin.close().await.unwrap();
        assert_eq!(kind(&ground).await, SchemaKind::Current);
        assert_eq!(fill(&ground).await.there_before, 40);
    }

    /// What `migrate` writes, `upgrade` reads: drift gives no file but the statements that end it.
    async fn drift_is_never_written_down_as_a_migration(ground) {
        fill(&ground).await;
        let mut other = ground.other().await;
        let changes = [
            "ALTER TABLE deployments ADD COLUMN replicas INTEGER",
            "ALTER TABLE deployments DROP COLUMN tags",
            match ground.server() {
                Some(Server::MariaDb) => "DROP INDEX ix_deployments_created_at ON deployments",
                _ => "DROP INDEX ix_deployments_created_at",
            },
        ];
        for change in changes {
            other.run(change).await;
            let mut admin = look(&ground).await;
            let refused = admin::migrate(&mut admin, &options(&ground)).await.unwrap_err().to_string();
            assert!(refused.contains("by hand") && refused.contains("No file was written"), "{refused}");
            assert_eq!(files(&ground.dir(), ""), Vec::<std::path::PathBuf>::new());
            run_all(&mut other, &statements(&refused)).await;
            let again = admin::migrate(&mut admin, &options(&ground)).await.unwrap();
            assert_eq!(again, MigrateReport::NoChanges, "{change}: {refused}");
            admin.close().await.unwrap();
        }
        other.close().await;
    }

    /// Two at once: one after the other, both done.
    async fn resets_at_once_wait_for_each_other(ground) {
        fill(&ground).await;
        if ground.is_sqlite() {
            // The second one is refused by the lock of the file.
            return;
        }
        for _ in 0..2 {
            let one = async || {
                let mut admin = ground.admin().await;
                let preview = admin::reset_preview(&mut admin).await;
                let done = admin::reset(&mut admin, ResetOptions::default()).await;
                admin.close().await.unwrap();
                preview.map(drop).and(done.map(drop)).map_err(|error| error.to_string())
            };
            let (first, second) = tokio::join!(one(), one());
            assert_eq!((first, second), (Ok(()), Ok(())));
        }
        assert_eq!(kind(&ground).await, SchemaKind::Current);
    }
}
