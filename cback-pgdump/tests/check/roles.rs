//! The roles that a plan creates, and that it changes none that is there.

use crate::plan::{Plan, SHOP, SHOPS, connection};
use crate::{PROGRAM, dump, with_cluster_text};
use cback_tests::{Finished, Run, Server, run_with_input, server};
use std::io::Write;
use tempfile::NamedTempFile;

/// The names of the server's roles, as `--existing-roles` takes them.
fn existing(server: &Server) -> NamedTempFile {
    let mut psql = server.command("psql");
    psql.args([
        "-XAt0",
        "-c",
        "SELECT rolname FROM pg_roles ORDER BY oid",
        "postgres",
    ]);
    let mut file = NamedTempFile::new().expect("room");
    file.write_all(psql.prints().as_bytes()).expect("room");
    file
}

/// All that is said about the roles of which this condition on `r` is true, a line each.
fn about(server: &Server, condition: &str) -> String {
    server.sql("postgres", &format!(
        "SELECT r.rolname, to_jsonb(r) - 'oid', shobj_description(r.oid, 'pg_authid') FROM pg_authid r WHERE {condition}
         UNION ALL SELECT r.rolname, to_jsonb(s.setconfig), '' FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = setrole AND setdatabase = 0 WHERE {condition}
         UNION ALL SELECT r.rolname, to_jsonb(g.rolname) || to_jsonb(m.admin_option), '' FROM pg_auth_members m
             JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid WHERE {condition}
         UNION ALL SELECT r.rolname, to_jsonb(p.parname), split_part(a::text, '/', 1) FROM pg_parameter_acl p, unnest(p.paracl) a, pg_roles r
             WHERE (a::text LIKE r.rolname || '=%' OR a::text LIKE '\"' || r.rolname || '%') AND NOT rolsuper AND {condition}
         ORDER BY 1, 2, 3"
    ))
}

const NEW: &str = "r.rolname NOT LIKE 'pg\\_%' AND r.rolname NOT IN ('clerk', 'postgres')";
const OLD: &str = "r.rolname IN ('clerk', 'postgres')";

/// The others come as they were.
#[test]
fn roles_that_are_there_are_never_changed() {
    for source in SHOPS.iter() {
        let server = Server::start_from(&source.installation);
        server.sql("postgres", "CREATE ROLE clerk NOLOGIN; COMMENT ON ROLE clerk IS 'mine'; ALTER ROLE postgres SET work_mem = '9MB'");
        let before = about(&server, OLD);
        let existing = existing(&server);
        let existing = existing.path().to_str().expect("text");
        let plan = Plan::of(
            &dump(source, "pg_dumpall", &[]),
            None,
            &["--existing-roles", existing],
        );
        assert_eq!(plan.names("lacking-roles"), [""; 0]);
        plan.run("roles.sql", &server, "postgres");
        plan.run("superuser.sql", &server, "postgres"); // initdb's, which has another name
        assert_eq!(about(&server, OLD), before);
        assert_eq!(about(&server, NEW), about(source, NEW));
    }
}

