//! Every list, count and walk is found by an index, on each database, and no more is sorted than a page or [`FEW`] rows.
//! The databases are asked how they would do it: SQLite, which decides by the schema alone, for both ways; the others,
//! which decide by what they know of their rows, over many rows and for the way that is taken.

use domain::ports::{Deployments, ListQuery, Page, Scope, SortBy};
use domain::{DeploymentKind, Status};

use super::data::{Chance, Line, usual, write};
use super::on_each;
use crate::Database;
use crate::deployments::list::cursor::Place;
use crate::deployments::list::select::{self, FEW, Part, Way};
use crate::deployments::list::wanted::Wanted;
use crate::deployments::list::{counted, way};
use crate::dialect::Dialect;
use crate::schema::Migrations;
use crate::sql::{Builder, Row};

const LINES: usize = 30_000;
const LIMIT: u32 = 20;

/// Each filter alone, some together, in each order, live and all. Servers take their time, and take an order for the same
/// either way round: they are asked for one.
fn lists(dialect: Dialect) -> Vec<ListQuery> {
    let none = ListQuery::default();
    let filters = [
        none.clone(),
        ListQuery {
            status: Some(Status::Running),
            ..none.clone()
        },
        ListQuery {
            status: Some(Status::Failed),
            ..none.clone()
        },
        ListQuery {
            kind: Some(DeploymentKind::Vm),
            ..none.clone()
        },
        ListQuery {
            kind: Some(DeploymentKind::Lxc),
            ..none.clone()
        },
        ListQuery {
            framework: Some("flask".into()),
            ..none.clone()
        },
        ListQuery {
            framework: Some("laravel".into()),
            ..none.clone()
        },
        ListQuery {
            owner: Some("user-7".into()),
            ..none.clone()
        },
        ListQuery {
            q: Some("app-0001".into()),
            ..none.clone()
        },
        ListQuery {
            q: Some("00000000-0000-4000-8000-000000000007".into()),
            ..none.clone()
        },
        ListQuery {
            owner: Some("user-7".into()),
            status: Some(Status::Running),
            ..none.clone()
        },
        ListQuery {
            framework: Some("laravel".into()),
            kind: Some(DeploymentKind::Vm),
            ..none
        },
    ];
    let sorts: &[&str] = match dialect {
        Dialect::Sqlite => &[
            "created_at",
            "-created_at",
            "name",
            "-name",
            "status",
            "-status",
        ],
        _ => &["-created_at", "name", "-status"],
    };
    let mut all = Vec::new();
    for filter in filters {
        for sort in sorts {
            for deleted in [false, true] {
                let sort = sort.parse().unwrap();
                all.push(ListQuery {
                    sort,
                    deleted,
                    ..filter.clone()
                });
            }
        }
    }
    all
}

fn place(query: &ListQuery) -> Place {
    let word = match query.sort.to_string().trim_start_matches('-') {
        "name" => "app-000100",
        "status" => "running",
        _ => "",
    };
    Place {
        word: word.into(),
        created_at: "2026-01-14 08:30:38.000000".into(),
        id: "7".into(),
        skip: 0,
    }
}

async fn explained(db: &Database, statement: &Builder) -> Vec<Row> {
    let before = match db.dialect() {
        Dialect::Sqlite => "EXPLAIN QUERY PLAN ",
        _ => "EXPLAIN ",
    };
    let mut explain = Builder::new(before);
    explain.append(statement.clone());
    let mut connection = db.read().await.ok().unwrap();
    explain.build().fetch_all(connection.link()).await.unwrap()
}

/// What is wrong with how a database would do it; `sorts` rows may be sorted.
async fn wrong(db: &Database, statement: &Builder, sorts: u32) -> Option<String> {
    let wrong = seen_wrong(db, statement, sorts).await;
    if wrong.is_none() || db.dialect() != Dialect::MariaDb {
        return wrong;
    }
    // Now and then MariaDB forgets what its indexes hold, until it opens the table anew.
    let mut connection = db.autocommit().await.ok().unwrap();
    let anew = "FLUSH TABLES deployments";
    connection.link().run_script(anew).await.unwrap();
    seen_wrong(db, statement, sorts).await
}

