//! `havre db stats`.

use serde_json::{Value, json};
use store::admin::{Access, Day, Stats, Top, stats as take};

use super::subject::Subject;
use crate::exit::{Exit, Fault, Outcome};
use crate::screen::Screen;
use crate::text;

/// The eighths of a cell, for a chart of one line.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Counts what is in the database; a server may run meanwhile.
pub async fn stats(screen: Screen) -> Outcome {
    let subject = Subject::read()?;
    let mut admin = subject.open(Access::Look).await?;
    let stats = take(&mut admin).await?;
    admin.close().await?;
    if screen.json {
        screen.out(&as_json(&stats)?)?;
        return Ok(Exit::Done);
    }
    screen.out(&text::db_stats_of(&subject.target.to_string()))?;
    for line in lines(&stats) {
        screen.out(&line)?;
    }
    Ok(Exit::Done)
}

fn as_json(stats: &Stats) -> Result<String, Fault> {
    let broken = |error: serde_json::Error| Fault::new(Exit::Platform, error.to_string());
    let body: Value =
        json!({"success": true, "stats": serde_json::to_value(stats).map_err(broken)?});
    Ok(format!("{body:#}"))
}

fn lines(stats: &Stats) -> Vec<String> {
    let mut lines = vec![
        text::db_totals(stats.total, stats.live, stats.managed),
        text::db_success(&stats.success),
        String::new(),
        text::DB_BY_STATUS.to_owned(),
    ];
    let known = stats.by_status.iter();
    lines.extend(known.map(|row| counted(row.status.as_str(), row.count)));
    if stats.unknown_status > 0 {
        lines.push(counted(text::DB_UNKNOWN_STATUS, stats.unknown_status));
    }
    lines.extend(top(text::DB_BY_TYPE, &stats.by_type));
    lines.extend(top(text::DB_BY_FRAMEWORK, &stats.by_framework));
    lines.extend(top(text::DB_BY_OWNER, &stats.by_owner));
    lines.push(String::new());
    lines.extend(chart(&stats.created_per_day));
    lines.push(String::new());
    lines.push(text::db_size(
        stats.size.bytes,
        stats.size.tables.len(),
        stats.size.indexes,
        stats.schema_version,
    ));
    lines
}

fn counted(what: &str, count: u64) -> String {
    format!("  {what:<16} {count:>10}")
}

fn top(head: &str, top: &Top) -> Vec<String> {
    let mut lines = vec![String::new(), head.to_owned()];
    let most = top.most.iter();
    lines.extend(most.map(|row| counted(row.value.as_deref().unwrap_or(text::ABSENT), row.count)));
    if top.others > 0 {
        lines.push(counted(text::DB_OTHERS, top.others));
    }
    lines
}

/// One cell a day, the highest as high as a line.
fn chart(days: &[Day]) -> Vec<String> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let most = days.iter().map(|day| day.count).max().unwrap_or(0);
    let bar = |count: u64| match (count, most) {
        (0, _) | (_, 0) => BARS[0],
        _ => BARS[usize::try_from(count.saturating_mul(8).div_ceil(most)).map_or(8, |n| n.min(8))],
    };
    let cells: String = days.iter().map(|day| bar(day.count)).collect();
    vec![
        text::db_chart(most),
        format!("  {cells}"),
        text::db_chart_days(&first.date.to_string(), &last.date.to_string(), days.len()),
    ]
}