/// The roles of a database's dump come from the globals: those that it names, those whose members these are, and no
/// others; and so does all that is said about the database, under its new name.
#[test]
fn a_database_gets_the_roles_that_it_needs_and_is_as_the_globals_say() {
    for source in SHOPS.iter() {
        let server = Server::start_from(&source.installation);
        let existing = existing(&server);
        let existing = ["--existing-roles", existing.path().to_str().expect("text")];
        let own = dump(source, "pg_dump", &[&connection(SHOP)]);
        let own_plan = Plan::of(&own, None, &existing);
        assert_eq!(
            own_plan.names("needs"),
            ["gr\"oup", "it's :other", "postgres"]
        );
        assert_eq!(own_plan.names("lacking-roles"), ["gr\"oup", "it's :other"]);
        let mut globals = source.command(PROGRAM);
        globals.args(["--globals", "--databases0-from", "-"]);
        let globals = run_with_input(&mut globals, format!("{SHOP}\0").as_bytes());
        let of = own_plan.path("");
        let arguments = [
            &existing[..],
            &["--globals-for", of.to_str().expect("text")],
        ]
        .concat();
        let plan = Plan::of(&globals.stdout, Some(SHOP), &arguments);
        assert_eq!(plan.names("lacking-roles"), [""; 0]);
        assert_eq!(plan.names("needed-tablespaces"), ["a; place", "other"]);
        for (file, database) in [
            ("roles.sql", "postgres"),
            ("tablespaces.sql", "postgres"),
            ("create.sql", "postgres"),
            ("configure.sql", "restored"),
        ] {
            plan.run(file, &server, database);
        }
        server.sql(
            "restored",
            &own_plan
                .script("script", &own, &["--one-transaction"])
                .printed(),
        );
        plan.run("settle.sql", &server, "restored");
        let names = "SELECT rolname FROM pg_roles WHERE oid >= 16384 ORDER BY 1";
        assert_eq!(
            server.sql("postgres", names),
            "above\nclerk\ngr\"oup\nit's :other\ntop\ntopmost\n"
        );
        let created =
            "r.rolname IN ('above', 'clerk', 'top', 'topmost', E'it\\'s :other', 'gr\"oup')";
        assert_eq!(about(&server, created), about(source, created));
        assert_eq!(server.sql("restored", DATABASE), source.sql(SHOP, DATABASE));
    }
}

/// All that can be said about a database but its name; rights by name, since roles' numbers differ.
const DATABASE: &str = "
    SELECT to_jsonb(d) - '{oid,datname,datdba,dattablespace,datacl,datfrozenxid,datminmxid,datcollversion}'::text[],
        pg_get_userbyid(datdba), spcname, shobj_description(d.oid, 'pg_database'), datacl
    FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE datname = current_database();
    SELECT setrole::regrole, setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
    WHERE datname = current_database() ORDER BY 1;
    SELECT count(*), (SELECT tenant FROM public.tenants), convert_from(lo_get(77), 'UTF8') FROM public.goods";

