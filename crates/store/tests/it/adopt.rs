//! Databases of the original: recognised strictly, taken over without losing a value, with a backup.

use std::collections::BTreeMap;

use store::admin::{self, Access, Admin, SchemaKind};
use store::{Database, MigrateError, OpenError, SecretKey};

use crate::ground::{Ground, clock, files};
use crate::other::Other;
use crate::servers::Server;
use crate::world::dice;

/// The original's two models.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Model {
    Live,
    Seed,
}
use Model::{Live, Seed};

const COMMON: [&str; 12] = [
    "id",
    "name",
    "deployment_type",
    "framework",
    "github_url",
    "status",
    "created_at",
    "deployed_at",
    "deleted_at",
    "ip_address",
    "vm_id",
    "error_message",
];

fn ddl(ground: &Ground<'_>, model: Model) -> &'static str {
    match (model, ground.word()) {
        (Live, "sqlite") => include_str!("fixtures/live_sqlite.sql"),
        (Live, "postgres") => include_str!("fixtures/live_postgres.sql"),
        (Live, _) => include_str!("fixtures/live_mysql.sql"),
        (Seed, "sqlite") => include_str!("fixtures/seed_sqlite.sql"),
        (Seed, "postgres") => include_str!("fixtures/seed_postgres.sql"),
        (Seed, _) => include_str!("fixtures/seed_mysql.sql"),
    }
}

/// Rows as the original's app wrote them, and as it should not have. `{R}` is the column of resources.
const ROWS: &str = r#"
INSERT INTO deployments (id, name, deployment_type, framework, github_url, {R}, status, created_at, deployed_at, deleted_at, ip_address, vm_id, error_message) VALUES
 ('11111111-1111-4111-8111-111111111111', 'my-app', 'lxc', 'django', 'https://github.com/acme/shop', '{"cores": 2, "memory": 2048, "disk": 20}', 'running', '2026-11-22 08:30:38', '2026-11-22 08:31:00', NULL, '10.0.0.7', 101, NULL),
 ('22222222-2222-4222-8222-222222222222', 'old_one', 'vm', 'flask', 'http://github.com/a/b', NULL, 'deleted', '2025-01-02 03:04:05', NULL, '2025-02-03 04:05:06', NULL, NULL, 'it''s "broken"; -- \ % ?'),
 ('33333333-3333-4333-8333-333333333333', 'é-name', '', 'weird', '', 'null', 'RUNNING', '2024-02-29 23:59:59', NULL, NULL, '', 0, ''),
 ('44444444-4444-4444-8444-444444444444', 'Failed-App', 'vm', 'react', 'https://github.com/x/y', '{ "b":1,  "a":[1,2] }', 'failed', '2026-01-01 00:00:00', NULL, NULL, NULL, 2147483647, 'line one
line two'),
 ('not-a-uuid', 'my-app-2', 'vm', 'react', 'x', '[]', 'exploded', '2026-01-01 00:00:00', NULL, NULL, NULL, -1, NULL);
"#;

async fn make(ground: &Ground<'_>, model: Model) -> Other {
    let mut other = ground.other().await;
    other.run(ddl(ground, model)).await;
    let resources = if model == Live {
        "resources_json"
    } else {
        "resources"
    };
    let mut rows = ROWS.replace("{R}", resources);
    if ground.server() == Some(Server::MariaDb) {
        rows = rows.replace('\\', "\\\\");
    }
    other.run(&rows).await;
    if model == Seed {
        other
            .run("UPDATE deployments SET user_id = 'ana', tags = 'a,b' WHERE vm_id = 101")
            .await;
    }
    other
}

/// A column as text that says all of it; on SQLite with its type.
fn shown(ground: &Ground<'_>, column: &str) -> String {
    match ground.server() {
        None => format!("typeof({column}) || ' ' || quote({column})"),
        Some(Server::Postgres) => format!("CAST({column} AS TEXT)"),
        Some(Server::MariaDb) if column.ends_with("_at") => {
            format!("DATE_FORMAT({column}, '%Y-%m-%d %H:%i:%s.%f')")
        }
        Some(Server::MariaDb) => format!("CAST({column} AS CHAR)"),
    }
}

/// Every value of a table, by column, in the order of ids.
async fn values(
    ground: &Ground<'_>,
    other: &mut Other,
    table: &str,
    columns: &[&str],
) -> BTreeMap<String, Vec<Option<String>>> {
    let mut all = BTreeMap::new();
    for column in columns {
        let statement = format!("SELECT {} FROM {table} ORDER BY id", shown(ground, column));
        all.insert((*column).to_owned(), other.texts(&statement).await);
    }
    all
}

fn columns(model: Model) -> Vec<&'static str> {
    let own: &[&str] = match model {
        Live => &["resources_json"],
        Seed => &["resources", "user_id", "tags"],
    };
    [COMMON.as_slice(), own].concat()
}

async fn every_value_is_kept(ground: Ground<'_>, model: Model) {
    let other = make(&ground, model).await;
    is_taken_over_whole(ground, model, other, 5).await;
}

/// The same with a table and rows that SQLAlchemy itself made.
async fn every_value_of_sqlalchemy_is_kept(ground: Ground<'_>, model: Model) {
    let Some(python) = python("every_value_of_sqlalchemy_is_kept") else {
        return;
    };
    let other = ground.other().await;
    let word = if model == Live { "live" } else { "seed" };
    let url = ground.url();
    let (scheme, rest) = url.split_once(':').unwrap();
    let (dialect, url) = match scheme {
        "sqlite" => ("sqlite", url.clone()),
        "mysql" => ("mysql", format!("mysql+pymysql:{rest}")),
        _ => ("postgresql", format!("postgresql+psycopg2:{rest}")),
    };
    let output = std::process::Command::new(python)
        .args(["-B", MODELS, word, dialect])
        .env("DATABASE_URL", url)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    is_taken_over_whole(ground, model, other, 7).await;
}

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/models.py");

/// A Python with SQLAlchemy; says that the test is skipped where there is none.
#[expect(clippy::print_stdout, reason = "a test that cannot run says so")]
fn python(test: &str) -> Option<std::ffi::OsString> {
    let python = std::env::var_os("HAVRE_TEST_PYTHON").filter(|path| !path.is_empty());
    if python.is_none() {
        println!("SKIPPED: {test}: HAVRE_TEST_PYTHON is not set (scripts/test/run sets it)");
    }
    python
}

async fn is_taken_over_whole(ground: Ground<'_>, model: Model, mut other: Other, rows: usize) {
    other
        .run("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        .await;
    other
        .run("INSERT INTO alembic_version VALUES ('abc')")
        .await;
    let mut before = values(&ground, &mut other, "deployments", &columns(model)).await;
    if let Some(resources) = before.remove("resources_json") {
        before.insert("resources".into(), resources);
        let nothing = if ground.is_sqlite() {
            Some("null NULL".to_owned())
        } else {
            None
        };
        before.insert("user_id".into(), vec![nothing.clone(); rows]);
        before.insert("tags".into(), vec![nothing; rows]);
    }

    let report = ground.upgrade().await.unwrap();
    let adopted = report.adopted.expect("it says so");
    assert_eq!(
        (adopted.rows, report.from, report.to),
        (rows as i64, 0, report.up.len() as u32)
    );
    assert_eq!((adopted.without_created_at, adopted.broken_json), (0, 0));
    let all = columns(Seed);
    let after = values(&ground, &mut other, "deployments", &all).await;
    assert_eq!(before, after);
    assert_eq!(
        other.text("SELECT version_num FROM alembic_version").await,
        "abc"
    );

    // The old table is still there, in a file beside it or under another name.
    if ground.is_sqlite() {
        let backup = report.backup.expect("a file is copied");
        let name = backup.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            name.starts_with("deployments.db.backup-2026") && name.ends_with('Z'),
            "{name}"
        );
        assert_eq!(mode(&backup), 0o600);
        let mut copy = Other::Sqlite(Box::new(crate::world::foreign(&backup).await));
        let kept = values(&ground, &mut copy, "deployments", &columns(model)).await;
        assert_eq!(kept["name"], after["name"]);
        assert_eq!(kept.len(), columns(model).len());
    } else {
        let kept = ground.quoted(&adopted.kept_as.expect("it is kept"));
        let kept = values(&ground, &mut other, &kept, &columns(model)).await;
        assert_eq!(kept["name"], after["name"]);
    }
    other.close().await;
    serves(&ground).await;
    let again = ground.upgrade().await.unwrap();
    assert!(again.adopted.is_none() && again.up.is_empty() && again.backup.is_none());
}

fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A server opens it.
async fn serves(ground: &Ground<'_>) {
    let db = open(ground).await.unwrap();
    db.close().await;
}

async fn open(ground: &Ground<'_>) -> Result<std::sync::Arc<Database>, OpenError> {
    let dice = dice(3);
    let key = SecretKey::load_or_create(ground.folder.path(), None, &dice).unwrap();
    Database::open(&ground.target(), key, clock(), dice).await
}

grounds! {
    async fn the_apps_table_is_taken_over(ground) {
        every_value_is_kept(ground, Live).await;
    }

    async fn the_documented_models_table_is_taken_over(ground) {
        every_value_is_kept(ground, Seed).await;
    }

    async fn what_sqlalchemy_wrote_by_the_apps_model_is_taken_over(ground) {
        every_value_of_sqlalchemy_is_kept(ground, Live).await;
    }

    async fn what_sqlalchemy_wrote_by_the_documented_model_is_taken_over(ground) {
        every_value_of_sqlalchemy_is_kept(ground, Seed).await;
    }

    /// `serve` says what to do and touches nothing.
    async fn a_server_never_adopts(ground) {
        let mut other = make(&ground, Live).await;
        let before = ground.schema().await;
        let refused = open(&ground).await.map(drop).unwrap_err();
        assert!(matches!(refused, OpenError::Schema(MigrateError::NotAdopted(_))), "{refused:?}");
        assert!(refused.to_string().contains("havre db upgrade"), "{refused}");
        assert_eq!(ground.schema().await, before);
        assert_eq!(other.text(&format!("SELECT {} FROM deployments WHERE vm_id = 101", shown(&ground, "vm_id"))).await.replace("integer ", ""), "101");
        let mut admin = ground.admin().await;
        let state = admin::state(&mut admin, None).await.unwrap();
        assert!(matches!(state.kind, SchemaKind::Original(_)), "{state:?}");
    }

    async fn a_table_with_more_columns_is_refused_by_name_and_not_touched(ground) {
        let mut other = make(&ground, Seed).await;
        other.run("ALTER TABLE deployments ADD COLUMN replicas INTEGER").await;
        let before = ground.schema().await;
        let refused = ground.upgrade().await.unwrap_err().to_string();
        assert!(refused.contains("`replicas`"), "{refused}");
        assert_eq!(ground.schema().await, before);
        assert_eq!(files(ground.folder.path(), "backup"), Vec::<std::path::PathBuf>::new());
        other.close().await;
    }

    async fn what_hangs_on_the_table_is_not_lost_in_silence(ground) {
        let mut other = make(&ground, Seed).await;
        other.run(match ground.server() {
            Some(Server::Postgres) => "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
                CREATE TRIGGER mine BEFORE INSERT ON deployments FOR EACH ROW EXECUTE FUNCTION f()",
            Some(Server::MariaDb) => "CREATE TRIGGER mine BEFORE INSERT ON deployments FOR EACH ROW SET @a = 1",
            None => "CREATE TRIGGER mine BEFORE INSERT ON deployments BEGIN SELECT 1; END",
        }).await;
        let refused = ground.upgrade().await.unwrap_err().to_string();
        assert!(refused.contains("the trigger mine"), "{refused}");
        other.run(match ground.server() {
            Some(Server::Postgres) => "DROP TRIGGER mine ON deployments",
            _ => "DROP TRIGGER mine",
        }).await;
        other.run("CREATE TABLE mine (id VARCHAR(36) PRIMARY KEY, d VARCHAR(36), CONSTRAINT to_it FOREIGN KEY (d) \
            REFERENCES deployments (id))").await;
        let refused = ground.upgrade().await.unwrap_err().to_string();
        let named = if ground.is_sqlite() { "a foreign key of the table mine" } else { "the foreign key to_it" };
        assert!(refused.contains(named), "{refused}");
        other.run("DROP TABLE mine").await;
        other.run("CREATE VIEW live AS SELECT name FROM deployments WHERE status = 'running'").await;
        let refused = ground.upgrade().await.unwrap_err().to_string();
        assert!(refused.contains("the view live") && refused.contains("make them again"), "{refused}");
        other.run("DROP VIEW live").await;
        ground.upgrade().await.unwrap();
        other.close().await;
    }

    async fn a_table_under_a_name_of_ours_is_in_the_way(ground) {
        let mut other = make(&ground, Live).await;
        other.run("CREATE TABLE jobs (id INTEGER)").await;
        let refused = ground.upgrade().await.unwrap_err().to_string();
        assert!(refused.contains("`jobs`"), "{refused}");
        other.close().await;
    }

    /// JSON that is none stays: as it is where the column takes it, else as a JSON string.
    async fn broken_json_is_kept(ground) {
        let mut other = make(&ground, Live).await;
        other.run("UPDATE deployments SET resources_json = '{broken \"x' WHERE vm_id = 101").await;
        other.run("UPDATE deployments SET resources_json = '0123' WHERE vm_id = 0").await;
        let report = ground.upgrade().await.unwrap();
        assert_eq!(report.adopted.unwrap().broken_json, 2);
        let read = |id: i64| format!("SELECT CAST(resources AS CHAR(99)) FROM deployments WHERE vm_id = {id}");
        let (broken, number) = (other.text(&read(101)).await, other.text(&read(0)).await);
        let wanted = if ground.is_sqlite() { "{broken \"x" } else { "\"{broken \\\"x\"" };
        assert_eq!((broken.trim_end(), number.trim_end()), (wanted, "\"0123\""));
        other.close().await;
    }

    /// The seed's model allowed NULL there; ours does not.
    async fn missing_times_and_statuses_are_stood_in_for_and_told(ground) {
        let mut other = make(&ground, Seed).await;
        other.run("UPDATE deployments SET created_at = NULL WHERE vm_id IN (101, 0)").await;
        other.run("UPDATE deployments SET status = NULL WHERE vm_id = 0").await;
        let adopted = ground.upgrade().await.unwrap().adopted.unwrap();
        assert_eq!((adopted.without_created_at, adopted.without_status), (2, 1));
        let read = |id: i64| format!("SELECT {} FROM deployments WHERE vm_id = {id}", shown(&ground, "created_at"));
        let (one, other_one) = (other.text(&read(101)).await, other.text(&read(0)).await);
        assert!(one.contains("2026-11-22 08:31:00"), "{one}");
        assert!(other_one.contains("1970-01-01 00:00:00"), "{other_one}");
        other.close().await;
    }

    async fn duplicate_live_names_keep_their_values_and_are_told(ground) {
        let mut other = make(&ground, Live).await;
        other.run("UPDATE deployments SET name = 'My_App' WHERE vm_id = 2147483647").await;
        let adopted = ground.upgrade().await.unwrap().adopted.unwrap();
        assert_eq!(adopted.same_names, [("my-app".to_owned(), 2)]);
        assert_eq!(other.texts("SELECT name FROM deployments WHERE vm_id = 2147483647").await, [Some("My_App".into())]);
        other.close().await;
    }

    async fn a_dry_run_shows_all_and_does_nothing(ground) {
        let other = make(&ground, Live).await;
        let before = ground.schema().await;
        let mut options = ground.options();
        options.dry_run = true;
        let report = ground.upgrade_with(&options).await.unwrap();
        let sql: Vec<String> = report.sql.into_iter().flat_map(|(_, sql)| sql).collect();
        let sql = sql.join(";\n");
        for part in ["deployments_backup_", "CREATE TABLE", "INSERT INTO deployments"] {
            assert!(sql.contains(part), "{sql}");
        }
        assert_eq!(ground.schema().await, before);
        assert_eq!(files(ground.folder.path(), "backup"), Vec::<std::path::PathBuf>::new());
        other.close().await;
    }
}

/// SQLite holds any type in any column: so does the table afterwards.
#[tokio::test]
async fn values_of_wrong_types_stay_as_they_are_on_sqlite() {
    let ground = Ground::file();
    let mut other = make(&ground, Seed).await;
    other
        .run(
            "UPDATE deployments SET vm_id = 'not a number', error_message = x'00ff', created_at = 'yesterday', \
             resources = x'7b7d', tags = 5, deployed_at = 12.5, ip_address = '10' WHERE vm_id = 101",
        )
        .await;
    let before = values(&ground, &mut other, "deployments", &columns(Seed)).await;
    ground.upgrade().await.unwrap();
    let after = values(&ground, &mut other, "deployments", &columns(Seed)).await;
    assert_eq!(before, after);
}

/// Other tables, and views of them, keep what they had.
#[tokio::test]
async fn other_tables_are_left_alone_on_sqlite() {
    let ground = Ground::file();
    let mut other = make(&ground, Live).await;
    other
        .run(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, deployment VARCHAR(36), text TEXT); \
             INSERT INTO notes SELECT 1, id, 'x' FROM deployments WHERE vm_id = 101; \
             CREATE VIEW my_deployments AS SELECT deployment FROM notes; \
             CREATE TABLE broken (id INTEGER PRIMARY KEY, d VARCHAR(36))",
        )
        .await;
    ground.upgrade().await.unwrap();
    let joined = "SELECT d.name FROM my_deployments n JOIN deployments d ON d.id = n.deployment";
    assert_eq!(other.text(joined).await, "my-app");
}

