//! What a step does to values, and what stops it, is the same on every database.

use std::collections::BTreeSet;

use super::live::Live;
use crate::schema::build::{big_int, counting, integer, long_text, table, text, varchar};
use crate::schema::{Column, Default, ForeignKey, Index, IndexColumn, Op, Schema, diff, recognise};

/// Every database that is there.
async fn everywhere(test: &str, body: impl AsyncFn(&mut Live)) {
    let mut sqlite = Live::sqlite().await;
    body(&mut sqlite).await;
    for variable in ["HAVRE_TEST_POSTGRES", "HAVRE_TEST_MARIADB"] {
        if let Some(mut live) = Live::on_server(variable, test).await {
            body(&mut live).await;
            live.end(test).await;
        }
    }
}

/// A table `things` with one column beside its key, and these values in it; what `Op` makes of them, or how many are in the
/// way.
async fn becomes(
    live: &mut Live,
    from: &Column,
    values: &[Option<&str>],
    to: &Column,
    fill: Option<Default>,
) -> Result<Vec<Option<String>>, i64> {
    let things = table("things", &["seq"], [counting("seq"), from.clone()]);
    let create = Op::CreateTable { table: things };
    let mut schema = Schema::default();
    assert!(live.migrate(&[create], &mut schema).await);
    for value in values {
        let value = value.map_or("NULL".to_owned(), |value| format!("'{value}'"));
        let name = &from.name;
        live.run(&format!("INSERT INTO things ({name}) VALUES ({value})"))
            .await;
    }
    let alter = Op::AlterColumn {
        table: "things".into(),
        from: from.clone(),
        to: to.clone(),
        fill,
    };
    let in_the_way = live.in_the_way(&alter, &schema).await;
    let became = match in_the_way {
        0 => {
            assert!(live.migrate(&[alter], &mut schema).await);
            Ok(live.values("things", &to.name).await)
        }
        _ => Err(in_the_way),
    };
    live.run("DROP TABLE things").await;
    became
}

/// Each of these alone, by what it becomes; None for those that are in the way.
async fn one_by_one(from: Column, to: Column, cases: &'static [(&str, Option<&str>)]) {
    let test = format!("{}_to_{}", from.name, to.name);
    let to = Column {
        name: from.name.clone(),
        ..to
    };
    everywhere(&test, async |live| {
        for (value, wanted) in cases {
            let became = becomes(live, &from, &[Some(value)], &to, None).await;
            let wanted = wanted.map(|it| vec![Some(it.to_owned())]).ok_or(1);
            assert_eq!(became, wanted, "{value:?} on {:?}", live.dialect());
        }
    })
    .await;
}

#[tokio::test]
async fn only_whole_numbers_become_numbers() {
    one_by_one(
        text("word").nullable(),
        big_int("number").nullable(),
        &[
            ("0", Some("0")),
            ("-1", Some("-1")),
            ("9223372036854775807", Some("9223372036854775807")),
            ("-9223372036854775808", Some("-9223372036854775808")),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("99999999999999999999999", None),
            ("007", None),
            ("-0", None),
            ("+1", None),
            (" 1", None),
            ("1 ", None),
            ("1\n", None),
            ("1.0", None),
            ("1e3", None),
            ("0x10", None),
            ("", None),
            ("one", None),
        ],
    )
    .await;
}

#[tokio::test]
async fn numbers_have_a_range() {
    one_by_one(
        big_int("large").nullable(),
        integer("small").nullable(),
        &[
            ("2147483647", Some("2147483647")),
            ("2147483648", None),
            ("-2147483648", Some("-2147483648")),
            ("-2147483649", None),
        ],
    )
    .await;
}

#[tokio::test]
async fn length_is_counted_in_characters() {
    one_by_one(
        varchar("wide", 20).nullable(),
        varchar("slim", 3).nullable(),
        &[
            ("abc", Some("abc")),
            ("äöü", Some("äöü")),
            ("🚢🚢🚢", Some("🚢🚢🚢")),
            ("abcd", None),
            ("abc ", None),
            ("", Some("")),
        ],
    )
    .await;
}