/// Only initdb's role grants in its name, and what would change it is apart; a tablespace lies in the server's own directory.
#[test]
fn statements_go_where_their_role_belongs() {
    let text = "SET client_encoding = 'UTF8';\n\
        DROP ROLE new;\n\
        CREATE ROLE \"new\";\nALTER ROLE new WITH LOGIN;\nCREATE ROLE old;\nALTER ROLE old WITH NOLOGIN;\n\
        CREATE ROLE postgres;\nALTER ROLE postgres WITH SUPERUSER PASSWORD 'x';\n\
        ALTER ROLE postgres WITH NOLOGIN;\nCOMMENT ON ROLE postgres IS 'p';\nCOMMENT ON ROLE new IS 'n';\n\
        ALTER ROLE ALL SET a TO 'b';\nALTER ROLE old SET a TO 'b';\nALTER ROLE new SET a TO 'b';\n\
        GRANT old TO new GRANTED BY postgres;\nGRANT new TO old GRANTED BY postgres;\n\
        GRANT old TO new WITH INHERIT TRUE GRANTED BY old;\nGRANT x TO new GRANTED BY new;\n\
        GRANT old TO postgres GRANTED BY postgres;\n\
        GRANT SET ON PARAMETER a TO new;\nGRANT SET ON PARAMETER a TO old;\nGRANT SET ON PARAMETER a TO PUBLIC;\n\
        CREATE TABLESPACE fast OWNER postgres LOCATION '/the/old''s';\nCOMMENT ON TABLESPACE fast IS 'f';\n";
    let new = "SET client_encoding = 'UTF8';\n\
        CREATE ROLE \"new\";\nALTER ROLE new WITH LOGIN;\nCOMMENT ON ROLE new IS 'n';\n\
        ALTER ROLE new SET a TO 'b';\n\
        GRANT old TO new GRANTED BY postgres;\nGRANT old TO new WITH INHERIT TRUE;\nGRANT x TO new GRANTED BY new;\n\
        GRANT SET ON PARAMETER a TO new;\n";
    let superuser = "SET client_encoding = 'UTF8';\nALTER ROLE postgres WITH SUPERUSER PASSWORD 'x';\n\
        COMMENT ON ROLE postgres IS 'p';\nALTER ROLE ALL SET a TO 'b';\n\
        GRANT old TO postgres GRANTED BY postgres;\nGRANT SET ON PARAMETER a TO PUBLIC;\n";
    let plan = |existing: &[u8]| {
        let mut file = NamedTempFile::new().expect("room");
        file.write_all(existing).expect("room");
        let existing = ["--existing-roles", file.path().to_str().expect("text")];
        Plan::of(&with_cluster_text(text), None, &existing)
    };
    let own = plan(b"postgres\0old\0");
    assert_eq!(
        (&own.file("roles.sql")[..], &own.file("superuser.sql")[..]),
        (new, superuser)
    );
    let in_place = "SET allow_in_place_tablespaces = on;\nSET client_encoding = 'UTF8';\n\
        CREATE TABLESPACE fast OWNER postgres LOCATION '';\nCOMMENT ON TABLESPACE fast IS 'f';\n";
    assert_eq!(own.file("tablespaces.sql"), in_place);
    // Where initdb's role is another, postgres is one that is there already.
    let of_all = "SET client_encoding = 'UTF8';\nALTER ROLE ALL SET a TO 'b';\n\
        GRANT SET ON PARAMETER a TO PUBLIC;\n";
    assert_eq!(
        plan(b"admin\0postgres\0old\0").file("superuser.sql"),
        of_all
    );
}

/// psql takes a backslash for the beginning of a command, and `\!` is a shell's. A dump's own `\restrict` keeps it from
/// that; so do the plan's.
#[test]
fn no_statement_is_a_command_for_psql() {
    let refused = |text: &str| {
        let plan = Plan::of(&with_cluster_text(text), None, &[]);
        let said = plan.output.fails(1);
        assert!(
            said.contains(": a backslash outside of quotes, as pg_dump writes none\n"),
            "{said}"
        );
    };
    refused("COMMENT ON ROLE r IS 'r' \\! touch evil\n;");
    refused("\\connect d\nALTER DATABASE d SET x TO 'y' \\! touch evil\n;");
    let evil = "E'\\'' \\! touch evil #';\n";
    let text = format!(
        "\\restrict k\nCREATE ROLE r;\nCOMMENT ON ROLE r IS {evil}CREATE TABLESPACE t LOCATION '';\n\
         COMMENT ON TABLESPACE t IS {evil}\\unrestrict k\n\\connect d\nALTER DATABASE d SET a TO {evil}\
         COMMENT ON DATABASE d IS {evil}"
    );
    let directory = tempfile::tempdir().expect("room");
    let server = server();
    for (one, files) in [
        (None, &["roles.sql", "tablespaces.sql", "script"][..]),
        (Some("d"), &["create.sql", "configure.sql", "settle.sql"]),
    ] {
        let dump = with_cluster_text(&text);
        let plan = Plan::of(&dump, one, &[]);
        for file in files {
            let text = match *file {
                "script" => plan.script(file, &dump, &[]).printed(),
                _ => plan.file(file),
            };
            assert_eq!(text.contains("touch evil"), *file != "create.sql");
            let mut psql = server.command("psql");
            psql.args(["-Xq", "-v", "cback_prefix=evil", "-f", "-", "template1"]);
            run_with_input(psql.current_dir(&directory), text.as_bytes());
            let made = directory.path().read_dir().expect("ours").count();
            assert_eq!(made, 0, "{file}");
        }
    }
}
