//! One example.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Status;

use super::numbers::Numbers;
use super::words::{ACCOUNTS, FAILURES, FRAMEWORKS, OWNERS, TAGS, WHAT, WHICH};
use crate::sql::Value;

/// How far back examples go.
const DAYS: u64 = 180;
const DAY: u64 = 86_400;
const MICROS: u64 = 1_000_000;

/// Statuses as often as they are met: of a hundred.
const SHARES: [(Status, u64); 7] = [
    (Status::Running, 52),
    (Status::Failed, 14),
    (Status::Stopped, 12),
    (Status::Deleted, 12),
    (Status::Pending, 4),
    (Status::Provisioning, 3),
    (Status::Deploying, 3),
];

/// The row of this number, in the order of the columns. Its times lie before `today`.
pub(super) fn row(seed: u64, number: u32, today: DateTime<Utc>) -> [Value; 15] {
    let mut numbers = Numbers::of(seed, number);
    let id = numbers.uuid();
    let status = status(&mut numbers, number);
    let name = name(seed, number);
    // The first rows show every framework and both types, however few there are.
    let framework = match FRAMEWORKS.get(number as usize) {
        Some(first) => first,
        None => numbers.one(&FRAMEWORKS),
    };
    let is_vm = if number < 2 {
        number == 0
    } else {
        numbers.percent(35)
    };
    let life = Life::of(&mut numbers, status, today);
    let url = format!("https://github.com/{}/{name}", numbers.one(&ACCOUNTS));
    let resources = resources(&mut numbers, is_vm);
    let address = life.has_guest.then(|| address(number));
    let error = (status == Status::Failed).then(|| numbers.one(&FAILURES).to_owned());
    let owner = (!numbers.percent(10)).then(|| numbers.one(&OWNERS).to_owned());
    [
        id.into(),
        name.into(),
        Value::from(if is_vm { "vm" } else { "lxc" }),
        Value::from(framework),
        url.into(),
        Value::json(resources),
        Value::from(status.as_str()),
        life.created.into(),
        life.deployed.into(),
        life.deleted.into(),
        address.into(),
        life.has_guest.then(|| i64::from(100 + number)).into(),
        error.into(),
        owner.into(),
        tags(&mut numbers).into(),
    ]
}

fn status(numbers: &mut Numbers, number: u32) -> Status {
    let drawn = numbers.below(100);
    if let Some((first, _)) = SHARES.get(number as usize) {
        return *first;
    }
    let mut sum = 0;
    let found = SHARES.iter().find(|(_, share)| {
        sum += share;
        drawn < sum
    });
    found.map_or(Status::Running, |(status, _)| *status)
}

/// Names of one seed differ from each other: each pair of words once, then with a number behind it.
fn name(seed: u64, number: u32) -> String {
    let pairs = (WHICH.len() * WHAT.len()) as u64;
    // A step that shares no factor with the number of pairs goes through all of them.
    let turn = Numbers::of(seed, u32::MAX).below(pairs);
    let pair = ((u64::from(number) * 787 + turn) % pairs) as usize;
    let (which, what) = (WHICH[pair / WHAT.len()], WHAT[pair % WHAT.len()]);
    match u64::from(number) / pairs {
        0 => format!("{which}-{what}"),
        round => format!("{which}-{what}-{}", round + 1),
    }
}

/// When a row was made, deployed and deleted.
struct Life {
    created: DateTime<Utc>,
    deployed: Option<DateTime<Utc>>,
    deleted: Option<DateTime<Utc>>,
    has_guest: bool,
}

impl Life {
    fn of(numbers: &mut Numbers, status: Status, today: DateTime<Utc>) -> Self {
        // What is under way began lately.
        let days = match status {
            Status::Pending | Status::Provisioning | Status::Deploying => 2,
            _ => DAYS,
        };
        let age = numbers.below(days * DAY * MICROS);
        let has_run = match status {
            Status::Running | Status::Stopped => true,
            Status::Deleted => numbers.percent(80),
            Status::Failed => numbers.percent(30),
            Status::Pending | Status::Provisioning | Status::Deploying => false,
        };
        // Between half a minute and ten minutes, and never in the future.
        let took = (30 * MICROS + numbers.below(570 * MICROS)).min(age);
        let until = age - took;
        let left = until - numbers.below(until.max(1)).min(until);
        let before = |micros: u64| today - TimeDelta::microseconds(micros as i64);
        Self {
            created: before(age),
            deployed: has_run.then(|| before(until)),
            deleted: (status == Status::Deleted).then(|| before(left)),
            has_guest: has_run && status != Status::Deleted,
        }
    }
}

