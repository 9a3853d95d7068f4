//! "A database into a new one, never into one that exists": with roles, rights and settings where a file has them.

use crate::place::{Place, dump, globals, items, packed};
use cback_tests::{
    Finished, Run, Server, Shell, contents, create_sample, in_each_shell, installations, server,
    tool,
};

in_each_shell!(a_database_is_restored);

fn a_database_is_restored(shell: Shell) {
    create_once("sample");
    let place = Place::new();
    let dump = dump(server(), "sample");
    place.put("postgresqldump-shop.txt.gz", &packed(&dump, "gzip"));
    let output = place.command(shell, &["postgresqldump-shop.txt.gz"]).run();
    assert_eq!(output.succeeds(), "");
    let printed = output.printed();
    assert!(
        printed.starts_with("restored shop into PostgreSQL "),
        "{printed}"
    );
    assert_eq!(
        contents(&place.server, "shop"),
        contents(server(), "sample")
    );
    let analyzed = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND reltuples < 0";
    assert_eq!(place.server.sql("shop", analyzed), "0\n");
    place.assert_clean();

    let exists = "there is a database shop, which is left alone\n";
    place.refuses(&["postgresqldump-shop.txt.gz"], exists);
    place.restores(&[
        "--into",
        "shop 'of' \"yesterday\"\n-x",
        "postgresqldump-shop.txt.gz",
    ]);
    let copy = contents(&place.server, "shop 'of' \"yesterday\"\n-x");
    assert_eq!(copy, contents(server(), "sample"));
}

fn create_once(database: &str) {
    static CREATED: std::sync::Once = std::sync::Once::new();
    CREATED.call_once(|| create_sample(server(), database));
}

/// "From any backup of ours, of Cedar's or of plain pg_dump", of every version, into that one and every later one.
#[test]
fn every_version_restores_into_itself_and_into_later_ones() {
    let installations = installations();
    let servers: Vec<_> = installations.iter().map(Server::start_from).collect();
    let places: Vec<_> = servers.into_iter().map(Place::with).collect();
    for (number, place) in places.iter().enumerate() {
        let name = format!("of {}", place.server.installation.major);
        create_sample(&place.server, &name);
        let mut pg_dump = place.server.command("pg_dump");
        let dump = pg_dump.arg(&name).run();
        dump.succeeds();
        for later in &places[number..] {
            later.put("plain.sql.bz2", &packed(&dump.stdout, "bzip2"));
            let into = format!("from {number}");
            later.restores(&["--compare", "--into", &into, "plain.sql.bz2"]);
            let [copy, original] = [
                contents(&later.server, &into),
                contents(&place.server, &name),
            ];
            assert_eq!(
                copy, original,
                "{name} into {}",
                later.server.installation.major
            );
        }
    }
}

