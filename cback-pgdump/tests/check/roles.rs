//! The roles that a plan creates, and that it changes none that is there. `tests/tests/restore/one.rs` and `cluster.rs`
//! look at servers to which that was done.

use crate::plan::Plan;
use crate::with_cluster_text;
use cback_tests::{Finished, run_with_input, server};
use std::io::Write;
use tempfile::NamedTempFile;

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
        CREATE TABLESPACE fast OWNER postgres LOCATION '/the/old''s';\nCOMMENT ON TABLESPACE fast IS 'f';\n\
        CREATE TABLESPACE location OWNER postgres LOCATION '/x';\n";
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
        CREATE TABLESPACE fast OWNER postgres LOCATION '';\nCOMMENT ON TABLESPACE fast IS 'f';\n\
        CREATE TABLESPACE location OWNER postgres LOCATION '';\n";
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
