//! Whatever is done, the three databases give the same answers: ids, times, words of refusals and orders included. Clock and
//! randomness are the same for all of them, so nothing has to be left out of the comparison.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use domain::job::Work;
use domain::ports::{Change, ListQuery, Page, Scope, Sort, SortBy, StoreError, StoreResult};
use domain::status::Event;
use domain::{DeploymentKind, Status};
use futures_util::TryStreamExt;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};
use store::records::{NewRecord, Record, RecordChange};

use crate::servers::{self, Server};
use crate::world::*;

/// Names of deployments; two have the same label.
const APPS: [&str; 4] = ["shop", "my-app", "my_app", "Shop-2"];
/// Names, words and tags that databases like to compare in ways of their own.
const WORDS: [&str; 12] = [
    "shop",
    "Shop",
    "shop ",
    "a",
    "A",
    "ä",
    "a\u{308}",
    "ß",
    "ss",
    "50%_\\'\"",
    "😀",
    "z",
];
/// On a busy machine there are fewer sequences.
const ENOUGH: Duration = Duration::from_secs(12);
const OWNERS: [&str; 3] = ["ana", "Ana", "bob"];

#[derive(Debug, Clone)]
enum Op {
    Deploy {
        name: &'static str,
        owner: Option<&'static str>,
        tags: &'static str,
    },
    Change(&'static str, Kind),
    Work(&'static str, Work),
    Cancel(&'static str),
    /// A worker does a whole job, well or badly.
    Job(bool),
    Pass(i64),
    Save {
        name: &'static str,
        status: Status,
        owner: Option<&'static str>,
        day: i64,
        json: bool,
    },
    Update {
        name: &'static str,
        status: Status,
        word: Option<&'static str>,
    },
    Delete(&'static str),
    Purge(&'static str),
    /// Another program writes a status as it likes.
    Foreign(&'static str, &'static str),
    Tags(&'static str, &'static str),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Redeploy,
    Rollback,
    Env(u8),
    Resources(u32),
}

fn op() -> impl Strategy<Value = Op> {
    let app = || select(&APPS[..]);
    let word = || select(&WORDS[..]);
    let any_name = || prop_oneof![app(), word()];
    let owner = || proptest::option::of(select(&OWNERS[..]));
    let status = || select(vec![Status::Pending, Status::Running, Status::Failed]);
    let kind = prop_oneof![
        Just(Kind::Redeploy),
        Just(Kind::Rollback),
        (0..3u8).prop_map(Kind::Env),
        (1..3u32).prop_map(Kind::Resources)
    ];
    let work = select(vec![Work::Start, Work::Stop, Work::Restart, Work::Destroy]);
    prop_oneof![
        4 => (app(), owner(), word()).prop_map(|(name, owner, tags)| Op::Deploy { name, owner, tags }),
        3 => (app(), kind).prop_map(|(name, kind)| Op::Change(name, kind)),
        2 => (app(), work).prop_map(|(name, work)| Op::Work(name, work)),
        1 => app().prop_map(Op::Cancel),
        6 => any::<bool>().prop_map(Op::Job),
        1 => (1..50i64).prop_map(Op::Pass),
        4 => (any_name(), status(), owner(), 0..3i64, any::<bool>())
            .prop_map(|(name, status, owner, day, json)| Op::Save { name, status, owner, day, json }),
        2 => (any_name(), status(), proptest::option::of(word()))
            .prop_map(|(name, status, word)| Op::Update { name, status, word }),
        1 => any_name().prop_map(Op::Delete),
        1 => any_name().prop_map(Op::Purge),
        1 => (any_name(), select(vec!["RUNNING", "Deleted", "Stopped"])).prop_map(|(name, word)| Op::Foreign(name, word)),
        1 => (select(&WORDS[1..]), select(vec!["what?", "", "Ünbekannt"])).prop_map(|(name, word)| Op::Foreign(name, word)),
        1 => (any_name(), word()).prop_map(|(name, tags)| Op::Tags(name, tags)),
    ]
}

/// What came of something, as text. A fault of the database is none: no sequence may lead to one.
fn told<T: Debug>(result: StoreResult<T>) -> String {
    match result {
        Err(fault @ (StoreError::Other { .. } | StoreError::Unavailable(_))) => panic!("{fault:?}"),
        other => format!("{other:?}"),
    }
}

/// One of the three databases.
struct Side<'w>(&'w World);

impl Side<'_> {
    async fn id(&self, name: &str) -> Option<String> {
        let found = self.0.db.records().get_by_name(name).await.unwrap();
        found.map(|row| row.id)
    }

    async fn apply(&self, op: &Op) -> String {
        match op {
            Op::Job(well) => self.job(*well).await,
            Op::Pass(seconds) => {
                self.0.clock.pass(*seconds);
                String::new()
            }
            Op::Deploy { .. } | Op::Change(..) | Op::Work(..) | Op::Cancel(_) => self.ask(op).await,
            record => self.write(record).await,
        }
    }

    /// What people ask of deployments.
    async fn ask(&self, op: &Op) -> String {
        let store = &self.0.store;
        let (Op::Deploy { name, .. } | Op::Change(name, _) | Op::Work(name, _) | Op::Cancel(name)) =
            op
        else {
            panic!("nobody asks for {op:?}");
        };
        if let Op::Deploy { owner, tags, .. } = op {
            let mut new = ask(name);
            new.owner = owner.map(str::to_owned);
            new.tags = tags.parse().ok();
            return told(store.accept_deploy(&new).await);
        }
        let found = store.find(&Scope::Everyone, name).await.unwrap();
        let Some(id) = found.and_then(|row| row.parsed_id()) else {
            return "nobody".into();
        };
        match op {
            Op::Change(_, kind) => told(store.accept_change(&id, &kind.change()).await),
            Op::Work(_, work) => told(store.accept_work(&id, work).await),
            _ => told(store.cancel(&id).await),
        }
    }

    async fn job(&self, well: bool) -> String {
        let store = &self.0.store;
        let leased = store.lease(&self.0.worker(), TTL).await.unwrap();
        let Some((job, lease)) = leased else {
            return "no job".into();
        };
        let ended = match &job.work {
            Work::Deploy { release } => self.deploy(&lease, release, well).await,
            Work::Stop => told(store.deployment_took(&lease, Event::Stop, None).await),
            Work::Start | Work::Restart => {
                let event = if well {
                    Event::Started
                } else {
                    Event::CrashLoop
                };
                told(store.deployment_took(&lease, event, Some("story")).await)
            }
            Work::Destroy => told(store.destroyed(&lease).await),
        };
        let finished = told(store.finish(&lease).await);
        format!("{job:?} {ended} {finished}")
    }

    async fn deploy(
        &self,
        lease: &domain::job::Lease,
        release: &domain::ReleaseId,
        well: bool,
    ) -> String {
        let store = &self.0.store;
        let began = store.release_began(lease, release).await;
        match began {
            Err(StoreError::Cancelled) => told(store.release_cancelled(lease, release).await),
            Err(other) => told::<()>(Err(other)),
            Ok(_) if !well => told(store.release_failed(lease, release, &failure()).await),
            Ok(_) => {
                if self.0.release(release).await.artifact.is_none() {
                    self.0.build(lease, release, 1).await;
                }
                let there = told(store.release_provisioned(lease, release, "L1").await);
                let live = told(store.release_live(lease, release, false).await);
                format!("{there} {live}")
            }
        }
    }

    /// The seed's calls, and what other programs do to the same rows.
    async fn write(&self, op: &Op) -> String {
        let records = self.0.db.records();
        if let Op::Save { .. } = op {
            return told(records.create(new_record(op)).await);
        }
        let (Op::Update { name, .. }
        | Op::Delete(name)
        | Op::Purge(name)
        | Op::Foreign(name, _)
        | Op::Tags(name, _)) = op
        else {
            panic!("nobody writes {op:?}");
        };
        let Some(id) = self.id(name).await else {
            return "nobody".into();
        };
        match op {
            Op::Update { status, word, .. } => {
                let change = RecordChange::new().status(*status).tags(*word);
                told(records.update(&id, &change).await)
            }
            Op::Delete(_) => told(records.delete(&id).await),
            Op::Purge(_) => told(records.purge(&id).await),
            Op::Tags(_, tags) => {
                let change = domain::TagChange {
                    add: tags.parse().unwrap_or_default(),
                    ..domain::TagChange::default()
                };
                told(
                    self.0
                        .store
                        .change_tags(&Scope::Everyone, &id, &change)
                        .await,
                )
            }
            Op::Foreign(_, word) => {
                let sql = format!("UPDATE deployments SET status = '{word}' WHERE id = '{id}'");
                format!("{} changed", self.0.other().await.run(&sql).await)
            }
            _ => panic!("nobody writes {op:?}"),
        }
    }

    /// Everything there is to see, one answer a line.
    async fn seen(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for query in questions() {
            seen.push(format!("{query:?}\n{:#?}", self.walk(query.clone()).await));
        }
        for key in APPS.iter().chain(&WORDS) {
            for scope in [Scope::Everyone, Scope::Owner("ana".into())] {
                let found = self.0.store.find(&scope, key).await;
                seen.push(format!("find {key:?} {scope:?} {}", told(found)));
            }
            let record = self.0.db.records().get_by_name(key).await;
            seen.push(format!("get_by_name {key:?} {}", told(record)));
        }
        for status in [Status::Running, Status::Pending, Status::Deleted] {
            let count = told(self.0.db.records().count_by_status(status).await);
            let rows: Vec<Record> = self.records(status).await;
            seen.push(format!("{status} {count} {rows:#?}"));
        }
        seen.push(told(self.0.db.records().count_all().await));
        seen.push(told(self.0.store.live(None, 100).await));
        seen.push(told(self.0.store.queued().await));
        seen.push(told(self.0.store.events_after(None, 0, 1000).await));
        seen
    }

    async fn records(&self, status: Status) -> Vec<Record> {
        let pages = self.0.db.records().get_by_status(status).of(3);
        pages.rows().try_collect().await.unwrap()
    }

    /// All pages of a list.
    async fn walk(&self, mut query: ListQuery) -> Vec<domain::Deployment> {
        let mut rows = Vec::new();
        loop {
            let page = self.0.store.list(&Scope::Everyone, &query).await.unwrap();
            rows.extend(page.rows);
            match page.next {
                Some(next) if rows.len() < 1000 => query.page = Page::After(next),
                Some(_) => panic!("it walks in a circle: {query:?}"),
                None => return rows,
            }
        }
    }
}

impl Kind {
    fn change(self) -> Change {
        let discard_data = false;
        match self {
            Self::Redeploy => Change::Redeploy {
                git_ref: None,
                discard_data,
            },
            Self::Rollback => Change::Rollback {
                to: None,
                discard_data,
            },
            Self::Env(value) => set("X", &value.to_string()),
            Self::Resources(cores) => Change::Resources(resources(cores)),
        }
    }
}

fn new_record(op: &Op) -> NewRecord {
    let Op::Save {
        name,
        status,
        owner,
        day,
        json,
    } = op
    else {
        panic!("not a new record: {op:?}");
    };
    let at = chrono::DateTime::from_timestamp_micros(1_790_000_000_000_001).unwrap();
    let mut new = NewRecord::named(*name)
        .status(*status)
        .framework(*name)
        .deployment_type(DeploymentKind::Vm)
        .created_at(at + chrono::TimeDelta::days(*day));
    if let Some(owner) = owner {
        new = new.user_id(*owner).tags(format!("x, {owner}"));
    }
    if *json {
        new = new.resources(serde_json::json!({"b": [1, 2.5, null], "a": name}));
    }
    new
}

/// Lists in each order and by each filter, with pages small enough to need several.
fn questions() -> Vec<ListQuery> {
    let mut all = Vec::new();
    for by in [SortBy::CreatedAt, SortBy::Name, SortBy::Status] {
        for descending in [true, false] {
            let (limit, sort) = (3, Sort { by, descending });
            all.push(ListQuery {
                limit,
                sort,
                deleted: true,
                ..ListQuery::default()
            });
            all.push(ListQuery {
                limit,
                sort,
                status: Some(Status::Running),
                ..ListQuery::default()
            });
        }
    }
    let one = |change: fn(&mut ListQuery)| {
        let mut query = ListQuery {
            limit: 2,
            ..ListQuery::default()
        };
        change(&mut query);
        query
    };
    all.extend([
        one(|query| query.kind = Some(DeploymentKind::Vm)),
        one(|query| query.framework = Some("ä".into())),
        one(|query| query.owner = Some("Ana".into())),
        one(|query| query.q = Some("sh".into())),
        one(|query| query.q = Some("50%_\\".into())),
        one(|query| query.tag = Some("a".parse().unwrap())),
        one(|query| query.page = Page::Offset(1)),
    ]);
    all
}

/// The first difference, or none.
async fn compare(ops: &[Op], worlds: [&World; 3]) -> Result<(), TestCaseError> {
    let sides = worlds.map(Side);
    for op in ops {
        let mut answers = Vec::new();
        for side in &sides {
            answers.push(side.apply(op).await);
        }
        same(&format!("{op:?}"), &answers)?;
    }
    let mut seen = Vec::new();
    for side in &sides {
        seen.push(side.seen().await);
    }
    for number in 0..seen[0].len() {
        let answers: Vec<String> = seen.iter().map(|side| side[number].clone()).collect();
        same("afterwards", &answers)?;
    }
    Ok(())
}

fn same(what: &str, answers: &[String]) -> Result<(), TestCaseError> {
    for (other, name) in answers[1..].iter().zip(["PostgreSQL", "MariaDB"]) {
        if *other != answers[0] {
            let words = format!("{what}\nSQLite: {}\n{name}: {other}", answers[0]);
            return Err(TestCaseError::fail(words));
        }
    }
    Ok(())
}

/// One sequence on databases of its own.
async fn on_three(ops: &[Op]) -> Result<(), TestCaseError> {
    let (mut end, name) = (Ok(()), "any_sequence_gives_the_same_answers");
    servers::on(Server::Postgres, name, async |postgres| {
        servers::on(Server::MariaDb, name, async |mariadb| {
            let sqlite = World::file().await;
            let postgres = World::of(postgres).await;
            let mariadb = World::of(mariadb).await;
            end = compare(ops, [&sqlite, &postgres, &mariadb]).await;
        })
        .await;
    })
    .await;
    end
}

#[test]
fn any_sequence_gives_the_same_answers() {
    let config = ProptestConfig {
        cases: 12,
        max_shrink_iters: 60,
        max_shrink_time: 30_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if !servers::both("any_sequence_gives_the_same_answers") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let sequences = proptest::collection::vec(op(), 1..40);
    let began = Instant::now();
    let end = TestRunner::new(config).run(&sequences, |ops| match began.elapsed() < ENOUGH {
        true => runtime.block_on(on_three(&ops)),
        false => Ok(()),
    });
    if let Err(error) = end {
        panic!("{error}");
    }
}
