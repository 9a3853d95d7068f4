//! `--script`: what psql gets to run of a dump, and what it does not.

use crate::dump;
use crate::plan::{Plan, SHOP, SHOPS, connection};
use cback_tests::{Finished, run_with_input, server};

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

/// A file can change between two readings: be cut, replaced, go on. A database is there only if all of it was the
/// one that was checked; and large objects bring a COMMIT of their own, which would count before the end.
#[test]
fn nothing_of_a_dump_that_has_changed_is_committed() {
    let all = dump(&SHOPS[0], "pg_dumpall", &[]);
    let own = dump(
        &SHOPS[0],
        "pg_dump",
        &[
            "--no-owner",
            "--no-privileges",
            "--no-tablespaces",
            &connection(SHOP),
        ],
    );
    let changed = |dump: &[u8]| {
        let middle = dump
            .windows(8)
            .position(|it| it == b"good 123")
            .expect("a row");
        let mut other = dump.to_vec();
        other[middle] = b'G';
        let mut last = dump.to_vec();
        let end = dump.len() - 2;
        last[end] ^= 1;
        [
            dump[..middle].to_vec(),
            dump[..dump.len() - 1].to_vec(),
            [dump, b"\n"].concat(),
            other,
            last,
            Vec::new(),
        ]
    };
    let server = server();
    server.create_database("changed");
    server.sql("postgres", "ALTER DATABASE changed SET shop.tenant = 'x'");
    for (dump, one) in [(&own, None), (&all, Some(SHOP))] {
        let plan = Plan::of(dump, one, &[]);
        for changed in changed(dump) {
            let output = plan.script("script", &changed, &["--one-transaction"]);
            assert_eq!(
                output.fails(1),
                "cback-pgdump: the dump has changed since it was checked\n"
            );
            let text = output.printed();
            let is_begun = text.starts_with("BEGIN;\n") && !text.contains("\nCOMMIT;\n");
            assert!(is_begun && !text.contains("\\echo"), "{text}");
            if one.is_none() {
                let mut psql = server.command("psql");
                psql.args(["-Xq", "-f", "-", "changed"]);
                run_with_input(&mut psql, &output.stdout);
                let count = "SELECT count(*) FROM pg_class WHERE relname = 'goods' \
                             UNION ALL SELECT count(*) FROM pg_largeobject_metadata";
                assert_eq!(server.sql("changed", count), "0\n0\n");
            }
        }
    }
    // All of it is there if nothing has changed.
    let plan = Plan::of(&own, None, &[]);
    let text = plan
        .script("script", &own, &["--one-transaction"])
        .printed();
    assert!(text.ends_with("\nCOMMIT;\n\\echo restored\n") && !text.contains("\nBEGIN;\n"));
    let count = "SELECT (SELECT count(*) FROM public.goods), convert_from(lo_get(77), 'UTF8'), tenant FROM public.tenants";
    let told = server.sql("changed", &format!("{text}{count}"));
    assert!(
        told.ends_with("\nrestored\n300|seventy-seven|x\n"),
        "{told}"
    );
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
