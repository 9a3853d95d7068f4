//! "One takes one out of a cluster's dump; --everything wants an empty server."

use crate::place::{Place, dump, dump_all, globals, packed};
use cback_tests::{Server, contents, create_sample, installations, without_keys};
use std::fs;

const NAMES: [&str; 3] = ["plain", "it's \"odd\" \\ %", "-x=y"];

/// A server with several databases, roles, rights, settings, and a tablespace.
fn source(server: &Server) {
    server.sql(
        "postgres",
        "CREATE ROLE keeper LOGIN PASSWORD 'secret'; CREATE ROLE staff; GRANT staff TO keeper;
         ALTER ROLE keeper SET work_mem = '5MB'; ALTER ROLE ALL SET lc_messages = 'C'",
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
        let databases = "SELECT datname, datdba::regrole FROM pg_database ORDER BY 1";
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
    let dump = dump_all(server);
    let dump = String::from_utf8(without_keys(&dump)).unwrap();
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
            for name in NAMES {
                let file = format!("collect/postgresqldump-{name}.txt.gz");
                place.put(&file, &packed(&dump(&server, name), "gzip"));
            }
            place.put(
                "collect/postgresqlglobals.txt.gz",
                &packed(&globals(&server, &NAMES), "gzip"),
            );
            place.restores(&["--everything", "-j", jobs, "collect"]);
            assert_eq!(everything(&place.server), everything(&server));
        }
    }
}