/// Neither a command that would change it nor a server that would use it changes a byte of what they refuse.
#[tokio::test]
async fn a_refused_file_stays_as_it_is_to_the_last_byte() {
    let ground = Ground::file();
    let mut other = make(&ground, Seed).await;
    other
        .run("ALTER TABLE deployments ADD COLUMN replicas INTEGER")
        .await;
    other.close().await;
    let before = std::fs::read(ground.path()).unwrap();
    let names = || files(ground.folder.path(), "");
    let there = names();
    let mut admin = ground.admin().await;
    admin::upgrade(&mut admin, &admin::UpgradeOptions::default())
        .await
        .unwrap_err();
    admin.close().await.unwrap();
    open(&ground).await.map(drop).unwrap_err();
    assert!(before == std::fs::read(ground.path()).unwrap());
    assert_eq!(names(), there);
}

/// Flask moves a relative file into `instance/`.
#[test]
fn the_file_in_the_instance_folder_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deployments.db");
    assert_eq!(admin::original_elsewhere(&file), None);
    std::fs::create_dir(folder.path().join("instance")).unwrap();
    let moved = folder.path().join("instance/deployments.db");
    std::fs::write(&moved, "x").unwrap();
    assert_eq!(admin::original_elsewhere(&file), Some(moved));
    std::fs::write(&file, "x").unwrap();
    assert_eq!(admin::original_elsewhere(&file), None);
}

