use std::io::Write;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::schema::ColumnType;

fn table(name: &str, columns: &[&str], rows: u64) -> PortableTable {
    PortableTable {
        name: name.to_owned(),
        columns: columns
            .iter()
            .map(|column| PortableColumn {
                name: (*column).to_owned(),
                kind: ColumnType::Text,
            })
            .collect(),
        rows,
        sequence: Some(7),
    }
}

fn header(tables: Vec<PortableTable>) -> Header {
    Header {
        format: FORMAT,
        made_by: "0.2.0".into(),
        made_at: "2026-11-22T23:05:09.120000Z".into(),
        source: "sqlite".into(),
        schema: vec![Migration {
            version: 1,
            name: "first".into(),
            checksum: "ab".repeat(32),
        }],
        keys: vec!["1f2e3d4c".into()],
        tables,
    }
}

type Rows = Vec<Vec<Value>>;

/// A backup of tables of three columns each.
fn write(tables: &[Rows]) -> Result<Vec<u8>, CannotWrite> {
    let names = ["a", "b", "c", "d"];
    let heads = tables
        .iter()
        .zip(names)
        .map(|(rows, name)| table(name, &["x", "y", "z"], rows.len() as u64));
    let mut writer = Writer::begin(Vec::new(), header(heads.collect()))?;
    for (index, rows) in tables.iter().enumerate() {
        for row in rows {
            writer.row(index, row)?;
        }
    }
    Ok(writer.finish()?.0)
}

fn read(mut bytes: &[u8]) -> Result<Vec<Rows>, Broken> {
    let mut reader = Reader::open(&mut bytes)?;
    let mut tables = vec![Rows::new(); reader.header().tables.len()];
    while let Some(block) = reader.next_block()? {
        let rows = &mut tables[block.table];
        assert_eq!(block.first, rows.len() as u64);
        rows.extend(block.rows().map(<[Value]>::to_vec));
    }
    let end = reader.end().expect("the end was reached");
    assert_eq!(
        end.rows,
        tables.iter().map(|rows| rows.len() as u64).sum::<u64>()
    );
    Ok(tables)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// [`sample`], written.
fn good() -> Vec<u8> {
    static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| write(&sample()).unwrap());
    GOOD.clone()
}

/// Two tables with rows and one without, of several blocks.
fn sample() -> Vec<Rows> {
    let long = "0123456789abcdef".repeat(4000);
    vec![
        (0..9)
            .map(|n| vec![Value::Integer(n), text(&long[n as usize..]), Value::Null])
            .collect(),
        vec![],
        vec![vec![
            text("é\u{0}\n\"\\"),
            Value::Real(-0.1),
            Value::Blob(vec![0, 255]),
        ]],
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Integer),
        any::<String>().prop_map(Value::Text),
        any::<f64>()
            .prop_filter("SQLite has no NaN", |x| !x.is_nan())
            .prop_map(Value::Real),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Blob),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::BadText),
    ]
}

fn any_tables() -> impl Strategy<Value = Vec<Rows>> {
    let row = prop::collection::vec(any_value(), 3);
    prop::collection::vec(prop::collection::vec(row, 0..20), 0..4)
}

proptest! {
    #[test]
    fn what_is_written_is_read(tables in any_tables()) {
        prop_assert_eq!(read(&write(&tables).unwrap()).unwrap(), tables);
    }

    #[test]
    fn any_bytes_are_refused_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..4000)) {
        prop_assert!(read(&bytes).is_err());
    }

    /// Whole members with any text: what the checksums let through must be understood or refused.
    #[test]
    fn any_text_in_a_true_member_is_refused(text in "[\\[\\]{}\",:a-z0-9\\n ]{0,300}", place in 0..3_usize) {
        let good = good();
        let cuts = members(&good);
        let mut bytes = good[..cuts[place]].to_vec();
        bytes.extend(packed(text.as_bytes()));
        bytes.extend(&good[cuts[place]..]);
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn several_changed_bytes_are_found(changes in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..9)) {
        let good = good();
        let mut bytes = good.clone();
        for (index, change) in changes {
            let at = index.index(bytes.len());
            bytes[at] ^= change;
        }
        prop_assume!(bytes != good);
        prop_assert!(read(&bytes).is_err());
    }
}

