//! `--check` on damaged dumps: whatever is cut, changed, lost, doubled or swapped is found.

use cback_pgdump::check::{Contents, Fault, check, lines};
use cback_tests::{Random, Server, run_with_input, seeds, tool};
use proptest::prelude::*;
use std::process::Command;
use std::sync::LazyLock;

/// What pg_dump and pg_dumpall write of the database `torture`.
static DUMPS: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let server = Server::start();
    server.create_database("torture");
    server.sql("torture", include_str!("torture.sql"));
    let written = |program: &str, arguments: &[&str]| {
        let mut command: Command = server.command(server.bin().join(program));
        let output = command.args(arguments).output().expect("it runs");
        assert!(output.status.success());
        output.stdout
    };
    [
        written("pg_dump", &["torture"]),
        written("pg_dump", &["--column-inserts", "torture"]),
        written("pg_dumpall", &[]),
        written("pg_dumpall", &["--globals-only"]),
    ]
});

fn report(dump: &[u8]) -> Vec<u8> {
    lines(&check(dump).expect("a whole dump"))
}

#[track_caller]
fn refused(dump: &[u8]) -> Fault {
    match check(dump) {
        Err(fault) => fault,
        Ok(Contents { bytes, .. }) => panic!("{bytes} bytes are taken for a whole dump"),
    }
}

#[test]
fn a_dump_cut_anywhere_is_refused() {
    let seed = seeds(1).next().expect("a seed");
    std::thread::scope(|scope| {
        for (number, dump) in DUMPS.iter().enumerate() {
            let (near, far) = if number == 0 {
                (10_000, 1000)
            } else {
                (3000, 100)
            };
            scope.spawn(move || {
                let mut random = Random::new(seed);
                let near = dump.len().saturating_sub(near);
                let far = (0..far).map(|_| random.below(near.max(1) as u64));
                let far = far.map(|length| usize::try_from(length).expect("small"));
                for length in (near..dump.len()).chain(far) {
                    refused(&dump[..length]);
                }
            });
        }
    });
}

#[test]
fn a_line_lost_from_the_end_is_missed() {
    for dump in DUMPS.iter() {
        let text: Vec<_> = dump.split_inclusive(|&byte| byte == b'\n').collect();
        let is_marker = |line: &&[u8]| line.ends_with(b" dump complete\n");
        let marker = text.iter().rposition(is_marker).expect("a marker");
        for lost in marker..text.len() {
            refused(&[&text[..lost], &text[lost + 1..]].concat().concat());
        }
    }
}

#[test]
fn nothing_may_follow() {
    for dump in DUMPS.iter() {
        for more in [
            "\n",
            " ",
            "\0",
            "x",
            "-- more\n",
            "\\unrestrict Key\n\n",
            "--\n",
        ] {
            let fault = refused(&[dump, more.as_bytes()].concat());
            assert!(matches!(fault, Fault::Follows { .. }), "{more:?}: {fault}");
        }
        refused(&[&dump[..], &dump[..]].concat());
    }
}

/// Half of the rows of a table; the places are found as a person would find them.
#[test]
fn the_message_says_where_and_what() {
    let text = String::from_utf8_lossy(&DUMPS[0]).into_owned();
    let row = "\n250\ta250\t";
    let before = text.rfind(row).expect("a row of plain") + 1;
    let line = text[..before].matches('\n').count();
    let fault = refused(&text.as_bytes()[..before]).to_string();
    let first = text
        .rfind("COPY public.plain (id, a, b, c) FROM stdin;\n1\t")
        .expect("its data");
    let rows = text[first..before].matches('\n').count();
    assert_eq!(
        fault,
        format!(
            "the dump breaks off in line {line}, in the data of public.plain, row {rows}: \
             \"-- PostgreSQL database dump complete\" is missing"
        )
    );
    let cut = text.strip_suffix("\n\n").expect("an empty line");
    let fault = refused(format!("{cut}\n").as_bytes()).to_string();
    assert!(fault.ends_with(": an empty line is missing"), "{fault}");
    let (cut, key) = cut.rsplit_once("\\unrestrict ").expect("a key");
    let fault = refused(cut.as_bytes()).to_string();
    assert!(
        fault.ends_with(&format!(": \"\\unrestrict {key}\" is missing")),
        "{fault}"
    );
}

