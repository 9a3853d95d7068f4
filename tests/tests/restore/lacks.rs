//! "Everything that can be known to be missing is said before the first change, all at once."

use crate::place::{Place, items, items_and};
use cback_tests::{
    Finished, Run, SHELLS, Server, assert_has, installations, server, skip, skipped_without_root,
    wrapped,
};

#[test]
fn all_that_the_server_lacks_is_said_at_once() {
    let source = Server::start();
    let change =
        "CREATE ROLE owner; ALTER TABLE item OWNER TO owner; SET allow_in_place_tablespaces = on;
        CREATE TABLESPACE fast LOCATION ''; ALTER TABLE item SET TABLESPACE fast";
    let text = String::from_utf8(items_and(&source, "lacking", change)).unwrap();
    let start = "\n--\n-- Name: item; Type: TABLE;";
    let more = "\nCREATE EXTENSION nowhere WITH SCHEMA public;\n
CREATE COLLATION public.far (provider = libc, locale = 'xx_XX.utf8');\n";
    let text = text.replacen(start, &format!("{more}{start}"), 1);
    let place = Place::new();
    place.put("x.sql", text.as_bytes());
    let arguments = ["--into", "x", "x.sql"];
    let start = "x.sql: nothing was changed, since this server lacks ";
    let said = place.refuses(&arguments, start);
    for lack in [
        "extension nowhere",
        "tablespace fast",
        "locale xx_XX.utf8",
        "role owner",
    ] {
        assert_has(&said, lack);
    }
    assert_eq!(said.lines().count(), 2, "{said}");

    // Who is no superuser cannot give a table to a role that he is no member of.
    place.sql("CREATE ROLE owner; CREATE ROLE maker LOGIN CREATEDB CREATEROLE");
    let mut command = place.command(SHELLS[0], &arguments);
    let said = command.env("PGUSER", "maker").run().fails(1);
    assert_has(&said, "membership in role owner");

    // For the script alone the server's data lie on a disk of 4 KiB.
    if skipped_without_root("nobody else may mount") {
        return;
    }
    let data = place.sql("SHOW data_directory");
    let mount = "mount -t tmpfs -o size=4k tmpfs \"$0\" && exec \"$@\"";
    let small = ["unshare", "--mount", "sh", "-c", mount, data.trim_end()];
    let command = place.command(SHELLS[0], &arguments);
    let said = wrapped(&small, &command).run().fails(1);
    assert_has(&said, &format!("room for 0 MB in {}", data.trim_end()));
}

/// "A newer major."
#[test]
fn an_older_server_is_refused() {
    let installations = installations();
    let [first, .., last] = &installations[..] else {
        return skip("there is one version of PostgreSQL only");
    };
    let place = Place::with(Server::start_from(first));
    place.put("x.sql", &items(&Server::start_from(last), "newer"));
    let (new, old) = (last.major, first.major);
    let lacks = format!("this server lacks PostgreSQL {new} (it has {old}, ");
    place.refuses(&["--into", "x", "x.sql"], &lacks);
}

/// "A dump is checked to its last byte before psql sees it."
#[test]
fn half_a_dump_is_refused_before_anything_is_done() {
    let dump = items(server(), "half");
    let place = Place::new();
    let psql = "case \"$*\" in *'-o /dev/null'*) echo restoring >&2; exit 1 ;; esac; PATH=${PATH#*:} exec psql \"$@\"";
    place.replace("psql", psql);
    place.put("x.sql", &dump[..dump.len() / 2]);
    place.put("x.gz", &dump);
    place.put("no-name.sql", &dump);
    for (file, reason) in [
        ("x.sql", "x.sql: the dump breaks off in line "),
        ("x.gz", "x.gz: "),
        ("none.sql", "none.sql: missing\n"),
    ] {
        place.refuses(&["--into", "x", file], reason);
    }
    place.refuses(&["no-name.sql"], "name the new one by --into");
}
