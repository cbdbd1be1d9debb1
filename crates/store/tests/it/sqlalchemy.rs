//! SQLAlchemy with the seed document's model and Havre on one database: what each writes, the other reads whole.

use std::process::Stdio;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::{ListQuery, Scope, Sort, SortBy};
use domain::{Deployment, Status};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::world::*;

const ALL: Scope = Scope::Everyone;
/// Of one answer, the start of Python included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Python process that runs `sqlalchemy_side/talk.py`; it ends with this value.
struct Python {
    _child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Python {
    /// None, with a word, where there is no Python for it.
    #[expect(clippy::print_stdout, reason = "a test that cannot run says so")]
    fn beside(world: &World, test: &str) -> Option<Self> {
        let python = std::env::var_os("HAVRE_TEST_PYTHON").filter(|path| !path.is_empty());
        let Some(python) = python else {
            println!("SKIPPED: {test}: HAVRE_TEST_PYTHON is not set (scripts/test/run sets it)");
            return None;
        };
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/it/sqlalchemy_side/talk.py"
        );
        let mut child = Command::new(python)
            .args(["-B", script])
            // By the environment: arguments are read by everybody, and there is a password in it.
            .env("DATABASE_URL", url_for_python(&world.url))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let asks = child.stdin.take().unwrap();
        Some(Self {
            _child: child,
            asks,
            answers,
        })
    }

    async fn ask(&mut self, what: Value) -> Value {
        let line = format!("{what}\n");
        self.asks.write_all(line.as_bytes()).await.unwrap();
        let answer = tokio::time::timeout(PATIENCE, self.answers.next_line()).await;
        let answer = answer.unwrap_or_else(|_| panic!("no answer to {what}"));
        let answer = answer.unwrap();
        let answer = answer.unwrap_or_else(|| panic!("it ended at {what}; its words are above"));
        serde_json::from_str(&answer).unwrap()
    }

    /// Adds rows; gives their ids.
    async fn create(&mut self, rows: &[Value]) -> Vec<String> {
        let made = self.ask(json!({"do": "create", "rows": rows})).await;
        serde_json::from_value(made).unwrap()
    }

    async fn get_all(&mut self) -> Vec<Value> {
        let all = self.ask(json!({"do": "get_all"})).await;
        serde_json::from_value(all).unwrap()
    }
}

/// The drivers as the seed document has them; SQLAlchemy's own choice for `postgresql://` changed with 2.1.
fn url_for_python(url: &str) -> String {
    url.replace("mysql://", "mysql+pymysql://")
        .replace("postgresql://", "postgresql+psycopg2://")
}

