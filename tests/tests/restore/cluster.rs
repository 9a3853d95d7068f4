//! "One takes one out of a cluster's dump; --everything wants an empty server."

use crate::place::{Place, dump, globals, packed};
use cback_tests::{
    Finished, Installation, Server, assert_has, contents, installations, without_keys,
};

/// The database of shop.sql.
const SHOP: &str = "Shop \"a\" 'b' \\ :c =d";
const NAMES: [&str; 4] = [SHOP, "torture", "latin", "-x=y"];

/// A server about which all is said that can be said: roles, rights, settings, tablespaces, names, values; and what gives
/// its initdb's role another name.
fn source(installation: &Installation) -> (Server, &'static str) {
    let server = Server::start_from(installation);
    let [shop, goods, torture] = [
        include_str!("../../../cback-pgdump/tests/shop.sql"),
        include_str!("../../../cback-pgdump/tests/goods.sql"),
        include_str!("../../../cback-pgdump/tests/torture.sql"),
    ];
    server.create_database("torture");
    server.sql("torture", torture);
    let (shop, rename) = shop.split_at(shop.find("CREATE ROLE boss ").unwrap());
    server.sql("postgres", shop);
    server.sql(SHOP, goods);
    let latin = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";
    server.sql("postgres", latin);
    let table = "CREATE TABLE \"stra\u{df}e\" AS SELECT '\u{e9}t\u{e9}'::text AS \"\u{e0}\"";
    server.sql("latin", table);
    server.create_database("-x=y");
    server.sql("-x=y", "CREATE TABLE own AS SELECT 7 AS it");
    (server, rename)
}

/// pg_dumpall's words, but for keys, grantors and the places of tablespaces, each line's in order: the columns of a table
/// that inherits come in another.
fn everything(server: &Server) -> Vec<String> {
    let dump = without_keys(&dump(server, None));
    let text = String::from_utf8_lossy(&dump).into_owned();
    let line = |line: &str| {
        let mut ends = [" GRANTED BY ", " LOCATION '"].iter();
        let end = ends.find_map(|it| line.find(it)).unwrap_or(line.len());
        let mut words: Vec<_> = line[..end].split(['\t', ' ', ',', '(', ')']).collect();
        words.sort_unstable();
        words.join(" ")
    };
    let mut lines: Vec<_> = text.lines().map(line).collect();
    lines.sort();
    lines
}

#[track_caller]
fn assert_same(restored: &Server, expected: &[String]) {
    let lines = everything(restored);
    let other = lines.iter().zip(expected).find(|(one, other)| one != other);
    assert_eq!((other, lines.len()), (None, expected.len()));
}

/// "--everything gives a server whose pg_dumpall equals the source's", from one file or from many.
#[test]
fn all_of_a_cluster_or_one_database_comes_out_of_its_backup() {
    std::thread::scope(|scope| {
        for installation in installations() {
            scope.spawn(move || comes_out_of_its_backup(&installation));
        }
    });
}

fn comes_out_of_its_backup(installation: &Installation) {
    let (server, rename) = source(installation);
    let expected = everything(&server);
    let file = "postgresqldump.txt.bz2";
    let whole = packed(&dump(&server, None), "bzip2");
    let place = Place::with(Server::start_from(installation));
    place.put(file, &whole);
    place.restores(&["--everything", "--compare", file]);
    assert_same(&place.server, &expected);
    let lack = "this server lacks emptiness: it has ";
    place.refuses(&["--everything", file], lack);
    // One of them, beside all that is there already.
    place.restores(&["--database", SHOP, "--into", "x", file]);
    assert_eq!(contents(&place.server, "x"), contents(&server, SHOP));
    let none = "there is no database none in this dump";
    place.refuses(&["--database", "none", file], none);
    place.refuses(&[file], "the dump of a whole cluster\n");

    // Whatever initdb's role is called; its words cannot be compared then.
    server.sql("postgres", rename);
    let expected = everything(&server);
    let place = Place::with(Server::start_from(installation));
    for name in NAMES.into_iter().chain(["postgres"]) {
        let file = format!("collect/postgresqldump-{name}.txt.gz");
        place.put(&file, &packed(&dump(&server, name), "gzip"));
    }
    let globals = globals(&server, &[&NAMES[..], &["postgres"]].concat());
    place.put(
        "collect/postgresqlglobals.txt.gz",
        &packed(&globals, "gzip"),
    );
    place.restores(&["--everything", "-j", "3", "collect"]);
    assert_same(&place.server, &expected);
}

/// "Nothing is proven that was not seen": a database that the globals create, and no file fills, is told. The server's
/// superuser "gets the password and the settings that he had at the source".
#[test]
fn a_database_of_which_there_is_no_file_is_no_success() {
    let source = Server::start();
    let there = "th\nere \r'\\n";
    source.create_database(there);
    source.create_database("gone");
    let set = "ALTER ROLE postgres PASSWORD 'x' CONNECTION LIMIT 61 VALID UNTIL '2040-01-01'; ALTER DATABASE";
    source.sql(
        "postgres",
        &format!("{set} \"{there}\" SET work_mem = '7MB'"),
    );
    let place = Place::new();
    let file = format!("collect/postgresqldump-{there}.txt");
    place.put(&file, &dump(&source, there));
    let globals = globals(&source, &[there, "gone"]);
    let refuses = |globals: &[u8], lack: &str| {
        place.put("collect/postgresqlglobals.txt", globals);
        place.refuses(&["--everything", "collect"], lack);
    };
    // Names are bytes, and those of roles are the same in databases of one encoding only.
    let latin = String::from_utf8(globals.clone()).unwrap();
    let latin = latin.replace("ENCODING = 'UTF8'", "ENCODING = 'LATIN1'");
    let latin = latin.replacen("ALTER ROLE", "CREATE ROLE \"größe\";\nALTER ROLE", 1);
    let lack = "initdb's encoding LATIN1, in which roles are named (its own is UTF8)\n";
    refuses(latin.as_bytes(), lack);
    let mut odd = globals.clone();
    while let Some(at) = odd.windows(4).position(|it| it == b"gone") {
        odd.splice(at..at + 4, *b"\"\xff\"");
    }
    refuses(&odd, "the encoding of a database's name: ");
    // A role that nothing but a database's dump names.
    let lost = "CREATE ROLE lost; CREATE TABLE t AS SELECT 1 AS n; ALTER TABLE t OWNER TO lost";
    source.sql(there, lost);
    place.put(&file, &dump(&source, there));
    refuses(&globals, "this server lacks role lost\n");
    let everything = ["--everything", "--create-roles", "collect"];
    let said = place.run(&everything).fails(1);
    let end = "these databases are empty, since there is no dump of them: gone\n";
    assert_has(&said, "which will be empty: gone\n");
    assert!(said.ends_with(end), "{said}");
    let kept = "SELECT rolpassword, rolconnlimit, rolvaliduntil FROM pg_authid WHERE oid = 10;
        SELECT datname, setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase";
    assert_eq!(place.sql(kept), source.sql("postgres", kept));
}