/// Where the members begin, and where the file ends.
fn members(bytes: &[u8]) -> Vec<usize> {
    let mut reader = member::MemberReader::new(bytes);
    let mut text = Vec::new();
    let mut at = Vec::new();
    while reader.next(&mut text).unwrap() {
        at.push(reader.at() as usize);
    }
    at.push(bytes.len());
    at
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    member::Members::new(&mut bytes).write(text).unwrap();
    bytes
}

#[test]
fn every_flipped_bit_is_found() {
    let good = write(&[vec![vec![Value::Integer(1), text("shop"), Value::Null]]]).unwrap();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&bytes).is_err(), "bit {bit} of {}", good.len() * 8);
    }
}

#[test]
fn every_cut_is_found_and_told_as_one() {
    let good = good();
    let cuts = members(&good);
    assert!(cuts.len() > 5, "several blocks: {cuts:?}");
    for length in (0..good.len())
        .step_by(7)
        .chain(cuts[..cuts.len() - 1].to_vec())
    {
        match read(&good[..length]) {
            Err(Broken::Cut { at }) => assert!(at as usize <= length),
            other => panic!("cut at {length}: {other:?}"),
        }
    }
}

#[test]
fn what_is_appended_is_found() {
    let good = good();
    let again = good.clone();
    for more in [&b"\0"[..], b"x", &again, &packed(b""), &packed(b"{}\n")] {
        let error = read(&[&good, more].concat()).unwrap_err();
        assert!(error.to_string().contains("follows the end"), "{error}");
    }
}

#[test]
fn a_block_that_is_missing_or_twice_is_found() {
    let good = good();
    let cuts = members(&good);
    for block in 1..cuts.len() - 2 {
        let (from, to) = (cuts[block], cuts[block + 1]);
        let without = [&good[..from], &good[to..]].concat();
        let twice = [&good[..to], &good[from..]].concat();
        assert!(matches!(read(&without), Err(Broken::Damaged { .. })));
        assert!(matches!(read(&twice), Err(Broken::Damaged { .. })));
    }
}

#[test]
fn blocks_are_bounded() {
    let rows: Rows = (0..5001)
        .map(|n| vec![Value::Integer(n), Value::Null, Value::Null])
        .collect();
    let bytes = write(std::slice::from_ref(&rows)).unwrap();
    let mut reader = Reader::open(&bytes[..]).unwrap();
    let mut sizes = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        sizes.push(block.rows().len());
    }
    assert_eq!(sizes, [2000, 2000, 1001]);
}

#[test]
fn a_huge_row_is_carried_and_a_larger_one_refused_by_name() {
    let row = |size: usize| vec![text("id-1"), text(&"x".repeat(size)), Value::Null];
    let largest = MAX_ROW - r#"["id-1","",null]"#.len() - 1;
    let tables = [vec![row(3), row(largest), row(3)]];
    assert_eq!(read(&write(&tables).unwrap()).unwrap(), tables);
    // Every character of the second takes six.
    for too_big in [
        row(largest + 1),
        vec![
            text("id-1"),
            text(&"\u{1}".repeat(MAX_ROW / 2)),
            Value::Null,
        ],
    ] {
        let error = write(&[vec![too_big]]).unwrap_err();
        assert!(
            matches!(&error, CannotWrite::RowTooBig { table, row } if table == "a" && row == "id-1"),
            "{error}"
        );
    }
}

