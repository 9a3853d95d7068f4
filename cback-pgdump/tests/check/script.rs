//! `--script`: what psql gets to run of a dump, and what it does not.

use crate::dump;
use crate::plan::{Plan, SHOP, SHOPS, connection};
use cback_tests::Finished;

#[test]
fn a_databases_dump_is_copied_as_it_is() {
    for server in SHOPS.iter() {
        let dump = dump(server, "pg_dump", &[&connection(SHOP)]);
        let plan = Plan::of(&dump, None, &[]);
        let output = plan.script("script", &dump, &[]);
        assert_eq!(output.succeeds(), "");
        // Up to the marker of its end; and psql is restricted by another key than the one that its maker knows.
        let dump = String::from_utf8(dump).expect("UTF-8");
        let marker = "-- PostgreSQL database dump complete\n";
        let end = dump.find(marker).expect("it is whole") + marker.len();
        let printed = output.printed();
        assert_eq!(
            lines(&printed),
            lines(&format!("{}\\echo restored\n", &dump[..end]))
        );
        let keys = |text: &str| text.matches("restrict ").count();
        let key = |text: &str| {
            text.lines()
                .find_map(|it| it.strip_prefix("\\restrict ").map(str::to_owned))
        };
        assert!(
            keys(&printed) == keys(&dump) && (key(&dump).is_none() || key(&printed) != key(&dump))
        );
    }
}

/// Without those of `\restrict`.
fn lines(text: &str) -> Vec<&str> {
    let is_other = |line: &&str| !line.contains("restrict ");
    text.lines().filter(is_other).collect()
}

/// A file can change between two readings; a large object's own COMMIT would count before the end. What a restore makes
/// of it is in cback-pgrestore's `failures`.
#[test]
fn nothing_of_a_dump_that_has_changed_is_committed() {
    let all = dump(&SHOPS[0], "pg_dumpall", &[]);
    let own = dump(&SHOPS[0], "pg_dump", &[&connection(SHOP)]);
    for (dump, one) in [(&own, None), (&all, Some(SHOP))] {
        let plan = Plan::of(dump, one, &[]);
        let row = dump.windows(8).position(|it| it == b"good 123");
        let mut other = dump.clone();
        other[row.expect("a row")] = b'G';
        let cut = &dump[..dump.len() - 1];
        for changed in [cut, &[dump, &b"\n"[..]].concat(), &other, b""] {
            let output = plan.script("script", changed, &["--one-transaction"]);
            let message = "cback-pgdump: the dump has changed since it was checked\n";
            assert_eq!(output.fails(1), message);
            let text = output.printed();
            let is_begun = text.starts_with("BEGIN;\n") && !text.contains("\nCOMMIT;\n");
            assert!(is_begun && !text.contains("\\echo"), "{text}");
        }
        // All of it is there if nothing has changed.
        let text = plan.script("script", dump, &["--one-transaction"]);
        let text = text.printed();
        assert!(text.ends_with("\nCOMMIT;\n\\echo restored\n") && !text.contains("\nBEGIN;\n"));
    }
}

/// The file may be another.
#[test]
fn steps_are_no_program_of_others() {
    let dump = dump(&SHOPS[0], "pg_dump", &["postgres"]);
    let plan = Plan::of(&dump, None, &[]);
    std::fs::write(plan.path("script"), "5 0\nremove all\n").expect("room");
    let said = plan.script("script", &dump, &[]).fails(1);
    assert!(said.ends_with("script: no step of a plan\n"), "{said}");
}