#[test]
fn the_keys_have_to_be_a_pair() {
    let text = String::from_utf8_lossy(&DUMPS[0]).into_owned();
    let key = text
        .rsplit_once("\\unrestrict ")
        .expect("a key")
        .1
        .trim_end();
    let other = "A".repeat(key.len());
    for (old, new) in [
        (
            format!("\\restrict {key}\n"),
            format!("\\restrict {other}\n"),
        ),
        (format!("\\restrict {key}\n"), String::new()),
        (
            format!("\\unrestrict {key}\n"),
            format!("\\unrestrict {other}\n"),
        ),
        (format!("\\unrestrict {key}\n"), String::new()),
    ] {
        refused(text.replacen(&old, &new, 1).as_bytes());
    }
}

/// In a cluster's dump there are several, and psql would go on without obeying any of them.
#[test]
fn the_keys_inside_of_a_cluster_have_to_be_pairs() {
    let text = String::from_utf8_lossy(&DUMPS[2]).into_owned();
    let after = text.split_once("\n\\unrestrict ").expect("a key").1;
    let key = after.split('\n').next().expect("a line");
    let other = "A".repeat(key.len());
    let wrong = text.replacen(
        &format!("\\unrestrict {key}"),
        &format!("\\unrestrict {other}"),
        1,
    );
    let fault = refused(wrong.as_bytes()).to_string();
    assert!(
        fault.ends_with(": \\unrestrict without its \\restrict"),
        "{fault}"
    );
}

#[test]
fn what_is_no_plain_dump_is_named() {
    let named = |bytes: &[u8]| {
        let fault = refused(bytes);
        (fault.to_string(), fault.hint().is_some())
    };
    assert_eq!(named(b"").0, "standard input is empty: no dump");
    for (bytes, what, has_hint) in [
        (&b"\x1f\x8b\x08\0"[..], "compressed", true),
        (b"BZh91AY", "compressed", true),
        (b"PGDMP\x01", "in pg_dump's custom format", true),
        (b"SELECT 1;\n", "something else", false),
        (b"--\n-- another comment\n", "something else", false),
    ] {
        let message =
            format!("standard input is {what}, not a plain dump of pg_dump or pg_dumpall");
        assert_eq!(named(bytes), (message, has_hint));
    }
}

/// A block of rows in the plain dump: its table's columns, and where its rows are.
struct Block {
    name: String,
    rows: Vec<Vec<Vec<u8>>>,
    start: usize,
    end: usize,
}

/// The blocks with rows, found by the comment before each.
fn blocks(dump: &[u8]) -> Vec<Block> {
    let text: Vec<_> = dump.split_inclusive(|&byte| byte == b'\n').collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    let mut begins = None;
    for (number, line) in text.iter().enumerate() {
        at += line.len();
        let follows = number > 3 && text[number - 3].starts_with(b"-- Data for Name: ");
        if follows && line.starts_with(b"COPY public.") && line.ends_with(b") FROM stdin;\n") {
            begins = Some((String::from_utf8_lossy(line).into_owned(), at, number + 1));
        } else if *line == b"\\.\n"
            && let Some((name, start, first)) = begins.take()
        {
            let fields = |row: &&[u8]| {
                let row = &row[..row.len() - 1];
                row.split(|&byte| byte == b'\t')
                    .map(<[u8]>::to_vec)
                    .collect()
            };
            blocks.push(Block {
                name,
                rows: text[first..number].iter().map(fields).collect(),
                start,
                end: at - line.len(),
            });
        }
    }
    blocks.retain(|block| block.rows.len() > 1);
    blocks
}

fn with_rows(dump: &[u8], block: &Block, rows: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let rows = rows
        .iter()
        .map(|row| [row.join(&b'\t'), b"\n".to_vec()].concat());
    let rows: Vec<_> = rows.collect();
    [&dump[..block.start], &rows.concat(), &dump[block.end..]].concat()
}

