//! The outcome of many rounds, to be put beside others.

use crate::contender::Contender;
use cback_tests::{Outcome, Published};
use std::fmt::Write;

/// What is counted: its words, and whether an outcome counts.
type Line = (&'static str, fn(&Outcome) -> bool);

const LINES: [Line; 8] = [
    ("rounds", |_| true),
    ("today's whole backup is there", |it| {
        it.published == Published::New
    }),
    ("yesterday's is there, as it was", |it| {
        it.published == Published::Old
    }),
    ("**neither: yesterday's is lost**", |it| {
        matches!(it.published, Published::Lost | Published::Partial)
    }),
    ("and half a dump passes for a whole one", |it| {
        it.published == Published::Partial
    }),
    ("**success claimed without a whole backup**", |it| {
        it.code() == Some(0) && it.published != Published::New
    }),
    ("**hangs**", |it| it.status.is_none()),
    ("**processes left**", |it| !it.left.is_empty()),
];

/// A Markdown table with a column for each contender.
pub(crate) fn table(columns: &[(Contender, Vec<Outcome>)]) -> String {
    let mut text = String::from("| |");
    for (contender, _) in columns {
        let _ = write!(text, " {} |", contender.title());
    }
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(columns.len()));
    for (words, counts) in LINES {
        let _ = write!(text, "\n| {words} |");
        for (_, outcomes) in columns {
            let count = outcomes.iter().filter(|it| counts(it)).count();
            let _ = write!(text, " {count} |");
        }
    }
    text + "\n"
}
