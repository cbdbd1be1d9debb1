//! Rows as other programs write them, by a formula.

use crate::Database;

/// Numbers that look like chance and are the same every time.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// Below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What a list looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: Option<&'static str>,
    pub(super) framework: Option<&'static str>,
    pub(super) status: &'static str,
    pub(super) created_at: String,
    pub(super) is_deleted: bool,
    pub(super) owner: Option<String>,
    pub(super) tags: Option<&'static str>,
}

/// Few values, so that there are many equal ones.
pub(super) fn crowded(number: usize, chance: &mut Chance) -> Line {
    let name = [
        "a",
        "b",
        "A-",
        "a-",
        "aa",
        "ab_",
        "é",
        "a\u{ffff}",
        "a😀",
        "zz",
    ];
    Line {
        id: if number.is_multiple_of(50) {
            chance.one(&name).repeat(2) + &number.to_string()
        } else {
            id(number, chance)
        },
        name: format!("{}{}", chance.one(&name), chance.one(&["", "a", "b", "1"])),
        kind: chance.one(&[Some("vm"), Some("lxc"), Some("LXC"), None]),
        framework: chance.one(&[Some("flask"), Some("django"), Some("Flask"), None]),
        status: chance.one(&[
            "running", "RUNNING", "Failed", "stopped", "deleted", "DELETED", "Exploded",
        ]),
        created_at: format!(
            "2026-11-22 08:30:0{}.00000{}",
            chance.below(3),
            chance.below(3)
        ),
        is_deleted: chance.below(4) == 0,
        owner: chance
            .one(&[Some("ana"), Some("bob"), None])
            .map(str::to_owned),
        tags: chance.one(&[
            Some("web"),
            Some("web, prod"),
            Some("website,"),
            Some(" prod ,web"),
            None,
        ]),
    }
}

/// As a database looks that is used: names of their own, one moment each, some owners, mostly containers.
pub(super) fn usual(number: usize, chance: &mut Chance) -> Line {
    let statuses = [
        "running", "running", "running", "stopped", "RUNNING", "pending",
    ];
    let is_deleted = chance.below(3) == 0;
    let rare = chance.below(100) == 0;
    Line {
        id: id(number, chance),
        name: format!("app-{:06}", number.wrapping_mul(7919) % 1_000_003),
        kind: Some(if rare { "vm" } else { "lxc" }),
        framework: Some(if rare {
            "laravel"
        } else {
            chance.one(&["flask", "django", "express"])
        }),
        status: match (is_deleted, rare) {
            (true, _) => "deleted",
            (false, true) => "failed",
            _ => chance.one(&statuses),
        },
        created_at: format!(
            "2026-{:02}-{:02} {:02}:{:02}:{:02}.000000",
            1 + number / 60_480 % 12,
            1 + number / 2_160 % 28,
            number / 90 % 24,
            number % 60,
            number / 7 % 60
        ),
        is_deleted,
        owner: Some(format!("user-{}", chance.below(300))),
        tags: (chance.below(20) == 0).then_some("web,prod"),
    }
}

fn id(number: usize, chance: &mut Chance) -> String {
    format!("{:08x}-0000-4000-8000-{number:012}", chance.below(1 << 30))
}

/// Writes rows, many at once.
pub(super) async fn write(db: &Database, lines: &[Line]) {
    let text = |value: Option<&str>| value.map_or("NULL".to_owned(), |value| format!("'{value}'"));
    for some in lines.chunks(500) {
        let values: Vec<String> = some
            .iter()
            .map(|line| {
                let deleted_at = line.is_deleted.then_some(line.created_at.as_str());
                let values = [
                    Some(line.id.as_str()), Some(&line.name), line.kind, line.framework, Some(line.status),
                    Some(&line.created_at), deleted_at, line.owner.as_deref(), line.tags,
                ];
                // As long as rows are.
                let rest = "'https://github.com/some-owner/some-repository.git','{\"cores\": 2, \"memory\": 2048, \"disk\": 20}',\
                    'The build failed. The last lines of its log tell more: npm ERR! code ELIFECYCLE, npm ERR! errno 1'";
                format!("({},{rest})", values.map(text).join(","))
            })
            .collect();
        let insert = format!(
            "INSERT INTO deployments (id, name, deployment_type, framework, status, created_at, deleted_at, user_id, tags, \
             github_url, resources, error_message) VALUES {}",
            values.join(",")
        );
        let mut connection = db.autocommit().await.ok().unwrap();
        connection.link().run_script(&insert).await.unwrap();
    }
}
