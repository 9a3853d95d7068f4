//! Outcomes of many rounds, side by side.

use cback_tests::Outcome;
use cback_tests::Published::{Lost, New, Old, Partial};

/// Words of a line, and whether an outcome counts in it.
type Line = (&'static str, fn(&Outcome) -> bool);

const LINES: [Line; 8] = [
    ("rounds", |_| true),
    ("today's whole backup is there", |it| it.published == New),
    ("yesterday's is there, as it was", |it| it.published == Old),
    ("**neither: yesterday's is lost**", |it| {
        matches!(it.published, Lost | Partial)
    }),
    ("and half a dump passes for a whole one", |it| {
        it.published == Partial
    }),
    ("**success claimed without a whole backup**", |it| {
        it.code() == Some(0) && it.published != New
    }),
    ("**hangs**", |it| it.status.is_none()),
    ("**processes left**", |it| !it.left.is_empty()),
];

/// A Markdown table with a column for each contender, by its title.
pub(crate) fn table(columns: &[(&str, Vec<Outcome>)]) -> String {
    let row = |head: &str, cells: Vec<String>| format!("|{head}| {} |\n", cells.join(" | "));
    let titles = columns.iter().map(|(title, _)| (*title).to_owned());
    let rule = format!("|---|{}\n", "--:|".repeat(columns.len()));
    let mut text = row(" ", titles.collect()) + &rule;
    for (words, counts) in LINES {
        let count = |outcomes: &Vec<Outcome>| outcomes.iter().filter(|it| counts(it)).count();
        let cells = columns.iter().map(|(_, it)| count(it).to_string());
        text += &row(&format!(" {words} "), cells.collect());
    }
    text
}
