//! "Everything that can be known to be missing is said before the first change, all at once."

use crate::place::{Place, dump, items};
use cback_tests::{
    Finished, Run, SHELLS, Server, installations, server, skipped_without_root, wrapped,
};

#[test]
fn all_that_the_server_lacks_is_said_at_once() {
    let source = Server::start();
    items(&source, "lacking");
    source.sql(
        "lacking",
        "CREATE ROLE owner; ALTER TABLE item OWNER TO owner; SET allow_in_place_tablespaces = on;
         CREATE TABLESPACE fast LOCATION ''",
    );
    source.sql("lacking", "ALTER TABLE item SET TABLESPACE fast");
    let text = String::from_utf8(dump(&source, "lacking")).unwrap();
    let start = "\n--\n-- Name: item; Type: TABLE;";
    let more = "\nCREATE EXTENSION nowhere WITH SCHEMA public;\n
CREATE COLLATION public.far (provider = libc, locale = 'xx_XX.utf8');\n";
    let text = text.replacen(start, &format!("{more}{start}"), 1);
    let place = Place::new();
    place.put("x.sql", text.as_bytes());
    let said = place.refuses(
        &["--into", "x", "x.sql"],
        "x.sql: nothing was changed, since this server lacks ",
    );
    for lack in [
        "extension nowhere",
        "tablespace fast",
        "locale xx_XX.utf8",
        "role owner",
    ] {
        assert!(said.contains(lack), "{lack}: {said}");
    }
    assert_eq!(said.lines().count(), 2, "{said}");

    // Who is no superuser cannot give a table to a role that he is no member of.
    let maker = "CREATE ROLE owner; CREATE ROLE maker LOGIN CREATEDB CREATEROLE";
    place.server.sql("postgres", maker);
    let mut command = place.command(SHELLS[0], &["--into", "x", "x.sql"]);
    let said = command.env("PGUSER", "maker").run().fails(1);
    assert!(said.contains("membership in role owner"), "{said}");

    // For the script alone the server's data lie on a disk of 4 KiB.
    if skipped_without_root("nobody else may mount") {
        return;
    }
    let data = place.server.sql("postgres", "SHOW data_directory");
    let mount = "mount -t tmpfs -o size=4k tmpfs \"$0\" && exec \"$@\"";
    let small = ["unshare", "--mount", "sh", "-c", mount, data.trim_end()];
    let command = place.command(SHELLS[0], &["--into", "x", "x.sql"]);
    let said = wrapped(&small, &command).run().fails(1);
    let lack = format!("room for 0 MB in {}", data.trim_end());
    assert!(said.contains(&lack), "{said}");
}

/// "A newer major."
#[test]
fn an_older_server_is_refused() {
    let installations = installations();
    let [first, .., last] = &installations[..] else {
        return;
    };
    let newer = Server::start_from(last);
    let dump = items(&newer, "newer");
    let place = Place::with(Server::start_from(first));
    place.put("x.sql", &dump);
    let lacks = format!(
        "this server lacks PostgreSQL {} (it has {}, ",
        last.major, first.major
    );
    place.refuses(&["--into", "x", "x.sql"], &lacks);
}

/// "A dump is checked to its last byte before psql sees it."
#[test]
fn half_a_dump_is_refused_before_anything_is_done() {
    let dump = items(server(), "half");
    let place = Place::new();
    place.replace("psql", "case \"$*\" in *'-o /dev/null'*) echo restoring >&2; exit 1 ;; esac; PATH=${PATH#*:} exec psql \"$@\"");
    place.put("x.sql", &dump[..dump.len() / 2]);
    place.refuses(
        &["--into", "x", "x.sql"],
        "x.sql: the dump breaks off in line ",
    );
    place.put("x.gz", &dump);
    place.refuses(&["--into", "x", "x.gz"], "x.gz: ");
    place.refuses(&["--into", "x", "none.sql"], "none.sql: missing\n");
    place.put("no-name.sql", &dump);
    place.refuses(&["no-name.sql"], "name the new one by --into");
}
