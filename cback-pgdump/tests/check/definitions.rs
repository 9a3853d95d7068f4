//! `--objects`, and the definitions that `--expect` compares: "all of it has to be the same, whatever the order, and
//! a difference is named".

use crate::compare::compared_with;
use crate::plan::{Plan, SHOP, SHOPS};
use crate::{PROGRAM, TIMEOUT, TORTURED, checked, dump, with_cluster_text, with_text};
use cback_tests::{Finished, run_with_input, wrapped};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The lines of `--objects` by type and name; fingerprints of several are added.
#[track_caller]
fn objects(dump: &[u8]) -> BTreeMap<String, u64> {
    let output = checked(dump, &["--objects"]);
    output.succeeds();
    let mut objects = BTreeMap::<_, u64>::new();
    for line in output.printed().lines() {
        let (object, fingerprint) = line.rsplit_once('\t').expect("a tab");
        assert_eq!(fingerprint.len(), 16, "{line}");
        let sum = objects.entry(object.to_owned()).or_default();
        *sum = sum.wrapping_add(u64::from_str_radix(fingerprint, 16).expect("a fingerprint"));
    }
    objects
}

/// Two objects are enough for a dump of which `--expect` compares the definitions.
fn versioned(text: &str) -> Vec<u8> {
    with_text(&format!(
        "-- Dumped from database version 15.1\n-- Dumped by pg_dump version 15.1\n\n{text}"
    ))
}

fn entry(name: &str, kind: &str, statements: impl Display) -> String {
    format!("--\n-- Name: {name}; Type: {kind}; Schema: s; Owner: o\n--\n\n{statements}\n\n")
}

const SAME: &str = "the same rows and definitions\n";

#[test]
fn a_line_an_object_tells_type_name_and_fingerprint() {
    let f = entry("f(integer)", "FUNCTION", "CREATE FUNCTION s.f();");
    let grant = "GRANT ALL ON FUNCTION s.f() TO p;";
    let acl = entry("FUNCTION f(a integer)", "ACL", grant);
    let data = "-- Data for Name: t; Type: TABLE DATA; Schema: s; Owner: o\n--\n\nCOPY s.t (a) FROM stdin;\n\\.\n\n";
    let objects = objects(&with_text(&[&f, data, &acl].concat()));
    let names: Vec<_> = objects.keys().collect();
    assert_eq!(
        names,
        ["ACL\tFUNCTION s.f(a integer)", "FUNCTION\ts.f(integer)"]
    );
    assert!(objects.values().all(|it| *it != 0), "{objects:?}");
}

/// Whatever the order of objects and of an object's statements, of the roles of a policy and of the columns of a table
/// that inherits; whether names are in quotes, and by what kind of quotes a text is.
#[test]
fn what_a_restore_may_have_otherwise_is_the_same() {
    let policy = |roles: &str| {
        let create = format!("CREATE POLICY p ON s.t FOR SELECT TO {roles} USING ((a < 5));");
        entry("p", "POLICY", create)
    };
    let table = |columns: &str| {
        let create = format!("CREATE TABLE s.t (\n    {columns}\n)\nINHERITS (s.u, s.v);");
        entry("t", "TABLE", create)
    };
    let function = |text: &str| {
        let create = format!("CREATE FUNCTION s.f() AS {text};");
        entry("f()", "FUNCTION", create)
    };
    let of_columns = |columns: &str| {
        let statistics = format!("CREATE STATISTICS s.i (ndistinct) ON {columns} FROM s.t;");
        let add = format!("ALTER PUBLICATION p ADD TABLE ONLY s.t ({columns}) WHERE ((a > 1));");
        entry("i", "STATISTICS", statistics) + &entry("p t", "PUBLICATION TABLE", add)
    };
    let (one, other) = ("GRANT SELECT ON s.t TO a;", "GRANT UPDATE ON s.t TO b;");
    let acl = |first: &str, second: &str| entry("TABLE t", "ACL", format!("{first}\n{second}"));
    #[rustfmt::skip]
    let cases = [
        (policy("a, b, \"C\"") + &table("a integer, b numeric(3,2)"), table("b numeric(3,2), \"a\" integer") + &policy("\"C\", b, a")),
        (acl(one, other), acl(other, one)),
        (of_columns("lower(a), b"), of_columns("b, lower(a)")),
        (function("$$it's$$"), function("'it''s'")),
    ];
    for (old, new) in cases {
        let plan = Plan::of(&versioned(&old), None, &[]);
        assert_eq!(
            compared_with(&plan, &versioned(&new)),
            Ok(SAME.to_owned()),
            "{old}{new}"
        );
    }
}

