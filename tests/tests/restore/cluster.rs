//! "One takes one out of a cluster's dump; --everything wants an empty server."

use crate::place::{Place, dump, dump_all, globals, packed};
use cback_tests::{Finished, Server, contents, create_sample, installations, without_keys};
use std::fs;

const NAMES: [&str; 3] = ["plain", "it's \"odd\" \\ %", "-x=y"];

/// A server with several databases, roles, rights, settings, and a tablespace.
fn source(server: &Server) {
    server.sql(
        "postgres",
        "CREATE ROLE keeper LOGIN PASSWORD 'secret'; CREATE ROLE staff; GRANT staff TO keeper;
         ALTER ROLE keeper SET work_mem = '5MB'; ALTER ROLE ALL SET lc_messages = 'C';
         CREATE ROLE boss SUPERUSER; CREATE ROLE member; SET SESSION AUTHORIZATION boss; GRANT staff TO member;
         RESET SESSION AUTHORIZATION; CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
    );
    server.sql(
        "latin",
        "CREATE TABLE latin AS SELECT 'caf' || chr(233) AS it",
    );
    for name in NAMES {
        create_sample(server, name);
        let quoted = name.replace('"', "\"\"");
        let own = format!(
            "ALTER DATABASE \"{quoted}\" OWNER TO keeper; ALTER DATABASE \"{quoted}\" SET my.name = 'x';
             ALTER ROLE keeper IN DATABASE \"{quoted}\" SET my.own = 'y';
             CREATE TABLE own AS SELECT {}::int AS it; ALTER TABLE own OWNER TO keeper", name.len());
        server.sql(name, &own);
    }
}

#[test]
fn one_database_comes_out_of_a_dump_of_all() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        source(&server);
        let place = Place::with(Server::start_from(&installation));
        place.put("postgresqldump.txt.gz", &packed(&dump_all(&server), "gzip"));
        for name in NAMES {
            place.restores(&["--database", name, "postgresqldump.txt.gz"]);
            assert_eq!(contents(&place.server, name), contents(&server, name));
        }
        let databases =
            "SELECT datname, datdba::regrole FROM pg_database WHERE datname <> 'latin' ORDER BY 1";
        let both = [&place.server, &server].map(|it| it.sql("postgres", databases));
        assert_eq!(both[0], both[1]);
        place.restores(&[
            "--database",
            NAMES[1],
            "--into",
            "x",
            "postgresqldump.txt.gz",
        ]);
        assert_eq!(contents(&place.server, "x"), contents(&server, NAMES[1]));
        place.refuses(
            &["--database", "none", "postgresqldump.txt.gz"],
            "there is no database none in this dump",
        );
        place.refuses(&["postgresqldump.txt.gz"], "the dump of a whole cluster\n");
    }
}

/// pg_dumpall's words, but for keys, and the place of a tablespace.
fn everything(server: &Server) -> String {
    let dump = without_keys(&dump_all(server));
    let dump = String::from_utf8_lossy(&dump);
    dump.lines()
        .filter(|line| !line.contains("CREATE TABLESPACE"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// "--everything gives a server whose pg_dumpall equals the source's."
#[test]
fn everything_comes_back_into_an_empty_server() {
    for installation in installations() {
        let server = Server::start_from(&installation);
        source(&server);
        server.sql(
            "postgres",
            "SET allow_in_place_tablespaces = on; CREATE TABLESPACE fast OWNER keeper LOCATION ''",
        );
        server.sql(
            "plain",
            "CREATE TABLE there (x int) TABLESPACE fast; INSERT INTO there VALUES (7)",
        );
        server.sql(
            "postgres",
            "CREATE TABLE in_postgres AS SELECT 1 AS x; GRANT CREATE ON SCHEMA public TO staff",
        );
        let whole = dump_all(&server);
        let place = Place::with(Server::start_from(&installation));
        place.put("postgresqldump.txt.bz2", &packed(&whole, "bzip2"));
        place.restores(&["--everything", "--compare", "postgresqldump.txt.bz2"]);
        assert_eq!(everything(&place.server), everything(&server));
        for name in NAMES {
            assert_eq!(contents(&place.server, name), contents(&server, name));
        }
        place.refuses(
            &["--everything", "postgresqldump.txt.bz2"],
            "this server lacks emptiness: it has ",
        );

        server.sql(
            "postgres",
            "DROP TABLE in_postgres; REVOKE CREATE ON SCHEMA public FROM staff",
        );
        for jobs in ["1", "3"] {
            let place = Place::with(Server::start_from(&installation));
            fs::create_dir(place.path("collect")).unwrap();
            let names: Vec<_> = ["latin", "postgres"].into_iter().chain(NAMES).collect();
            for name in &names {
                let file = format!("collect/postgresqldump-{name}.txt.gz");
                place.put(&file, &packed(&dump(&server, name), "gzip"));
            }
            let globals = packed(&globals(&server, &names), "gzip");
            place.put("collect/postgresqlglobals.txt.gz", &globals);
            place.restores(&["--everything", "--compare", "-j", jobs, "collect"]);
            assert_eq!(everything(&place.server), everything(&server));
        }
    }
}

/// "Nothing is proven that was not seen": a database that the globals create, and no file fills, is told. The server's
/// superuser "gets the password and the settings that he had at the source".
#[test]
fn a_database_of_which_there_is_no_file_is_no_success() {
    let source = Server::start();
    let there = "th\nere \r'\\n";
    source.create_database(there);
    source.create_database("gone");
    source.sql(
        "postgres",
        &format!(
            "ALTER ROLE postgres PASSWORD 'x' CONNECTION LIMIT 61 VALID UNTIL '2040-01-01';
             ALTER DATABASE \"{there}\" SET work_mem = '7MB'"
        ),
    );
    let place = Place::new();
    fs::create_dir(place.path("collect")).unwrap();
    let file = format!("collect/postgresqldump-{there}.txt");
    place.put(&file, &dump(&source, there));
    place.put(
        "collect/postgresqlglobals.txt",
        &globals(&source, &[there, "gone"]),
    );
    let said = place.run(&["--everything", "collect"]).fails(1);
    let end = "these databases are empty, since there is no dump of them: gone\n";
    assert!(
        said.contains("which will be empty: gone\n") && said.ends_with(end),
        "{said}"
    );
    let kept = "SELECT rolpassword, rolconnlimit, rolvaliduntil FROM pg_authid WHERE oid = 10;
        SELECT datname, setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase";
    let both = [&place.server, &source].map(|it| it.sql("postgres", kept));
    assert_eq!(both[0], both[1]);
}
