//! Values that are changed, lost, doubled or swapped, in dumps that are whole.

use crate::{refused, report, with_rows};
use cback_pgdump::check::Fault;
use cback_tests::cases;
use proptest::prelude::*;
use proptest::sample::Index;

type Row = Vec<String>;

/// Few values, so that rows are often alike, in whole or in part.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = prop::collection::vec("[ab]{0,2}|\\\\\\\\N", 3);
    prop::collection::vec(row, 2..6)
}

fn dump(rows: &[Row]) -> Vec<u8> {
    let lines = rows.iter().map(|row| row.join("\t") + "\n");
    with_rows("a, b, c", &lines.collect::<String>())
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(2000), failure_persistence: None, ..Default::default() })]

    /// And nothing else is: rows in another order are the same.
    #[test]
    fn a_changed_lost_doubled_or_swapped_value_is_found(
        old in rows(), row: Index, other: Index, column in 0..3usize, second in 0..3usize, damage in 0..9,
    ) {
        let mut new = old.clone();
        let (row, other) = (row.index(old.len()), other.index(old.len()));
        match damage {
            0 => new[row][column].push('x'),
            1 => new[row][column] = "\\N".to_owned(),
            2 => drop(new.remove(row)),
            3 => new.insert(other, old[row].clone()),
            4 => new[row].swap(column, second),
            5 => new[row][column].clone_from(&old[other][second]),
            6 => new.swap(row, other),
            7 => new[row].push("more".to_owned()),
            _ => drop(new[row].pop()),
        }
        if damage > 6 {
            let is_damaged = matches!(refused(&dump(&new)), Fault::Damaged { .. });
            prop_assert!(is_damaged);
        } else {
            let is_same = report(&dump(&new)) == report(&dump(&old));
            prop_assert_eq!(is_same, sorted(new) == sorted(old));
        }
    }
}