/// "Roles that are missing come from the globals beside it (only those; existing roles are never changed)": with what
/// they are members of. "Encoding, locale, owner, rights and settings of the database as the globals have them."
#[test]
fn roles_and_database_come_from_the_globals() {
    let source = Server::start();
    items(&source, "owned");
    source.sql(
        "owned",
        "CREATE ROLE staff; CREATE ROLE bystander LOGIN; CREATE ROLE known PASSWORD 'a';
         CREATE ROLE \"the \"\"keeper\" LOGIN PASSWORD 'secret' IN ROLE staff;
         ALTER ROLE \"the \"\"keeper\" SET work_mem = '5MB';
         ALTER TABLE item OWNER TO \"the \"\"keeper\"; GRANT SELECT ON item TO known;
         CREATE DATABASE shop TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' OWNER \"the \"\"keeper\" CONNECTION LIMIT 7;
         COMMENT ON DATABASE shop IS 'it''s the shop';
         REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO known;
         ALTER DATABASE shop SET my.setting = 'on'; ALTER DATABASE shop SET default_transaction_read_only = on;
         ALTER ROLE \"the \"\"keeper\" IN DATABASE shop SET my.own = 'x'",
    );
    let items = dump(&source, "owned");
    source.sql("shop", "SET default_transaction_read_only = off; CREATE TABLE t AS SELECT chr(233) AS t; ALTER TABLE t OWNER TO \"the \"\"keeper\"; GRANT SELECT ON t TO known");
    let place = Place::new();
    place.put("postgresqldump-shop.txt", &dump(&source, "shop"));
    place.put("postgresqldump-owned.txt", &items);
    place.put(
        "postgresqlglobals.txt.gz",
        &packed(&globals(&source, &["shop", "owned"]), "gzip"),
    );
    place
        .server
        .sql("postgres", "CREATE ROLE known PASSWORD 'b'");
    // After an upgrade of the system a server warns at each connection.
    let outlived = "UPDATE pg_database SET datcollversion = '1.0' WHERE datname = 'postgres'";
    place.server.sql("postgres", outlived);
    let known = "SELECT * FROM pg_authid WHERE rolname = 'known'";
    let before = place.server.sql("postgres", known);
    place.restores(&["postgresqldump-shop.txt"]);
    assert_eq!(place.server.sql("postgres", known), before);
    let roles = "SELECT a.rolname, a.rolcanlogin, a.rolpassword, r.rolconfig,
            ARRAY(SELECT roleid::regrole FROM pg_auth_members WHERE member = a.oid)
        FROM pg_authid a JOIN pg_roles r USING (oid) WHERE a.rolname IN ('staff', 'the \"keeper') ORDER BY 1";
    let bystander = "SELECT count(*) FROM pg_roles WHERE rolname = 'bystander'";
    assert_eq!(place.server.sql("postgres", bystander), "0\n");
    let database = "SELECT pg_encoding_to_char(encoding), datcollate, datdba::regrole, datconnlimit, ARRAY(SELECT unnest(datacl)::text ORDER BY 1),
            shobj_description(oid, 'pg_database'), ARRAY(SELECT (setrole::regrole, setconfig)::text FROM pg_db_role_setting
            WHERE setdatabase = d.oid ORDER BY 1) FROM pg_database d WHERE datname = 'shop'";
    for query in [roles, database] {
        assert_eq!(
            place.server.sql("postgres", query),
            source.sql("postgres", query)
        );
    }
    assert_eq!(contents(&place.server, "shop"), contents(&source, "shop"));
    // A role may be named by data alone: then it is any of them.
    source.sql(
        "owned",
        "CREATE TABLE named AS SELECT 'bystander'::regrole AS role",
    );
    place.put("postgresqldump-owned.txt", &dump(&source, "owned"));
    place.restores(&["postgresqldump-owned.txt"]);
    let named = place.server.sql("owned", "SELECT role FROM named");
    assert_eq!(named, "bystander\n");
    // Now all of its roles are there, and are left alone.
    let state = place.state();
    place.restores(&["--into", "again", "postgresqldump-owned.txt"]);
    place.server.sql("postgres", "DROP DATABASE again");
    assert_eq!(place.state(), state);
}

/// "A plain dump of pg_dump, whoever made it": also one that names its database, or has no rows.
#[test]
fn a_dump_is_restored_however_it_was_written() {
    items(server(), "written");
    let place = Place::new();
    for (option, into) in [
        ("--create", None),
        ("--schema-only", Some("--into=a")),
        ("--exclude-table-data=item", Some("--into=b")),
    ] {
        let mut command = server().command(tool("cback-pgdump"));
        let output = command.args(["written", "--", option]).run();
        output.succeeds();
        place.put("x.txt", &output.stdout);
        let arguments = ["--compare", "x.txt"].into_iter().chain(into);
        place.restores(&arguments.collect::<Vec<_>>());
    }
    assert!(place.state().contains("|written|"));
}