#[test]
fn a_bomb_is_refused_before_it_fills_memory() {
    let good = good();
    let head = &good[..members(&good)[1]];
    let mut huge = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..64 {
        huge.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let member = [&good[..10], &huge.finish().unwrap()].concat();
    assert!(member.len() < 1 << 20);
    // And one that never gives any text: empty stored blocks without end.
    let idle = [&good[..10], &[0, 0, 0, 0xff, 0xff].repeat(4 << 20)[..]].concat();
    for bomb in [member, idle] {
        let error = read(&[head, &bomb].concat()).unwrap_err();
        assert!(
            error.to_string().contains("larger than any part"),
            "{error}"
        );
    }
}

#[test]
fn rows_that_were_not_announced_are_a_fault() {
    let head = header(vec![table("a", &["x"], 1), table("b", &["x"], 0)]);
    let begin = || Writer::begin(Vec::new(), head.clone()).unwrap();
    let one = [Value::Integer(1)];
    assert!(matches!(
        begin().finish(),
        Err(CannotWrite::Miscounted { .. })
    ));
    let mut twice = begin();
    twice.row(0, &one).unwrap();
    twice.row(0, &one).unwrap();
    assert!(matches!(
        twice.finish(),
        Err(CannotWrite::Miscounted { came: 2, .. })
    ));
    assert!(begin().row(0, &[]).is_err());
    assert!(begin().row(2, &one).is_err());
    let mut back = begin();
    back.row(0, &one).unwrap();
    back.row(1, &one).unwrap();
    assert!(back.row(0, &one).is_err());
}

#[test]
fn names_that_could_not_stand_in_a_statement_are_refused() {
    for name in ["", "a\"b", "a b", "A", "1a", "a;drop", &"a".repeat(61)] {
        let head = header(vec![table(name, &["x"], 0)]);
        assert!(matches!(
            Writer::begin(Vec::new(), head.clone()),
            Err(CannotWrite::BadHeader(_))
        ));
        let bytes = packed(&lines::Line::HavreBackup(head).render());
        assert!(
            matches!(Reader::open(&bytes[..]), Err(Broken::Damaged { .. })),
            "{name}"
        );
    }
    let twice = header(vec![table("a", &["x", "x"], 0)]);
    assert!(Writer::begin(Vec::new(), twice).is_err());
}

#[test]
fn other_files_and_newer_formats_are_told_apart() {
    for other in [
        &b"SQLite format 3\0and more"[..],
        b"PGDMP",
        b"x",
        &packed(b"hello\n"),
    ] {
        assert!(
            matches!(Reader::open(other), Err(Broken::NotABackup)),
            "{other:?}"
        );
    }
    assert!(matches!(Reader::open(&b""[..]), Err(Broken::Cut { at: 0 })));
    let newer = packed(br#"{"havre_backup":{"format":2,"what":"else"}}"#);
    assert!(matches!(Reader::open(&newer[..]), Err(Broken::Newer(2))));
}

/// What is written today must be read by every later version: the text of a backup, byte by byte.
#[test]
fn the_text_is_as_documented() {
    let rows = vec![vec![text("é\n"), Value::Integer(-1), Value::Real(1e300)]];
    let bytes = write(&[rows]).unwrap();
    let mut all = String::new();
    let mut input = std::io::BufReader::new(flate2::read::MultiGzDecoder::new(&bytes[..]));
    std::io::Read::read_to_string(&mut input, &mut all).unwrap();
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(
        lines[0],
        r#"{"havre_backup":{"format":1,"made_by":"0.2.0","made_at":"2026-11-22T23:05:09.120000Z","source":"sqlite","schema":[{"version":1,"name":"first","checksum":"abababababababababababababababababababababababababababababababab"}],"keys":["1f2e3d4c"],"tables":[{"name":"a","columns":[{"name":"x","type":"text"},{"name":"y","type":"text"},{"name":"z","type":"text"}],"rows":1,"sequence":7}]}}"#
    );
    assert_eq!(lines[1], r#"{"block":{"table":"a","first":0,"rows":1}}"#);
    assert_eq!(lines[2], r#"["é\n",-1,{"real":"1e300"}]"#);
    assert!(lines[3].starts_with(r#"{"end":{"bytes":"#), "{}", lines[3]);
    assert_eq!(lines.len(), 4);
}