/// Within what Havre allows for the type.
fn resources(numbers: &mut Numbers, is_vm: bool) -> String {
    let (least, size) = if is_vm { (1024, 10) } else { (512, 5) };
    let step = numbers.below(4);
    let (cores, memory, disk) = (1 << (step / 2), least << step, size << step);
    format!("{{\"cores\": {cores}, \"memory\": {memory}, \"disk\": {disk}}}")
}

fn address(number: u32) -> String {
    let [_, high, middle, low] = number.to_be_bytes();
    format!("10.{}.{middle}.{low}", 20 + u16::from(high))
}

fn tags(numbers: &mut Numbers) -> Option<String> {
    let mut chosen: Vec<&str> = Vec::new();
    for _ in 0..numbers.below(4) {
        let tag = numbers.one(&TAGS);
        if !chosen.contains(&tag) {
            chosen.push(tag);
        }
    }
    (!chosen.is_empty()).then(|| chosen.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{DeploymentKind, Name, Resources, Tags};
    use std::collections::BTreeSet;

    fn today() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap()
    }

    fn text(row: &[Value; 15], column: usize) -> Option<&str> {
        match &row[column] {
            Value::Text(text) | Value::Json(text) => text.as_deref(),
            other => panic!("column {column} holds {other:?}"),
        }
    }

    fn time(row: &[Value; 15], column: usize) -> Option<DateTime<Utc>> {
        match &row[column] {
            Value::Time(at) => *at,
            other => panic!("column {column} holds {other:?}"),
        }
    }

    fn rows(seed: u64, count: u32) -> Vec<[Value; 15]> {
        (0..count)
            .map(|number| row(seed, number, today()))
            .collect()
    }

    #[test]
    fn a_seed_gives_the_same_rows_and_another_one_others() {
        assert_eq!(rows(5, 40), rows(5, 60)[..40]);
        let ids = |seed| -> BTreeSet<String> {
            let rows = rows(seed, 500);
            rows.iter()
                .map(|row| text(row, 0).unwrap().to_owned())
                .collect()
        };
        assert_eq!(ids(1).len(), 500);
        assert!(ids(1).is_disjoint(&ids(2)));
    }

    #[test]
    fn a_few_rows_show_everything() {
        let rows = rows(1, 25);
        let words = |column| -> BTreeSet<&str> {
            rows.iter().filter_map(|row| text(row, column)).collect()
        };
        assert_eq!(words(6).len(), Status::ALL.len());
        assert_eq!(words(3).len(), FRAMEWORKS.len());
        assert_eq!(words(2).len(), 2);
        assert!(words(13).len() > 3 && words(14).len() > 3);
    }

    /// Every row could have been deployed, and tells a story that hangs together.
    #[test]
    fn they_are_believable() {
        let all = rows(3, 5000);
        let names: BTreeSet<&str> = all.iter().filter_map(|row| text(row, 1)).collect();
        assert_eq!(names.len(), all.len());
        for row in &all {
            let name: Name = text(row, 1).unwrap().parse().unwrap();
            let kind: DeploymentKind = text(row, 2).unwrap().parse().unwrap();
            let resources: Resources = serde_json::from_str(text(row, 5).unwrap()).unwrap();
            assert_eq!(resources.problems(kind), Vec::<String>::new(), "{name}");
            text(row, 4).unwrap().parse::<domain::GitUrl>().unwrap();
            let status: Status = text(row, 6).unwrap().parse().unwrap();
            let created = time(row, 7).unwrap();
            let (deployed, deleted) = (time(row, 8), time(row, 9));
            assert!(created < today() && deployed.is_none_or(|at| created <= at && at <= today()));
            assert!(deleted.is_none_or(|at| created <= at && deployed.is_none_or(|d| d <= at)));
            assert!(deleted.is_none_or(|at| at <= today()));
            assert_eq!(deleted.is_some(), status == Status::Deleted);
            assert_eq!(text(row, 12).is_some(), status == Status::Failed);
            assert!(status != Status::Running || text(row, 10).is_some());
            let tags = text(row, 14)
                .unwrap_or_default()
                .split(',')
                .filter(|tag| !tag.is_empty());
            let tags: Vec<_> = tags.map(|tag| tag.parse().unwrap()).collect();
            assert_eq!(Tags::new(tags).unwrap().column().as_deref(), text(row, 14));
        }
    }
}