#[tokio::test]
async fn numbers_become_their_digits() {
    let cases = &[
        ("12345", Some("12345")),
        ("-123456", None),
        ("0", Some("0")),
    ];
    one_by_one(
        big_int("digits").nullable(),
        varchar("letters", 5).nullable(),
        cases,
    )
    .await;
}

#[tokio::test]
async fn nothing_becomes_the_fill_and_all_else_stays() {
    everywhere("fill", async |live| {
        let from = varchar("word", 5).nullable();
        let filled = [Some("1"), None, Some("")];
        let to = long_text("word");
        let fill = Some(Default::Text("it's \"new\" here".into()));
        let became = becomes(live, &from, &filled, &to, fill).await.unwrap();
        let wanted = [Some("1"), Some("it's \"new\" here"), Some("")];
        assert_eq!(became, wanted.map(|it| it.map(str::to_owned)));

        let number = integer("word").default(Default::Number(7));
        let became = becomes(live, &from, &[Some("1"), None], &number, None).await;
        assert_eq!(became, Ok(vec![Some("1".into()), Some("7".into())]));
    })
    .await;
}

#[tokio::test]
async fn a_new_column_has_its_default_or_the_fill() {
    everywhere("added", async |live| {
        let things = table("things", &["seq"], [counting("seq")]);
        let mut schema = Schema::default();
        assert!(
            live.migrate(&[Op::CreateTable { table: things }], &mut schema)
                .await
        );
        live.run("INSERT INTO things (seq) VALUES (1)").await;
        let add = |column: Column, fill| Op::AddColumn {
            table: "things".into(),
            column,
            fill,
        };
        let five = Some(Default::Number(5));
        let text = Some(Default::Text("{}".into()));
        let ops = [
            add(integer("a").nullable(), None),
            add(integer("b").nullable().default(Default::Number(3)), None),
            add(integer("c").default(Default::Number(3)), five.clone()),
            add(integer("d"), five),
            add(long_text("e"), text),
        ];
        assert!(live.migrate(&ops, &mut schema).await);
        live.run("INSERT INTO things (seq, d, e) VALUES (2, 6, '')")
            .await;
        let wanted = [
            ("a", None, None),
            ("b", Some("3"), Some("3")),
            ("c", Some("5"), Some("3")),
            ("d", Some("5"), Some("6")),
            ("e", Some("{}"), Some("")),
        ];
        for (column, old, new) in wanted {
            let there = live.values("things", column).await;
            assert_eq!(
                there,
                [old, new].map(|it| it.map(str::to_owned)),
                "{column}"
            );
        }
        live.run("DROP TABLE things").await;
    })
    .await;
}

fn index(unique: bool, columns: &[&str]) -> Op {
    let part = |name: &&str| IndexColumn {
        name: (*name).to_owned(),
        any_case: false,
    };
    let index = Index {
        name: "ix_things".into(),
        columns: columns.iter().map(part).collect(),
        unique,
    };
    Op::CreateIndex {
        table: "things".into(),
        index,
    }
}

#[tokio::test]
async fn what_stands_twice_or_points_nowhere_is_in_the_way() {
    everywhere("rows", async |live| {
        let columns = [counting("seq"), varchar("a", 9).nullable(), big_int("b").nullable()];
        let things = table("things", &["seq"], columns);
        let mut schema = Schema::default();
        assert!(live.migrate(&[Op::CreateTable { table: things }], &mut schema).await);
        let rows = "(1, 'x', 1), (2, 'X', 1), (3, 'x ', NULL), (4, 'x', NULL), (5, 'y', 9), (6, 'y', 9), (7, NULL, 1)";
        live.run(&format!("INSERT INTO things (seq, a, b) VALUES {rows}")).await;
        // Bytewise: neither case nor blanks are forgotten.
        assert_eq!(live.in_the_way(&index(true, &["a"]), &schema).await, 2);
        assert_eq!(live.in_the_way(&index(true, &["a", "b"]), &schema).await, 1);
        assert_eq!(live.in_the_way(&index(false, &["a"]), &schema).await, 0);
        let key = ForeignKey {
            name: "fk_things".into(),
            columns: vec!["b".into()],
            table: "things".into(),
            references: vec!["seq".into()],
        };
        let add = Op::AddForeignKey {
            table: "things".into(),
            foreign_key: key,
        };
        assert_eq!(live.in_the_way(&add, &schema).await, 2);
        live.run("DROP TABLE things").await;
    })
    .await;
}

