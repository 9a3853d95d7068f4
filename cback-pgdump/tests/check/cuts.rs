//! "Exits 0 only if the dump is whole": psql would restore the rest with status 0.

use crate::{checked, dump, refused, report, tortured};
use cback_pgdump::check::{Fault, Key, check, write_lines};
use cback_tests::{Finished, Installation, Random, cases, seeds};
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::LazyLock;

/// Dumps of the database `torture`, plain and as INSERT statements; the cluster, its globals.
static DUMPS: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let server = tortured(&Installation::usual());
    [
        dump(&server, "pg_dump", &["torture"]),
        dump(&server, "pg_dump", &["--column-inserts", "torture"]),
        dump(&server, "pg_dumpall", &[]),
        dump(&server, "pg_dumpall", &["--globals-only"]),
    ]
});

/// At each of the last bytes, and in random places before.
#[test]
fn a_dump_cut_anywhere_is_refused() {
    let seed = seeds(1).next().expect("a seed");
    std::thread::scope(|scope| {
        for dump in DUMPS.iter() {
            scope.spawn(move || {
                let mut random = Random::new(seed);
                let near = dump.len().saturating_sub(1500);
                let far = (0..200).map(|_| random.below(near.max(1) as u64));
                let far = far.map(|length| usize::try_from(length).expect("small"));
                for length in (near..dump.len()).chain(far) {
                    refused(&dump[..length]);
                }
            });
        }
    });
}

#[test]
fn a_line_lost_from_the_end_is_missed_and_nothing_may_follow() {
    for dump in DUMPS.iter() {
        let text: Vec<_> = dump.split_inclusive(|&byte| byte == b'\n').collect();
        let is_marker = |line: &&[u8]| line.ends_with(b" dump complete\n");
        let marker = text.iter().rposition(is_marker).expect("a marker");
        for lost in marker..text.len() {
            refused(&[&text[..lost], &text[lost + 1..]].concat().concat());
        }
        for more in ["\n", " ", "\0", "x", "--\n", "\\unrestrict Key\n\n"] {
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
    let before = text.rfind("\n250\ta250\t").expect("a row of plain") + 1;
    let line = text[..before].matches('\n').count();
    let first = text.rfind("COPY public.plain (id, a, b, c) FROM stdin;\n1\t");
    let rows = text[first.expect("its data")..before].matches('\n').count();
    let place = format!("breaks off in line {line}, in the data of public.plain, row {rows}");
    let cut = text.strip_suffix("\n\n").expect("an empty line");
    let (keyless, key) = cut.rsplit_once("\\unrestrict ").expect("a key");
    let marker = "\"-- PostgreSQL database dump complete\"";
    for (dump, start, missing) in [
        (&text[..before], &*place, marker),
        (&format!("{cut}\n"), "", "an empty line"),
        (keyless, "", &format!("\"\\unrestrict {key}\"")),
    ] {
        let fault = refused(dump.as_bytes()).to_string();
        let is_start = fault.starts_with(&format!("the dump {start}"));
        let end = format!(": {missing} is missing");
        assert!(is_start && fault.ends_with(&end), "{fault}");
    }
}

/// psql would go on without obeying any command; in a cluster's dump there are several pairs.
#[test]
fn the_keys_have_to_be_pairs() {
    for dump in [&DUMPS[0], &DUMPS[2]] {
        let text = String::from_utf8_lossy(dump);
        let (_, begun) = text.split_once("\n\\restrict ").expect("a key");
        let key = begun.lines().next().expect("a line");
        for command in ["\n\\restrict ", "\n\\unrestrict "] {
            for wrong in [&format!("{command}A"), "\n-- "] {
                let wrong = text.replacen(&format!("{command}{key}"), &format!("{wrong}{key}"), 1);
                refused(wrong.as_bytes());
            }
        }
    }
}

/// psql would go on with the next database.
#[test]
fn in_a_cluster_the_end_of_each_database_is_required() {
    let text = String::from_utf8_lossy(&DUMPS[2]);
    let what = ": the end of one database's dump is missing";
    let without = |place: usize| {
        let cut = text[place..].replacen(" complete", "", 1);
        check([&text[..place], &cut].concat().as_bytes(), Key::default())
    };
    let ends = text.match_indices("\n-- PostgreSQL database dump complete\n");
    let outcomes = ends.map(|(place, _)| without(place));
    // Others are in data.
    let faults = outcomes.filter_map(|it| Some(it.err()?.to_string()));
    let faults = faults.filter(|fault| fault.ends_with(what)).count();
    assert_eq!(faults, 4, "postgres, template1, torture and another");
}

#[test]
fn what_is_no_plain_dump_is_named() {
    let plain = |what| format!("is {what}, not a plain dump of pg_dump or pg_dumpall\n");
    let unpack =
        "cback-pgdump: hint: unpack it first: cback-compress -d < FILE | cback-pgdump --check\n";
    let restore = "cback-pgdump: hint: pg_restore -f - FILE | cback-pgdump --check\n";
    for (bytes, what, hint) in [
        (&b""[..], "is empty: no dump\n".to_owned(), ""),
        (b"\x1f\x8b\x08\0", plain("compressed"), unpack),
        (b"BZh91AY", plain("compressed"), unpack),
        (b"PGDMP\x01", plain("in pg_dump's custom format"), restore),
        (b"SELECT 1;\n", plain("something else"), ""),
        (b"--\n-- another comment\n", plain("something else"), ""),
    ] {
        let said = checked(bytes, &[]).fails(1);
        assert_eq!(said, format!("cback-pgdump: standard input {what}{hint}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(600), failure_persistence: None, ..Default::default() })]

    /// "No panics, whatever the input."
    #[test]
    fn any_damage_is_judged(
        dump: Index, damages in prop::collection::vec(
            (any::<Index>(), 0..40usize, prop::collection::vec(any::<u8>(), 0..9)), 1..5),
    ) {
        let mut bytes = DUMPS[dump.index(DUMPS.len())].clone();
        for (place, length, new) in damages {
            let start = place.index(bytes.len());
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, new);
        }
        if let Ok(contents) = check(&bytes[..], Key::default()) {
            write_lines(&contents, &mut Vec::new()).expect("room");
        }
    }

    /// As pipes deliver it: any pieces give the same.
    #[test]
    fn pieces_do_not_matter(dump: Index, sizes in prop::collection::vec(1..70_000usize, 1..20)) {
        struct Pieces<'a>(&'a [u8], std::iter::Cycle<std::vec::IntoIter<usize>>);
        impl std::io::Read for Pieces<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let wanted = self.1.next().unwrap_or(1).min(buffer.len());
                std::io::Read::read(&mut self.0, &mut buffer[..wanted])
            }
        }
        let dump = &DUMPS[dump.index(DUMPS.len())];
        let mut found = Vec::new();
        let contents = check(Pieces(dump, sizes.into_iter().cycle()), Key::default());
        write_lines(&contents.expect("a whole dump"), &mut found).expect("room");
        prop_assert_eq!(String::from_utf8_lossy(&found), report(dump));
    }
}