#[test]
fn what_else_differs_is_told() {
    let index = |name: &str| entry(name, "INDEX", format!("CREATE INDEX {name} ON s.t (a);"));
    let view = |query: &str| entry("v", "VIEW", format!("CREATE VIEW s.v AS {query};"));
    let body = |first: &str, second: &str| {
        let body = format!("CREATE FUNCTION s.f()\nBEGIN ATOMIC\n {first};\n {second};\nEND;");
        entry("f()", "FUNCTION", body)
    };
    let set = "SET default_table_access_method = ";
    let table =
        |method: &str| format!("{set}{method};\n") + &entry("t", "TABLE", "CREATE TABLE s.t ();");
    let by = |role: &str| {
        let grant = "GRANT ALL ON s.t TO a;\nRESET SESSION AUTHORIZATION;";
        entry(
            "TABLE t",
            "ACL",
            format!("SET SESSION AUTHORIZATION {role};\n{grant}"),
        )
    };
    let long = |last: char| format!("SELECT '{}{last}'", "x".repeat(2 << 20));
    #[rustfmt::skip]
    let cases = [
        (index("i") + &index("j"), index("j"), "index s.i is missing when restored"),
        (index("j"), index("i") + &index("j"), "index s.i is there only when restored"),
        (index("i"), index("i").replace("Owner: o", "Owner: p"), "index s.i differs when restored"),
        (view("SELECT 1, 2"), view("SELECT 2, 1"), "view s.v differs when restored"),
        (view("SELECT 'a'"), view("SELECT \"a\""), "view s.v differs when restored"),
        (view(&long('a')), view(&long('b')), "view s.v differs when restored"),
        (body("SELECT 1", "SELECT 2"), body("SELECT 2", "SELECT 1"), "function s.f() differs when restored"),
        (table("heap"), table("columnar"), "table s.t differs when restored"),
        (by("one"), by("other"), "acl TABLE s.t differs when restored"),
    ];
    for (old, new, difference) in cases {
        let plan = Plan::of(&versioned(&old), None, &[]);
        let said = Err(format!("cback-pgdump: {difference}\n"));
        assert_eq!(compared_with(&plan, &versioned(&new)), said);
    }
    let names = ["a", "b", "c", "d", "e"].map(index);
    let plan = Plan::of(&versioned(&names[..4].concat()), None, &[]);
    let said = compared_with(&plan, &versioned(&names[4])).expect_err("others");
    assert!(
        said.contains("index s.c is missing when restored; and 2 more\n"),
        "{said}"
    );
}

#[test]
fn definitions_of_other_versions_are_not_compared_and_that_is_said() {
    let of = |server: &str, pg_dump: &str, name: &str| {
        let view = entry(name, "VIEW", "CREATE VIEW s.v AS SELECT 1;");
        with_text(&format!(
            "-- Dumped from database version {server}\n-- Dumped by pg_dump version {pg_dump}\n\n{view}"
        ))
    };
    let plan = Plan::of(&of("15.4", "16.2", "v"), None, &[]);
    for (new, why) in [
        (of("16.3", "16.2", "w"), "PostgreSQL 15's by 16"),
        (of("15.9", "17.1 (Debian)", "w"), "by pg_dump 16 and 17"),
    ] {
        let same = format!("the same rows (definitions not compared: {why})\n");
        assert_eq!(compared_with(&plan, &new), Ok(same));
    }
    assert_eq!(
        compared_with(&plan, &of("15.9", "16.3", "v")),
        Ok(SAME.to_owned())
    );
}