static WHOLE: LazyLock<(Vec<Block>, String)> = LazyLock::new(|| {
    let report = String::from_utf8(report(&DUMPS[0])).expect("text");
    (blocks(&DUMPS[0]), report)
});

/// Exactly one line differs.
#[track_caller]
fn assert_one_line_differs(damaged: &[u8], what: &str) {
    let after = String::from_utf8(report(damaged)).expect("text");
    let before = WHOLE.1.lines();
    assert_eq!(after.lines().count(), before.clone().count());
    let differing = before
        .zip(after.lines())
        .filter(|(one, other)| one != other);
    assert_eq!(differing.count(), 1, "{what}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_changed_lost_doubled_or_swapped_value_is_found(
        block: prop::sample::Index, row: prop::sample::Index, other: prop::sample::Index,
        column: prop::sample::Index, second: prop::sample::Index, damage in 0..6,
    ) {
        let block = &WHOLE.0[block.index(WHOLE.0.len())];
        let mut rows = block.rows.clone();
        let (row, other) = (row.index(rows.len()), other.index(rows.len()));
        let columns = rows[0].len();
        let (column, second) = (column.index(columns), second.index(columns));
        match damage {
            0 => rows[row][column].push(b'x'),
            1 => rows[row][column] = b"\\N".to_vec(),
            2 => drop(rows.remove(row)),
            3 => rows.insert(other, rows[row].clone()),
            4 => rows[row].swap(column, second),
            _ => {
                let value = rows[row][column].clone();
                rows[row][column] = std::mem::replace(&mut rows[other][column], value);
            }
        }
        let damaged = with_rows(&DUMPS[0], block, &rows);
        let sorted = |rows: &[Vec<Vec<u8>>]| {
            let mut rows = rows.to_vec();
            rows.sort();
            rows
        };
        if sorted(&rows) == sorted(&block.rows) {
            prop_assert_eq!(report(&damaged), WHOLE.1.as_bytes());
        } else {
            assert_one_line_differs(&damaged, &block.name);
        }
    }

    #[test]
    fn rows_in_another_order_are_the_same(block: prop::sample::Index, turn: prop::sample::Index) {
        let block = &WHOLE.0[block.index(WHOLE.0.len())];
        let mut rows = block.rows.clone();
        let turn = turn.index(rows.len());
        rows.rotate_left(turn);
        rows.reverse();
        prop_assert_eq!(report(&with_rows(&DUMPS[0], block, &rows)), WHOLE.1.as_bytes());
    }

    #[test]
    fn a_row_with_more_or_less_values_is_refused(
        block: prop::sample::Index, row: prop::sample::Index, more: bool,
    ) {
        let block = &WHOLE.0[block.index(WHOLE.0.len())];
        let mut rows = block.rows.clone();
        let row = row.index(rows.len());
        if more || rows[row].len() == 1 {
            rows[row].push(b"more".to_vec());
        } else {
            rows[row].pop();
        }
        let fault = refused(&with_rows(&DUMPS[0], block, &rows));
        let is_damaged = matches!(fault, Fault::Damaged { .. });
        prop_assert!(is_damaged);
    }

    /// Whatever it is, it is judged, not a reason to panic.
    #[test]
    fn any_bytes_are_judged(bytes: Vec<u8>, head: bool) {
        let head: &[u8] = if head { b"--\n-- PostgreSQL database dump\n--\n" } else { b"" };
        prop_assert!(check(&[head, &bytes].concat()[..]).is_err());
    }

    #[test]
    fn any_damage_is_judged(
        dump: prop::sample::Index, damages in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..40usize, prop::collection::vec(any::<u8>(), 0..9)), 1..5),
    ) {
        let mut bytes = DUMPS[dump.index(DUMPS.len())].clone();
        for (place, length, new) in damages {
            let start = place.index(bytes.len());
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, new);
        }
        let _ = check(&bytes[..]).map(|contents| {
            let _ = cback_pgdump::check::plan(&contents);
            let _ = cback_pgdump::check::json(&contents);
            lines(&contents)
        });
    }

    /// As pipes deliver it: any pieces give the same.
    #[test]
    fn pieces_do_not_matter(dump: prop::sample::Index, sizes in prop::collection::vec(1..70_000usize, 1..20)) {
        struct Pieces<'a>(&'a [u8], std::iter::Cycle<std::vec::IntoIter<usize>>);
        impl std::io::Read for Pieces<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let wanted = self.1.next().unwrap_or(1).min(buffer.len());
                std::io::Read::read(&mut self.0, &mut buffer[..wanted])
            }
        }
        let dump = &DUMPS[dump.index(DUMPS.len())];
        let pieces = Pieces(dump, sizes.into_iter().cycle());
        prop_assert_eq!(lines(&check(pieces).expect("a whole dump")), report(dump));
    }
}