async fn seen_wrong(db: &Database, statement: &Builder, sorts: u32) -> Option<String> {
    let rows = explained(db, statement).await;
    let (plan, is_wrong): (Vec<String>, bool) = match db.dialect() {
        Dialect::Sqlite => sqlite(&rows, sorts),
        Dialect::Postgres => postgres(&rows, sorts),
        _ => mariadb(&rows, sorts),
    };
    is_wrong.then(|| format!("{}\n{}", statement.text(), plan.join("\n")))
}

fn sqlite(rows: &[Row], sorts: u32) -> (Vec<String>, bool) {
    let plan: Vec<String> = rows
        .iter()
        .map(|row| row.text_opt("detail").unwrap().unwrap())
        .collect();
    let walks = |step: &String| step.starts_with("SCAN d") && !step.contains("INDEX");
    let sorted = |step: &String| step.contains("TEMP B-TREE") && sorts == 0;
    let is_wrong = plan.iter().any(|step| walks(step) || sorted(step));
    (plan, is_wrong)
}

fn postgres(rows: &[Row], sorts: u32) -> (Vec<String>, bool) {
    let plan: Vec<String> = rows
        .iter()
        .map(|row| row.text_opt("QUERY PLAN").unwrap().unwrap())
        .collect();
    let walks = |step: &String| step.contains("Seq Scan on deployments");
    let sorted = |step: &String| {
        let rows = step
            .split("rows=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        step.contains("Sort  (") && rows.unwrap().parse::<u32>().unwrap() > sorts
    };
    let is_wrong = plan.iter().any(|step| walks(step) || sorted(step));
    (plan, is_wrong)
}

fn mariadb(rows: &[Row], sorts: u32) -> (Vec<String>, bool) {
    let mut is_wrong = false;
    let plan = rows.iter().map(|row| {
        let text = |column| row.text_opt(column).unwrap().unwrap_or_default();
        let (table, kind, extra) = (text("table"), text("type"), text("Extra"));
        let count = text("rows").parse::<i64>().unwrap_or_default();
        // What is derived has a bound of its own, which is not told here.
        let is_ours = !table.starts_with('<');
        is_wrong |= table == "d" && kind == "ALL";
        is_wrong |= is_ours && extra.contains("filesort") && count > i64::from(sorts);
        format!("{table} {kind} {} {count} {extra}", text("key"))
    });
    (plan.collect(), is_wrong)
}

async fn lists_use_indexes(db: &Database) {
    if db.dialect() != Dialect::Sqlite {
        let mut chance = Chance(3);
        let lines: Vec<Line> = (0..LINES)
            .map(|number| usual(number, &mut chance))
            .collect();
        write(db, &lines).await;
        let look = if db.dialect() == Dialect::Postgres {
            "VACUUM ANALYZE deployments"
        } else {
            "ANALYZE TABLE deployments"
        };
        let mut connection = db.autocommit().await.ok().unwrap();
        connection.link().run_script(look).await.unwrap();
    }
    let mut all = Vec::new();
    for query in lists(db.dialect()) {
        let wanted = Wanted::new(db.dialect(), &Scope::Everyone, &query).unwrap();
        all.extend(of_one(db, &query, &wanted).await);
    }
    // A scope is one more filter by owner.
    let (scope, query) = (Scope::Owner("user-7".into()), ListQuery::default());
    let wanted = Wanted::new(db.dialect(), &scope, &query).unwrap();
    all.extend(of_one(db, &query, &wanted).await);
    assert!(
        all.is_empty(),
        "{} are wrong:\n{}",
        all.len(),
        all.join("\n\n")
    );
}

async fn of_one(db: &Database, query: &ListQuery, wanted: &Wanted) -> Vec<String> {
    let ways = match db.dialect() {
        Dialect::Sqlite => vec![Way::InOrder, Way::Collected],
        _ => vec![way(db, wanted, None).await.ok().unwrap()],
    };
    let mut all = Vec::new();
    for way in ways {
        for place in [None, Some(&place(query))] {
            let part = Part {
                place,
                offset: 0,
                limit: LIMIT,
            };
            let ids = select::ids(wanted, way, part);
            // SQLite says only that it sorts; the others how many rows, by what they know.
            let is_one = !ids.text().contains(" s) g ");
            let strict = db.dialect() == Dialect::Sqlite && way == Way::InOrder && is_one;
            let sorts = if strict { 0 } else { FEW + 2 };
            all.extend(wrong(db, &ids, sorts).await);
            all.extend(wrong(db, &select::rows(wanted, way, part), FEW + 2).await);
        }
    }
    // Of nearly all rows, InnoDB reads them by the index of their key, which is the table.
    let is_nearly_all = query.kind == Some(DeploymentKind::Lxc);
    if !(is_nearly_all && db.dialect() == Dialect::MariaDb) {
        all.extend(wrong(db, &select::count(wanted), u32::MAX).await);
    }
    if wanted.leaves_more(wanted.in_order()) {
        all.extend(wrong(db, &select::count_few(wanted), u32::MAX).await);
    }
    if query
        == &(ListQuery {
            sort: query.sort,
            ..ListQuery::default()
        })
    {
        all.extend(wrong(db, &select::by_status(wanted), u32::MAX).await);
    }
    for behind in wanted.behind(Some(&place(query))) {
        let walk = select::walk(wanted, wanted.in_order(), behind, 250);
        let sorts = if db.dialect() == Dialect::Sqlite {
            0
        } else {
            FEW
        };
        all.extend(wrong(db, &walk, sorts).await);
    }
    all
}

/// What is above can be wrong: a list that no index gives in order is found out.
async fn a_sort_of_all_rows_is_found_out(db: &Database) {
    let mut chance = Chance(3);
    let lines: Vec<Line> = (0..3_000)
        .map(|number| usual(number, &mut chance))
        .collect();
    write(db, &lines).await;
    let sorted =
        Builder::new("SELECT d.id AS id FROM deployments d ORDER BY d.tags, d.id LIMIT 20");
    assert!(wrong(db, &sorted, 0).await.is_some());
    let walked = Builder::new("SELECT d.id AS id FROM deployments d WHERE d.tags = 'web'");
    assert!(wrong(db, &walked, 0).await.is_some());
    let query = ListQuery::default();
    let wanted = Wanted::new(db.dialect(), &Scope::Everyone, &query).unwrap();
    assert_eq!(
        counted(db, &wanted, select::count)
            .await
            .ok()
            .unwrap()
            .total,
        lines.iter().filter(|line| !line.is_deleted).count() as u64
    );
}

/// Every index that a list names is one of the model, and begins with what the list is ordered by. Where one is missing
/// nevertheless, the list goes on, only slower.
#[test]
fn the_indexes_that_lists_name_are_there() {
    let migrations = Migrations::embedded().unwrap();
    let table = migrations.newest_schema().table("deployments").unwrap();
    for query in lists(Dialect::Sqlite) {
        let wanted = Wanted::new(Dialect::MariaDb, &Scope::Everyone, &query).unwrap();
        let part = Part {
            place: Some(&place(&query)),
            offset: 0,
            limit: LIMIT,
        };
        let ids = select::ids(&wanted, Way::InOrder, part);
        let named = wanted.index(wanted.in_order());
        assert!(ids.text().contains(&format!("FORCE INDEX ({named})")));
        let index = table.indexes.iter().find(|index| index.name == named);
        let columns = index.expect(named).columns.iter();
        let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
        let columns = columns.join(" ");
        let order = match query.sort.by {
            SortBy::Name => "name id",
            SortBy::Status | SortBy::CreatedAt => "created_at id",
        };
        assert!(columns.contains(order), "{named}: {columns}");
        assert_eq!(columns.contains("deleted_at"), !query.deleted, "{named}");
    }
}

async fn a_list_without_its_index_goes_on(db: &Database) {
    let mut chance = Chance(3);
    let lines: Vec<Line> = (0..400).map(|number| usual(number, &mut chance)).collect();
    write(db, &lines).await;
    let drop = match db.dialect() {
        Dialect::MySql | Dialect::MariaDb => "DROP INDEX ix_deployments_live ON deployments",
        Dialect::Sqlite | Dialect::Postgres => "DROP INDEX ix_deployments_live",
    };
    let mut connection = db.autocommit().await.ok().unwrap();
    connection.link().run_script(drop).await.unwrap();
    std::mem::drop(connection);
    for tag in [None, "web".parse().ok()] {
        let mut query = ListQuery {
            tag,
            limit: 3,
            ..ListQuery::default()
        };
        let first = db.list(&Scope::Everyone, &query).await.unwrap();
        query.page = Page::After(first.next.unwrap());
        let second = db.list(&Scope::Everyone, &query).await.unwrap();
        assert!(!second.rows.is_empty());
        assert!(second.rows.iter().all(|row| !first.rows.contains(row)));
    }
}

on_each! { lists_use_indexes a_list_without_its_index_goes_on a_sort_of_all_rows_is_found_out }
