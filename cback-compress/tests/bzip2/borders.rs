//! Every length around where a block ends.

use crate::oracle::{assert_same, border, bzip2, ours, without_runs};

#[test]
fn every_length_around_the_ends_of_the_first_two_blocks() {
    let text = without_runs(2 * border(1) + 50);
    for length in (border(1) - 40..border(1) + 40).chain(2 * border(1) - 9..2 * border(1) + 9) {
        assert_same(&format!("{length} bytes"), 1, &text[..length]);
    }
}

#[test]
fn lengths_around_the_border_of_every_level() {
    let text = without_runs(border(9) + 3);
    for level in 2..=9 {
        for length in border(level) - 2..=border(level) + 2 {
            assert_same(&format!("{length} bytes"), level, &text[..length]);
        }
    }
}

#[test]
fn every_short_length() {
    let text = without_runs(2600);
    for length in (0..70).chain((70..2600).step_by(11)) {
        assert_same(
            &format!("{length} bytes"),
            (length % 9 + 1) as u8,
            &text[..length],
        );
    }
}

#[test]
fn the_numbers_of_symbols_at_which_there_is_one_more_table() {
    // As many symbols as bytes, but for zeros in a row, and one for the end.
    for tables_change_at in [200, 600, 1200, 2400] {
        let text = without_runs(tables_change_at + 60);
        for length in tables_change_at - 30..tables_change_at + 60 {
            assert_same(&format!("{length} bytes"), 9, &text[..length]);
        }
    }
}

#[test]
fn input_that_arrives_in_odd_pieces() {
    let mut text = without_runs(border(1) - 300);
    text.extend([b'x'; 700]);
    text.extend(without_runs(border(1) + 300));
    let expected = bzip2(1, &text);
    for size in [1, 2, 3, 5, 31, 255, 256, 4095, 4096, 99_991, 1 << 20] {
        assert!(ours(1, text.chunks(size)) == expected, "pieces of {size}");
    }
    let empty_between = text.chunks(1000).flat_map(|piece| [piece, &[]]);
    assert!(ours(1, empty_between) == expected, "empty pieces between");
}