/// So can be compared what was checked on another machine by another version of this program.
#[test]
fn fingerprints_stay_as_they_are() {
    let dump = "--\n-- PostgreSQL database dump\n--\n\nCOPY public.t (b, a) FROM stdin;\n\
        1\tx\n\\N\t\n\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n";
    let swapped = dump
        .replace("(b, a)", "(a, b)")
        .replace("1\tx", "x\t1")
        .replace("\\N\t\n", "\t\\N\n");
    assert_eq!(report(dump.as_bytes()), report(swapped.as_bytes()));
    let expected = format!("public.t\t2\t8\t{:016x}\n", expected());
    assert_eq!(String::from_utf8_lossy(&report(dump.as_bytes())), expected);
}

/// As many rows and bytes, but others: an exclusive or would not see equal rows.
#[test]
fn rows_that_come_twice_count_twice() {
    let with = |rows: &str| {
        report(
            format!(
                "--\n-- PostgreSQL database dump\n--\n\nCOPY public.t (a) FROM stdin;\n{rows}\\.\n\n\n\
                 --\n-- PostgreSQL database dump complete\n--\n\n"
            )
            .as_bytes(),
        )
    };
    assert_ne!(with("1\n1\n3\n"), with("2\n2\n3\n"));
    assert_ne!(with("1\n1\n"), with("2\n2\n"));
}

/// By the definition: XXH3 of each value, seeded by XXH3 of its column's name; XXH3 of their sum
/// of each row; the sum of these.
fn expected() -> u64 {
    use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};
    let value =
        |column: &str, value: &str| xxh3_64_with_seed(value.as_bytes(), xxh3_64(column.as_bytes()));
    let row = |one: u64, other: u64| xxh3_64(&one.wrapping_add(other).to_le_bytes());
    let first = row(value("b", "1"), value("a", "x"));
    first.wrapping_add(row(value("b", "\\N"), value("a", "")))
}

/// A dump of nothing but this.
fn with_line(line: &str) -> Vec<u8> {
    format!(
        "--\n-- PostgreSQL database dump\n--\n\n{line}\n\n\
         --\n-- PostgreSQL database dump complete\n--\n\n"
    )
    .into_bytes()
}

/// Taken apart, it took 32 times its own room: a few packed kilobytes would have filled the memory.
#[test]
fn a_long_statement_takes_little_more_than_its_own_room() {
    let dump = with_line(&format!("ALTER TABLE x {};", "(((\n".repeat(4 << 20)));
    let mut limited = Command::new("prlimit");
    limited
        .args(["--as=200000000", "--"])
        .arg(tool("cback-pgdump"));
    let output = run_with_input(limited.arg("--check"), &dump);
    assert!(output.status.success(), "{output:?}");
}

/// Else a dump could write to the terminal of whoever looks at it.
#[test]
fn no_control_character_is_shown_of_a_version() {
    let dump = with_line("-- Dumped from database version 15\x1b]0;x\x07");
    let contents = check(&dump[..]).expect("a whole dump");
    assert_eq!(contents.server_version, "15?]0;x?");
}
