//! The outcome of many rounds, to be put beside others.

use crate::Contender;
use crate::verdict::{Published, Verdict};
use std::fmt::Write;

/// Counts, each of rounds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    rounds: u32,
    new: u32,
    old: u32,
    lost: u32,
    posing: u32,
    claimed: u32,
    hung: u32,
    left: u32,
}

impl Tally {
    /// Counts one round.
    pub fn add(&mut self, verdict: &Verdict) {
        let succeeded = verdict.status.is_some_and(|status| status.success());
        let is = |published| verdict.published == published;
        self.rounds += 1;
        self.new += u32::from(is(Published::New));
        self.old += u32::from(is(Published::Old));
        self.lost += u32::from(is(Published::Lost) || is(Published::Posing));
        self.posing += u32::from(is(Published::Posing));
        self.claimed += u32::from(succeeded && !is(Published::New));
        self.hung += u32::from(verdict.status.is_none());
        self.left += u32::from(!verdict.left.is_empty());
    }

    fn lines(&self) -> [(&'static str, u32); 8] {
        [
            ("rounds", self.rounds),
            ("today's whole backup is there", self.new),
            ("yesterday's is there, as it was", self.old),
            ("**neither: yesterday's is lost**", self.lost),
            ("and half a dump passes for a whole one", self.posing),
            ("**success claimed without a whole backup**", self.claimed),
            ("**hangs**", self.hung),
            ("**processes left**", self.left),
        ]
    }
}

/// A Markdown table with a column for each.
pub fn table(columns: &[(Contender, Tally)]) -> String {
    let mut text = String::from("| |");
    for (contender, _) in columns {
        let _ = write!(text, " {} |", contender.title());
    }
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(columns.len()));
    for (line, (words, _)) in Tally::default().lines().into_iter().enumerate() {
        let _ = write!(text, "\n| {words} |");
        for (_, tally) in columns {
            let _ = write!(text, " {} |", tally.lines()[line].1);
        }
    }
    text + "\n"
}