/// Runs each test beside SQLAlchemy on every database that two programs can share.
macro_rules! beside_sqlalchemy {
    ($($(#[doc = $doc:literal])* async fn $name:ident($world:ident, $python:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        async fn $name($world: World, test: &str) {
            let Some(mut $python) = Python::beside(&$world, test) else { return };
            $body
        }

        mod $name {
            use crate::servers::Server;
            use crate::world::World;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_file() {
                super::$name(World::file().await, module_path!()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let test = async |world| super::$name(world, module_path!()).await;
                World::on(Server::Postgres, module_path!(), test).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn mariadb() {
                let test = async |world| super::$name(world, module_path!()).await;
                World::on(Server::MariaDb, module_path!(), test).await;
            }
        }
    )*};
}

/// A row as the model's `to_dict` shows it.
fn as_python(row: &Deployment) -> Value {
    assert_eq!(row.unreadable, Vec::<String>::new(), "{}", row.name);
    let time =
        |at: Option<DateTime<Utc>>| at.map(|at| at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string());
    json!({
        "id": row.id, "name": row.name, "deployment_type": row.deployment_type, "framework": row.framework,
        "github_url": row.github_url, "resources": row.resources, "status": row.status_text,
        "created_at": time(row.created_at), "deployed_at": time(row.deployed_at),
        "deleted_at": time(row.deleted_at), "ip_address": row.ip_address, "vm_id": row.vm_id,
        "error_message": row.error_message, "user_id": row.user_id, "tags": row.tags,
    })
}

fn newest_first() -> ListQuery {
    ListQuery {
        deleted: true,
        limit: 1000,
        sort: Sort {
            by: SortBy::CreatedAt,
            descending: true,
        },
        ..ListQuery::default()
    }
}

impl World {
    async fn all_as_python(&self) -> Vec<Value> {
        let listing = self.store.list(&ALL, &newest_first()).await.unwrap();
        listing.rows.iter().map(as_python).collect()
    }
}

impl World {
    /// Counts are a second old at most: what another program did is seen by then.
    async fn counted(&self, total: u64) {
        let counted = async {
            while self.store.counts(&ALL).await.unwrap().total != total {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(5), counted).await;
        in_time.unwrap_or_else(|_| panic!("{total} are never counted"));
    }
}

/// The seed document's example.
fn example() -> Value {
    json!({
        "name": "my-app", "deployment_type": "vm", "framework": "django",
        "github_url": "https://github.com/user/repo",
        "resources": {"cores": 2, "memory": 2048, "disk": 20}, "status": "running",
    })
}

/// Every column, each with what is hard about it.
fn everything() -> Value {
    json!({
        "id": "7a0f0c9e-6c57-4f0e-9d5a-0d6f9d2f4b11",
        "name": "Ünïcode 🦀 'quoted\" %_\\ ",
        "deployment_type": "lxc",
        "framework": "日本語",
        "github_url": "https://github.com/user/repo.git",
        "resources": {"cores": 1, "memory": 0.5, "note": "é🚀", "list": [1, null, true], "none": null},
        "status": "FAILED",
        "created_at": "1999-12-31T23:59:59.999999",
        "deployed_at": "2038-01-19T03:14:08.000001",
        "deleted_at": "9999-12-31T23:59:59.999999",
        "ip_address": "2001:db8::1",
        "vm_id": 2_147_483_647,
        "error_message": "line one\nline two\ttab\r\n💥 ".repeat(2000),
        "user_id": "ana",
        "tags": "a,b,ü",
    })
}

/// What the model itself makes of what was given.
fn completed(given: &Value, read: &Value) -> Value {
    let mut whole = read.clone();
    let fields = whole.as_object_mut().unwrap();
    for (key, value) in fields.iter_mut() {
        if !matches!(key.as_str(), "id" | "created_at" | "status") || given.get(key).is_some() {
            *value = given[key].clone();
        }
    }
    whole
}

beside_sqlalchemy! {
    async fn its_rows_are_there_at_once_and_whole(world, python) {
        let given = [
            example(),
            json!({"name": "shouting", "status": "RUNNING", "resources": null, "tags": "a,b"}),
            json!({"name": "bare"}),
            everything(),
        ];
        let ids = python.create(&given).await;
        let mut theirs = python.get_all().await;
        for (given, id) in given.iter().zip(&ids) {
            let row = world.shown(id).await;
            let read = as_python(&row);
            assert_eq!(read, completed(given, &read));
            assert!(theirs.contains(&read), "{read} in {theirs:?}");
            assert_eq!((row.managed, row.created_at.is_some()), (None, true));
        }
        assert_eq!(world.shown("my-app").await.id, ids[0]);
        assert_eq!(world.shown(&ids[1]).await.status, Some(Status::Running));
        let mut ours = world.all_as_python().await;
        for all in [&mut ours, &mut theirs] {
            all.sort_by_key(|row| row["id"].to_string());
        }
        assert_eq!(ours, theirs);
        // `everything` is deleted in the year 9999.
        let counts = world.store.counts(&ALL).await.unwrap();
        assert_eq!((counts.total, counts.running, counts.failed), (3, 2, 0));
        let running = ListQuery { status: Some(Status::Running), want_total: true, limit: 9, ..ListQuery::default() };
        let listed = world.store.list(&ALL, &running).await.unwrap();
        assert_eq!((listed.rows.len(), listed.total), (2, Some(2)));
        assert!(world.store.live(None, 9).await.unwrap().is_empty(), "a record is nobody's to run");
    }

    async fn our_rows_are_read_whole(world, python) {
        let mut new = ask("first-app");
        (new.owner, new.kind) = (Some("ana".into()), Some("vm".parse().unwrap()));
        let first = world.store.accept_deploy(&new).await.unwrap().deployment.to_string();
        world.clock.pass(1);
        world.serve_next(1).await;
        world.deploy("second-app").await;
        world.fail_next().await;
        world.clock.pass(1);
        let gone = world.deploy("third-app").await.deployment;
        world.destroy(&gone).await;
        let ours = world.all_as_python().await;
        assert_eq!(python.get_all().await, ours);
        let one = as_python(&world.shown("first-app").await);
        assert_eq!(one["created_at"], "2026-11-18T11:06:40.123456");
        assert_eq!(one["deployed_at"], "2026-11-18T11:06:41.123456");
        assert_eq!(python.ask(json!({"do": "get_by_id", "id": first})).await, one);
        assert_eq!(python.ask(json!({"do": "get_by_name", "name": "first-app"})).await, json!([one]));
        assert_eq!(python.ask(json!({"do": "get_by_status", "status": "running"})).await, json!([one]));
        assert_eq!(python.ask(json!({"do": "count_all"})).await, 3);
        for status in ["running", "failed", "deleted"] {
            assert_eq!(python.ask(json!({"do": "count_by_status", "status": status})).await, 1, "{status}");
        }
    }

    async fn what_it_changes_is_seen(world, python) {
        let ids = python.create(&[example(), json!({"name": "other", "tags": "x"})]).await;
        python.ask(json!({
            "do": "change", "id": ids[0], "status": "Failed", "error_message": "no\nway", "tags": null,
            "resources": {"cores": 4}, "deployed_at": "2026-11-22T08:30:38.000007", "ip_address": "10.0.0.7",
        })).await;
        python.ask(json!({"do": "delete", "id": ids[1]})).await;
        let row = world.shown("my-app").await;
        assert_eq!((row.status, row.error_message.as_deref()), (Some(Status::Failed), Some("no\nway")));
        assert_eq!(python.get_all().await, [as_python(&row)]);
        assert!(world.store.find(&ALL, &ids[1]).await.unwrap().is_none());
        let counts = world.store.counts(&ALL).await.unwrap();
        assert_eq!((counts.total, counts.running, counts.failed), (1, 0, 1));
        python.ask(json!({"do": "change", "id": ids[0], "deleted_at": "2026-11-22T08:30:38"})).await;
        world.counted(0).await;
        assert_eq!(as_python(&world.shown(&ids[0]).await)["deleted_at"], "2026-11-22T08:30:38.000000");
    }

    /// It changes a row that Havre manages, as an operator would by hand.
    async fn it_may_touch_a_managed_row(world, python) {
        let id = world.deploy("my-app").await.deployment.to_string();
        world.serve_next(1).await;
        python.ask(json!({"do": "change", "id": id, "tags": "blue", "vm_id": 7, "user_id": "bob"})).await;
        let row = world.shown("my-app").await;
        assert_eq!((row.tags.as_deref(), row.vm_id, row.user_id.as_deref()), (Some("blue"), Some(7), Some("bob")));
        assert!(row.managed.is_some());
        world.deploy("my-app").await;
        world.serve_next(2).await;
        assert_eq!(python.get_all().await, [as_python(&world.shown("my-app").await)]);
    }

    /// A database that compares text in its own way would find more than it was asked for, or less.
    async fn text_is_compared_and_ordered_bytewise(world, python) {
        let names = ["a", "A", "a ", " a", "ä", "a\u{308}", "Ä", "ß", "ss", "z", "Z", "_", "-", "😀", "\u{ffff}"];
        let rows: Vec<Value> = names.iter().map(|name| json!({"name": name, "framework": name})).collect();
        let ids = python.create(&rows).await;
        for (name, id) in names.iter().zip(&ids) {
            let theirs = python.ask(json!({"do": "get_by_name", "name": name})).await;
            assert_eq!(theirs.as_array().unwrap().len(), 1, "{name:?}");
            assert_eq!(&world.shown(name).await.id, id, "{name:?}");
        }
        let mut bytewise = names.to_vec();
        bytewise.sort();
        assert_eq!(python.ask(json!({"do": "names_in_order"})).await, json!(bytewise));
        let by_name = ListQuery { sort: Sort { by: SortBy::Name, descending: false }, limit: 1000, ..ListQuery::default() };
        let listed = world.store.list(&ALL, &by_name).await.unwrap();
        assert_eq!(listed.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), bytewise);
    }

    async fn rows_are_in_the_same_order_on_both_sides(world, python) {
        let at = |micros: u32| format!("2026-11-22T08:30:38.{micros:06}");
        let rows: Vec<Value> = [5, 3, 999_999, 0, 3, 3, 1].iter().enumerate()
            .map(|(number, micros)| json!({"name": format!("row-{number}"), "created_at": at(*micros)}))
            .collect();
        python.create(&rows).await;
        world.deploy("ours").await;
        assert_eq!(world.all_as_python().await, python.get_all().await);
    }

    async fn the_columns_are_the_models(world, python) {
        let found = python.ask(json!({"do": "columns"})).await;
        let never_null = ["id", "name", "status", "created_at"];
        let wanted: Vec<Value> = [
            "id", "name", "deployment_type", "framework", "github_url", "resources", "status", "created_at",
            "deployed_at", "deleted_at", "ip_address", "vm_id", "error_message", "user_id", "tags",
        ].iter().map(|name| json!([name, !never_null.contains(name)])).collect();
        assert_eq!(found, json!(wanted));
        drop(world);
    }
}
