//! Lengths at which something changes.

use super::{assert_same, border, without_runs};

#[test]
fn every_length_around_the_end_of_a_block() {
    let text = without_runs(border(9) + 3);
    let [one, two] = [border(1), 2 * border(1)];
    let first = (one - 40..one + 40).chain(two - 9..two + 9);
    let others = (2..=9).flat_map(|level| {
        let lengths = border(level) - 2..=border(level) + 2;
        lengths.map(move |length| (level, length))
    });
    for (level, length) in first.map(|length| (1, length)).chain(others) {
        assert_same(&format!("{length} bytes"), level, &text[..length]);
    }
}

#[test]
fn short_lengths_and_those_at_which_there_is_one_more_table() {
    let text = without_runs(2600);
    // There are as many symbols as bytes, but for zeros in a row, and one for the end.
    let more_tables = [200, 600, 1200, 2400].into_iter();
    let more_tables = more_tables.flat_map(|symbols| symbols - 30..symbols + 60);
    let lengths = (0..70).chain((70..2600).step_by(11)).chain(more_tables);
    for (length, level) in lengths.zip((1..=9).cycle()) {
        assert_same(&format!("{length} bytes"), level, &text[..length]);
    }
}