/// Two rows without a value may both be in a unique index; with the same one they may not.
#[tokio::test]
async fn a_fill_that_would_stand_twice_is_in_the_way() {
    everywhere("twice", async |live| {
        let columns = [counting("seq"), varchar("a", 9).nullable()];
        let things = table("things", &["seq"], columns).unique("ix_things_a", &["a"]);
        let mut schema = Schema::default();
        assert!(
            live.migrate(&[Op::CreateTable { table: things }], &mut schema)
                .await
        );
        live.run("INSERT INTO things (a) VALUES ('1'), (NULL)")
            .await;
        let alter = |to: Column, fill| Op::AlterColumn {
            table: "things".into(),
            from: varchar("a", 9).nullable(),
            to,
            fill: Some(fill),
        };
        let one = alter(varchar("a", 9), Default::Text("1".into()));
        let other = alter(varchar("a", 9), Default::Text("2".into()));
        let number = alter(big_int("a"), Default::Number(1));
        assert_eq!(live.in_the_way(&one, &schema).await, 1);
        assert_eq!(live.in_the_way(&other, &schema).await, 0);
        assert_eq!(live.in_the_way(&number, &schema).await, 1);
        live.run("INSERT INTO things (a) VALUES (NULL)").await;
        assert_eq!(live.in_the_way(&other, &schema).await, 1);
        live.run("DROP TABLE things").await;
    })
    .await;
}

/// A number that was given is never given again, also behind a rebuild.
#[tokio::test]
async fn counting_goes_on() {
    everywhere("counting", async |live| {
        let things = table(
            "things",
            &["seq"],
            [counting("seq"), integer("a").nullable()],
        );
        let mut schema = Schema::default();
        assert!(
            live.migrate(&[Op::CreateTable { table: things }], &mut schema)
                .await
        );
        live.run("INSERT INTO things (a) VALUES (1), (2), (3)")
            .await;
        live.run("DELETE FROM things WHERE a > 1").await;
        let alter = Op::AlterColumn {
            table: "things".into(),
            from: integer("a").nullable(),
            to: big_int("a").nullable(),
            fill: None,
        };
        assert!(live.migrate(&[alter], &mut schema).await);
        live.run("INSERT INTO things (a) VALUES (4)").await;
        let there = live.values("things", "seq").await;
        assert_eq!(there, [Some("1".to_owned()), Some("4".to_owned())]);
        live.run("DROP TABLE things").await;
    })
    .await;
}

/// A column on either side of a foreign key changes, with rows that use it.
#[tokio::test]
async fn a_foreign_key_outlives_changes_of_its_columns() {
    everywhere("keys", async |live| {
        let with = |id: u32, owner: Column| -> Schema {
            let people = table("people", &["id"], [varchar("id", id)]);
            let things = table("things", &["seq"], [counting("seq"), owner])
                .indexed("ix_things_owner", &["owner"])
                .points_at("owner", "people", "id");
            [people, things].into_iter().collect()
        };
        let one = with(36, varchar("owner", 36).nullable());
        let other = with(40, varchar("owner", 38));
        let mut schema = Schema::default();
        let ops = diff(&schema, &one).unwrap();
        assert!(live.migrate(&ops, &mut schema).await);
        live.run("INSERT INTO people (id) VALUES ('ana')").await;
        live.run("INSERT INTO things (owner) VALUES ('ana')").await;
        for to in [&other, &one, &other] {
            let ops = diff(&schema, to).unwrap();
            assert!(live.migrate(&ops, &mut schema).await, "{ops:?}");
            let read = live.schema().await;
            let read = recognise(&read, to, &BTreeSet::new(), live.dialect());
            assert_eq!(diff(&read, to).unwrap(), vec![]);
        }
        assert_eq!(
            live.values("things", "owner").await,
            [Some("ana".to_owned())]
        );
        let ops = diff(&schema, &Schema::EMPTY).unwrap();
        assert!(live.migrate(&ops, &mut schema).await);
    })
    .await;
}
