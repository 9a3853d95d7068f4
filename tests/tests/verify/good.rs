//! Good backups that were called bad, and words that said so of what only the machine lacked.

use crate::backups::{Backups, dump, ending_with};
use cback_tests::{
    Finished, Installation, Run, SHELLS, Server, installations, server, skipped_without_root,
    wrapped,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// "A difference that is only a setting's doing is no difference", and event triggers act neither on a restore nor on
/// the dump after it: those of DDL fired when materialized views were filled, those of logins (PostgreSQL 17) each time.
#[test]
fn settings_and_event_triggers_of_a_database_make_no_difference() {
    let newest = installations().pop().unwrap();
    let server = Server::start_from(&newest);
    server.create_database("guarded");
    server.sql(
        "guarded",
        "ALTER DATABASE guarded SET bytea_output = 'escape'; ALTER DATABASE guarded SET quote_all_identifiers = on;
         ALTER DATABASE guarded SET standard_conforming_strings = off;
         ALTER DATABASE guarded SET temp_file_limit = '1MB'; ALTER DATABASE guarded SET maintenance_work_mem = '1MB';
         CREATE TABLE long AS SELECT repeat(md5(n::text), 2) AS t FROM generate_series(1, 40000) n; CREATE INDEX ON long (t);
         CREATE TABLE item (id serial, b bytea DEFAULT '\\x00ff41', t text DEFAULT '\\x41');
         INSERT INTO item DEFAULT VALUES; COMMENT ON TABLE item IS 'back\\slash'; CREATE MATERIALIZED VIEW items AS SELECT * FROM item;
         CREATE TABLE log (tag text);
         CREATE FUNCTION log() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (tg_tag); END';
         CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no ticket for %'', tg_tag; END';
         CREATE EVENT TRIGGER log ON ddl_command_end EXECUTE FUNCTION log();
         CREATE EVENT TRIGGER forbid ON ddl_command_start EXECUTE FUNCTION forbid();
         COMMENT ON EVENT TRIGGER forbid IS 'x'",
    );
    let login = "CREATE EVENT TRIGGER login ON login EXECUTE FUNCTION log(); ALTER EVENT TRIGGER login ENABLE ALWAYS";
    if newest.major >= 17 {
        server.sql("guarded", login);
    }
    let backups = Backups::new();
    backups.put("one.sql", &dump(&server, "guarded"));
    backups.put("all.sql", &dump(&server, None));
    let bin = newest.bin.to_str().unwrap();
    backups.proves(&["--restore", "--pg-bin", bin, "one.sql", "all.sql"]);
}

/// "Roles named in" LATIN1: in the throwaway server's other databases, in UTF8, their names are no text.
#[test]
fn a_database_of_another_encoding_is_proven() {
    let server = Server::start();
    let create = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";
    server.sql("postgres", create);
    server.sql(
        "latin",
        "SET client_encoding = 'UTF8';
         CREATE ROLE \"größe\"; CREATE TABLE t AS SELECT 'ß' AS t; ALTER TABLE t OWNER TO \"größe\";
         CREATE ROLE app; ALTER FUNCTION plpgsql_call_handler() OWNER TO app;
         REVOKE EXECUTE ON FUNCTION plpgsql_call_handler() FROM PUBLIC",
    );
    let backups = Backups::new();
    backups.put("latin.sql", &dump(&server, "latin"));
    let all = server.command("pg_dumpall").args(["-l", "latin"]).run();
    backups.put("all.sql", &all.stdout);
    backups.proves(&["--restore", "latin.sql", "all.sql"]);
}

/// "What the machine lacks is never 'does not restore'": by SQLSTATE.
#[test]
fn what_only_the_machine_lacks_says_nothing_against_a_backup() {
    server().create_database("lacking");
    server().sql("lacking", "CREATE TABLE t (id int)");
    let dump = dump(server(), "lacking");
    #[rustfmt::skip]
    let cases = [
        ("CREATE FUNCTION public.f() RETURNS int LANGUAGE c AS '/nowhere', 'f';",
         "cannot be proven here: ERROR:  could not access file \"/nowhere\""),
        ("SET lc_monetary = 'xx_XX';",
         "cannot be proven here: ERROR:  invalid value for parameter \"lc_monetary\""),
        ("CREATE TABLE public.a (r regrole DEFAULT 'anna');",
         "cannot be proven here: ERROR:  role \"anna\" does not exist: only data name it"),
        ("CREATE TABLE public.r (t text) PARTITION BY RANGE (t);\n\
          CREATE TABLE public.r1 PARTITION OF public.r FOR VALUES FROM ('a') TO ('B');",
         "empty range bound specified for partition \"r1\": that may be for its locale, which no globals tell"),
        ("CREATE TABLE public.m (m money DEFAULT '1.234,56 €');",
         "how it reads depends on lc_monetary, and no dump tells that"),
        ("CREATE TABLE public.m (m money);\n\n\
          --\n-- Data for Name: m; Type: TABLE DATA; Schema: public; Owner: postgres\n--\n\n\
          COPY public.m (m) FROM stdin;\n1.234\n\\.\n",
         "cannot be proven here: public.m has other data when restored"),
        // Whether the role might more than the dump grants it no dump of one database tells.
        ("CREATE MATERIALIZED VIEW public.v AS SELECT id FROM public.t WITH NO DATA;\n\n\
          ALTER TABLE public.v OWNER TO app;\n\nREFRESH MATERIALIZED VIEW public.v;",
         "cannot be proven here: ERROR:  permission denied for table t (to a role that is made up, without its memberships)"),
        ("CREATE TABLE public.k AS SELECT 1 AS n FROM generate_series(1, 2);\n\
          CREATE UNIQUE INDEX locale_preload ON public.k (n);",
         "does not restore: ERROR:  could not create unique index \"locale_preload\""),
        ("CREATE MATERIALIZED VIEW public.v AS SELECT 1 / 0;", "does not restore: ERROR:  division by zero"),
    ];
    let cases = cases.map(|(sql, verdict)| (ending_with(&dump, sql), verdict));
    Backups::new().refuses_each(&cases);
}

/// "What a server reads through links that leave /usr": update-alternatives makes `PostGIS`'s control files such, and with
/// one that is not to be seen, no extension is.
#[test]
fn a_server_whose_files_are_links_to_elsewhere_is_seen_whole() {
    let usual = Installation::usual();
    let share = format!("/usr/share/postgresql/{}/extension", usual.major);
    let share = Path::new(&share);
    if skipped_without_root("to mount a directory") || !share.exists() {
        return;
    }
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(place.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let [there, linked] = ["there", "linked"].map(|name| place.path().join(name));
    let copy = |option: &str, from: &Path, to: &Path| {
        let mut cp = Command::new("cp");
        cp.args([option, "-T"]).args([from, to]).run().succeeds();
    };
    copy("-r", share, &there);
    copy("-rs", &there, &linked);
    let (linked, share) = (linked.display(), share.display());
    let mount = format!("mount --bind {linked} {share} && exec \"$@\"");
    let (backups, _) = Backups::of_items();
    let bin = usual.bin.display().to_string();
    let command = backups.command(SHELLS[0], &["--restore", "--pg-bin", &bin, "x.sql"]);
    let outer = ["unshare", "--mount", "sh", "-c", &mount, "sh"];
    wrapped(&outer, &command).run().succeeds();
    backups.assert_clean();
}