/// A restore can lose any entry of a dump: by an event trigger, a rule, an error that psql goes on after.
#[test]
fn every_entry_that_is_lost_is_missed() {
    let server = &TORTURED[0];
    for options in [&["pg_dump", "torture"][..], &["pg_dumpall"]] {
        let dump = dump(server, options[0], &options[1..]);
        let plan = Plan::of(&dump, None, &[]);
        plan.output.succeeds();
        let text = String::from_utf8_lossy(&dump);
        let starts: Vec<_> = places(&text).collect();
        assert!(starts.len() > 90, "{}", starts.len());
        for pair in starts
            .windows(2)
            .step_by(if options.len() > 1 { 1 } else { 17 })
        {
            let entry = &text[pair[0]..pair[1]];
            let is_none =
                entry.contains("load via partition root") && entry.contains(" FROM stdin;\n\\.");
            if is_none || entry.contains("\\connect") || entry.contains("Type: DATABASE;") {
                continue;
            }
            let without = [&text[..pair[0]], &text[pair[1]..]].concat();
            let said = compared_with(&plan, without.as_bytes()).expect_err(entry);
            let is_named = [
                "missing when restored",
                "it is missing",
                "other data",
                "in the backup, restored ",
            ];
            assert!(
                is_named.iter().any(|it| said.contains(it)),
                "{entry}: {said}"
            );
        }
    }
}

/// Where entries begin.
fn places(text: &str) -> impl Iterator<Item = usize> {
    let starts = ["\n\n--\n-- Name: ", "\n\n--\n-- Data for Name: "];
    let mut places: Vec<_> = starts
        .iter()
        .flat_map(|it| text.match_indices(it))
        .map(|it| it.0)
        .collect();
    places.sort_unstable();
    places.into_iter()
}

/// Roles' attributes, memberships and settings, tablespaces, each database's own properties.
#[test]
fn every_statement_of_globals_that_is_lost_is_missed() {
    for server in SHOPS.iter() {
        let mut command = server.command(PROGRAM);
        command.args(["--globals", "--databases0-from", "-"]);
        let databases = [SHOP, "\0postgres\0"].concat();
        let output = run_with_input(&mut wrapped(TIMEOUT, &command), databases.as_bytes());
        output.succeeds();
        let globals = output.printed();
        let plan = Plan::of(globals.as_bytes(), None, &[]);
        plan.output.succeeds();
        let is_statement = |line: &&str| {
            ["CREATE ", "ALTER ", "GRANT ", "REVOKE ", "COMMENT "]
                .iter()
                .any(|it| line.starts_with(it))
        };
        let statements: Vec<_> = globals.split_inclusive('\n').filter(is_statement).collect();
        assert!(statements.len() > 40, "{globals}");
        for statement in statements {
            let without = globals.replacen(statement, "", 1);
            let said = compared_with(&plan, without.as_bytes());
            assert!(said.is_err(), "{statement}: {said:?}");
        }
    }
}

/// initdb's role may have another name where a cluster is restored, and a tablespace lies elsewhere.
#[test]
fn a_cluster_may_lie_elsewhere() {
    let of = |role: &str, place: &str| {
        with_cluster_text(&format!(
            "-- Dumped from database version 15.1\n\
             CREATE ROLE a;\nCREATE TABLESPACE x OWNER a LOCATION '{place}';\nALTER ROLE {role} WITH SUPERUSER;\n\
             GRANT a TO b GRANTED BY {role};\n"
        ))
    };
    let objects = |dump: &[u8]| {
        let mut objects = objects(dump);
        objects.retain(|name, _| !name.starts_with("ROLE\t"));
        objects
    };
    assert_eq!(objects(&of("app", "/a")).len(), 2);
    assert_eq!(objects(&of("app", "/a")), objects(&of("postgres", "/b")));
}

/// A restore does not give initdb's role what would keep it from logging in, nor its password with that.
#[test]
fn initdbs_role_may_be_left_as_it_is() {
    let of = |more: &str| {
        with_cluster_text(&format!(
            "-- Dumped from database version 15.1\n\
             CREATE ROLE postgres;\nALTER ROLE postgres WITH SUPERUSER{more};\nCREATE ROLE a;\nALTER ROLE a WITH{more};\n"
        ))
    };
    let plan = Plan::of(&of(" NOLOGIN"), None, &[]);
    let said = compared_with(&plan, &of("")).expect_err("another role");
    let data = "cback-pgdump: roles has other data when restored";
    assert_eq!(said, format!("{data}; role a differs when restored\n"));
}