/// "Else --create-roles makes them without rights to log in, or it refuses and names them."
#[test]
fn roles_are_made_only_where_that_is_asked_for() {
    let source = Server::start();
    items(&source, "owned");
    source.sql("owned", "CREATE ROLE \"a b\" LOGIN SUPERUSER; ALTER TABLE item OWNER TO \"a b\"; CREATE ROLE c; GRANT ALL ON item TO c");
    let place = Place::new();
    place.put("x.sql", &dump(&source, "owned"));
    let said = place.refuses(
        &["--into", "x", "x.sql"],
        "this server lacks role a b, role c\n",
    );
    assert!(
        said.contains("--globals") && said.contains("--create-roles"),
        "{said}"
    );
    place.restores(&["--into", "x", "--create-roles", "x.sql"]);
    let made = "SELECT rolname, rolcanlogin, rolsuper, rolcreaterole FROM pg_roles WHERE rolname IN ('a b', 'c') ORDER BY 1";
    assert_eq!(place.server.sql("postgres", made), "a b|f|f|f\nc|f|f|f\n");
    let owner = "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'";
    assert_eq!(place.server.sql("x", owner), "\"a b\"\n");

    // In UTF8, the encoding of the maintenance database, this role's name is no text: neither was it published, nor undone.
    source.sql(
        "postgres",
        "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
    );
    source.sql(
        "latin",
        "CREATE ROLE \"größe\"; CREATE TABLE t AS SELECT 1 AS n; ALTER TABLE t OWNER TO \"größe\"",
    );
    place.put("latin.sql", &dump(&source, "latin"));
    place.restores(&["--into", "latin", "--create-roles", "latin.sql"]);
    let owner = "SELECT rolname, rolconfig FROM pg_roles, pg_class WHERE relname = 't' AND relowner = pg_roles.oid";
    assert_eq!(place.server.sql("latin", owner), "größe|\n");
}

/// "--dry-run: everything that can be looked at, nothing done."
#[test]
fn a_dry_run_changes_nothing() {
    let place = Place::new();
    place.put("postgresqldump-x.txt", &items(server(), "dry"));
    let before = place.state();
    let output = place.run(&["--dry-run", "postgresqldump-x.txt"]);
    let would = "cback-pgrestore: would restore x: 1 tables, 100 rows, ";
    assert!(output.succeeds().contains(would), "{}", output.said());
    assert!(output.stdout.is_empty());
    assert_eq!(place.state(), before);
    place.assert_clean();
}

/// "--compare: dumped again and compared, as cback-pgverify does."
#[test]
fn a_difference_is_found_where_it_is_asked_for() {
    let place = Place::new();
    items(server(), "compared");
    // pg_dump warns of these, with status 0.
    let circle = "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b";
    server().sql("compared", circle);
    // This server would read NULL in an array as text, and the trigger would log that the view is filled.
    let reload = "ALTER SYSTEM SET array_nulls = off; SELECT pg_reload_conf()";
    place.server.sql("postgres", &reload.replace("; ", ";\n"));
    let trigger = "CREATE TABLE nulls AS SELECT ARRAY[NULL, 'NULL'] AS a; CREATE TABLE log (tag text);
        CREATE MATERIALIZED VIEW view AS SELECT * FROM nulls;
        CREATE FUNCTION log() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (tg_tag); END';
        CREATE EVENT TRIGGER log ON ddl_command_end EXECUTE FUNCTION log()";
    server().sql("compared", trigger);
    let text = String::from_utf8(dump(server(), "compared")).unwrap();
    let deletes =
        "\nDELETE FROM public.item WHERE id > 98;\n\n--\n-- PostgreSQL database dump complete";
    let changed = text.replace("\n--\n-- PostgreSQL database dump complete", deletes);
    assert_ne!(changed, text);
    place.put("same.sql", text.as_bytes());
    place.put("otherwise.sql", changed.as_bytes());
    let printed = place.restores(&["--compare", "--into", "same", "same.sql"]);
    assert!(
        printed.ends_with(", and found the same rows and definitions\n"),
        "{printed}"
    );
    let output = place.run(&["--compare", "--into", "otherwise", "otherwise.sql"]);
    let said = output.fails(1);
    assert!(
        said.contains("public.item has 100 rows in the backup, restored 98"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
    place.assert_clean();
}
