//! Op files: what is wrong with one is told with its place.

use rstest::rstest;

use crate::schema::{Migration, Migrations, Schema, slug};

const GOOD: &str = "version = 1
name = \"people\"

[[up]]
op = \"create_table\"
table.name = \"people\"
table.columns = [
    { name = \"id\", type = \"varchar(36)\" },
]
table.primary_key = [\"id\"]

[[down]]
op = \"drop_table\"
table = \"people\"
";

#[test]
fn a_good_file_is_read() {
    let read = Migration::parse("0001_people.toml", GOOD, &Schema::EMPTY).unwrap();
    assert_eq!((read.version, read.up.len(), read.down.len()), (1, 1, 1));
    assert_eq!(read.checksum().len(), 64);
}

#[test]
fn how_lines_end_does_not_change_the_checksum() {
    let read = |content: &str| Migration::parse("0001_people.toml", content, &Schema::EMPTY);
    let windows = read(&GOOD.replace('\n', "\r\n")).unwrap();
    let unix = read(GOOD).unwrap();
    let changed = read(&GOOD.replace("36", "37")).unwrap();
    assert_eq!(windows.checksum(), unix.checksum());
    assert_ne!(changed.checksum(), unix.checksum());
}

#[rstest]
#[case::syntax("0001_people.toml", ("version = 1", "version ="), "0001_people.toml, line 1: ")]
#[case::unknown_field("0001_people.toml", ("table = \"people\"\n", "table = \"people\"\ncascade = true\n"), "unknown field `cascade`")]
#[case::unknown_at_the_top("0001_people.toml", ("version = 1", "version = 1\nauthor = \"x\""), "line 2: ")]
#[case::unknown_op("0001_people.toml", ("\"drop_table\"", "\"dorp_table\""), "line 13: unknown variant")]
#[case::unknown_type("0001_people.toml", ("varchar(36)", "string"), "`string` is not a column type")]
#[case::cannot_be_done("0001_people.toml", ("[\"id\"]", "[\"key\"]"), "line 4: cannot create table people: `people` has no column `key`")]
#[case::not_undone("0001_people.toml", ("[[down]]\nop = \"drop_table\"\ntable = \"people\"\n", ""), "do not lead back")]
#[case::not_its_version("0002_people.toml", ("", ""), "says that it is 0001_people")]
#[case::not_a_name("people.toml", ("", ""), "Name it NNNN_what_it_does.toml")]
#[case::version_nought("0000_people.toml", ("", ""), "Name it NNNN_what_it_does.toml")]
fn a_bad_file_is_told(#[case] file: &str, #[case] (old, new): (&str, &str), #[case] why: &str) {
    let content = GOOD.replacen(old, new, 1);
    let error = Migration::parse(file, &content, &Schema::EMPTY).unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
    assert!(error.to_string().starts_with(file), "{error}");
}

fn numbered(version: u32) -> (String, String) {
    let content = GOOD
        .replace("version = 1", &format!("version = {version}"))
        .replace("\"people\"\n", &format!("\"people{version}\"\n"));
    (format!("{version:04}_people{version}.toml"), content)
}

fn load(versions: &[u32]) -> Result<Migrations, String> {
    let files: Vec<(String, String)> = versions.iter().map(|it| numbered(*it)).collect();
    let files = files
        .iter()
        .map(|(file, content)| (file.as_str(), content.as_str()));
    Migrations::of(files).map_err(|error| error.to_string())
}

#[test]
fn versions_follow_each_other() {
    let loaded = load(&[2, 1, 3]).unwrap();
    assert_eq!(loaded.newest(), 3);
    assert_eq!(loaded.newest_schema().tables.len(), 3);
    assert_eq!(loaded.schema_at(1).unwrap().tables.len(), 1);
    assert!(loaded.schema_at(4).unwrap_err().contains("the newest is 3"));
    assert!(
        load(&[1, 3])
            .unwrap_err()
            .contains("migration 2 is missing")
    );
    assert!(load(&[2]).unwrap_err().contains("migration 1 is missing"));
    assert_eq!(load(&[]).unwrap().newest(), 0);
}

#[test]
fn a_version_is_there_once() {
    let one = ("0001_people.toml", GOOD);
    let other = GOOD.replace("\"people\"", "\"others\"");
    let files = [one, ("0001_others.toml", other.as_str())];
    let error = Migrations::of(files.into_iter()).unwrap_err().to_string();
    assert!(error.contains("migration 1 is there twice"), "{error}");
}

#[test]
fn a_folder_adds_to_what_is_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = Migrations::embedded().unwrap();
    let (file, content) = numbered(embedded.newest() + 1);
    std::fs::write(folder.path().join(&file), content).unwrap();
    std::fs::write(folder.path().join("README.md"), "not one").unwrap();
    let first = embedded.get(1).unwrap();
    std::fs::write(
        folder.path().join(first.file_name()),
        include_str!("../../../migrations/0001_first_light.toml"),
    )
    .unwrap();
    let both = Migrations::with_dir(folder.path()).unwrap();
    assert_eq!(both.newest(), embedded.newest() + 1);

    std::fs::write(folder.path().join(first.file_name()), GOOD).unwrap();
    assert!(
        Migrations::with_dir(folder.path()).is_err(),
        "another file under the name of an embedded one"
    );
    assert!(Migrations::with_dir(&folder.path().join("none")).is_err());
}

#[rstest]
#[case("Add a colour!", Some("add_a_colour"))]
#[case("  Déjà vu: 3×4 ", Some("d_j_vu_3_4"))]
#[case("../../etc/passwd", Some("etc_passwd"))]
#[case("!?", None)]
fn a_message_gives_a_name(#[case] message: &str, #[case] name: Option<&str>) {
    assert_eq!(slug(message).ok().as_deref(), name);
}

#[test]
fn a_name_has_an_end() {
    let long = slug(&"word ".repeat(100)).unwrap();
    assert!(long.len() <= 60 && !long.ends_with('_'), "{long}");
}