/// Databases that SQLAlchemy makes today are those of the fixtures.
#[tokio::test]
async fn the_fixtures_are_what_sqlalchemy_emits() {
    let Some(python) = python("the_fixtures_are_what_sqlalchemy_emits") else {
        return;
    };
    let ground = Ground::file();
    for (model, fixture) in [("live", Live), ("seed", Seed)] {
        for kind in ["sqlite", "postgresql", "mysql"] {
            let output = std::process::Command::new(&python)
                .args(["-B", MODELS, model, kind])
                .env_remove("DATABASE_URL")
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let made = String::from_utf8(output.stdout).unwrap();
            let wanted = match (kind, fixture) {
                ("sqlite", _) => ddl(&ground, fixture),
                ("postgresql", Live) => include_str!("fixtures/live_postgres.sql"),
                ("postgresql", Seed) => include_str!("fixtures/seed_postgres.sql"),
                (_, Live) => include_str!("fixtures/live_mysql.sql"),
                (_, Seed) => include_str!("fixtures/seed_mysql.sql"),
            };
            let wanted: Vec<&str> = wanted
                .lines()
                .filter(|line| !line.starts_with("--"))
                .collect();
            assert_eq!(made.trim(), wanted.join("\n").trim());
        }
    }
}

/// Looking at a database of the original changes nothing of it.
#[tokio::test]
async fn looking_leaves_the_file_as_it_is() {
    let ground = Ground::file();
    make(&ground, Seed).await.close().await;
    let before = std::fs::read(ground.path()).unwrap();
    let mut admin = Admin::open(&ground.target(), Access::Look, clock())
        .await
        .unwrap();
    let state = admin::state(&mut admin, None).await.unwrap();
    assert!(matches!(state.kind, SchemaKind::Original(_)));
    admin.close().await.unwrap();
    assert!(before == std::fs::read(ground.path()).unwrap());
}
