//! `--plan`: what a restore needs of a dump, a file for each step.

use crate::limits::lines;
use crate::{PROGRAM, TIMEOUT, dump, with_cluster_text, with_text};
use cback_tests::{Finished, Run, Server, installations, run_with_input, without_keys, wrapped};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

/// A database's name that has to be quoted in all ways.
pub(crate) const SHOP: &str = "Shop \"a\" 'b' \\ :c =d";

/// A server of each version with a database about which all is said that can be said; only read.
pub(crate) static SHOPS: LazyLock<Vec<Server>> = LazyLock::new(|| {
    let servers = installations().into_iter().map(|it| {
        let server = Server::start_from(&it);
        server.sql("postgres", include_str!("../shop.sql"));
        server.sql(SHOP, include_str!("../goods.sql"));
        server
    });
    servers.collect()
});

/// The plan of a dump, and its directory.
pub(crate) struct Plan {
    directory: TempDir,
    pub(crate) output: Output,
}

impl Plan {
    /// By `--check --plan ARGUMENTS`, of the database, if one is named.
    pub(crate) fn of(dump: &[u8], one: Option<&str>, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("room");
        let mut command = Command::new(PROGRAM);
        command
            .arg("--check")
            .args(arguments)
            .arg("--plan")
            .arg(directory.path());
        if let Some(database) = one {
            command.arg("--one").env("PGDATABASE", database);
        }
        let output = run_with_input(&mut wrapped(TIMEOUT, &command), dump);
        Self { directory, output }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    #[track_caller]
    pub(crate) fn file(&self, file: &str) -> String {
        self.output.succeeds();
        let text = fs::read(self.path(file)).expect(file);
        String::from_utf8_lossy(&text).into_owned()
    }

    #[track_caller]
    pub(crate) fn names(&self, file: &str) -> Vec<String> {
        let names = self.file(file);
        names.split_terminator('\0').map(str::to_owned).collect()
    }

    /// Output of `--script`.
    pub(crate) fn script(&self, file: &str, dump: &[u8], arguments: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.arg("--script").arg(self.path(file)).args(arguments);
        run_with_input(&mut wrapped(TIMEOUT, &command), dump)
    }
}

/// The statements of SQL, without the keys and the comments of a dump.
fn statements(sql: &[u8]) -> String {
    let text = String::from_utf8_lossy(&without_keys(sql)).into_owned();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("--"));
    lines.collect::<Vec<_>>().join("\n")
}

/// It is planned, told and copied as its own dump is, which pg_dump has made with `--create`.
#[test]
fn one_database_of_a_cluster_is_as_its_own_dump() {
    for server in SHOPS.iter() {
        let own = dump(server, "pg_dump", &["--create", &connection(SHOP)]);
        for options in [&[][..], &["--clean", "--if-exists"]] {
            let all = dump(server, "pg_dumpall", options);
            let [own_plan, plan] = [&own, &all].map(|it| Plan::of(it, Some(SHOP), &[]));
            for file in [
                "tables",
                "needs",
                "needed-tablespaces",
                "create.sql",
                "configure.sql",
                "settle.sql",
                "lacks.sql",
            ] {
                let [told, own] = [&plan, &own_plan].map(|it| statements(it.file(file).as_bytes()));
                assert_eq!(told, own, "{file}");
            }
            assert_eq!(plan.output.printed(), "");
            let body = |plan: &Plan, dump| statements(&plan.script("script", dump, &[]).stdout);
            assert_eq!(body(&plan, &all), body(&own_plan, &own));
            assert!(body(&plan, &all).contains("CREATE TABLE public.goods"));
        }
    }
}

#[test]
fn a_database_that_is_not_in_the_dump_is_named_and_nothing_is_planned() {
    let server = &SHOPS[0];
    let text = |name: &str, of: &str| {
        format!("cback-pgdump: there is no database {name} in this dump{of}\n")
    };
    let all = dump(server, "pg_dumpall", &[]);
    let created = dump(server, "pg_dump", &["--create", "postgres"]);
    let unnamed = dump(server, "pg_dump", &["postgres"]);
    let end = "--\n-- PostgreSQL database dump complete\n--\n\n";
    let sections = lines(30, |n| {
        format!("\\connect d{n}\n\n--\n-- PostgreSQL database dump\n--\n\n{end}")
    });
    let many = with_cluster_text(&sections);
    let shown = SHOP.replace('\\', "\\\\");
    for (dump, of) in [
        (all, format!("; it has template1, {shown}, postgres")),
        (created, "; it has postgres".to_owned()),
        (unnamed, ", which does not tell the name of any".to_owned()),
        (
            many,
            "; it has d0, d1, d2, d3, d4, d5, d6, d7, d8, d9 and 20 more".to_owned(),
        ),
    ] {
        let plan = Plan::of(&dump, Some("no\nsuch"), &[]);
        assert_eq!(plan.output.fails(1), text("no\\nsuch", &of));
        assert!(plan.output.stdout.is_empty() && !plan.path("script").exists());
    }
}

/// A connection string, since pg_dump takes some names for one.
pub(crate) fn connection(database: &str) -> String {
    let escaped = database.replace('\\', "\\\\").replace('\'', "\\'");
    format!("dbname='{escaped}'")
}

/// As `--use-set-session-authorization` writes it: who creates a database owns it, and grants in its own name.
#[test]
fn statements_that_are_run_as_another_role_are_its_own() {
    let text = "SET client_encoding = 'UTF8';\nSET SESSION AUTHORIZATION 'it''s';\n\
        CREATE DATABASE d;\nALTER DATABASE d CONNECTION LIMIT = 5;\nGRANT CONNECT ON DATABASE d TO x;\n\
        RESET SESSION AUTHORIZATION;\nREVOKE CONNECT ON DATABASE d FROM y;\nDROP DATABASE d;\n";
    let plan = Plan::of(&with_text(text), None, &[]);
    let name = ":\"cback_database\"";
    let create = format!("CREATE DATABASE {name};\nALTER DATABASE {name} OWNER TO \"it's\";\n");
    assert!(
        plan.file("create.sql").ends_with(&create),
        "{}",
        plan.file("create.sql")
    );
    let settle = format!(
        "ALTER DATABASE {name} CONNECTION LIMIT = 5;\nSET SESSION AUTHORIZATION 'it''s';\n\
         GRANT CONNECT ON DATABASE {name} TO x;\nRESET SESSION AUTHORIZATION;\n\
         REVOKE CONNECT ON DATABASE {name} FROM y;\n"
    );
    assert!(
        plan.file("settle.sql").ends_with(&settle),
        "{}",
        plan.file("settle.sql")
    );
    assert_eq!(plan.names("needs"), ["it's", "x", "y"]);
}

/// Whatever is in a dump: an assignment a line, safe for a shell, and short.
#[test]
fn facts_are_short_and_safe() {
    let evil = "x'$(touch evil)`touch evil`\\\";touch evil\n";
    let long = "y".repeat(20_000);
    let one = with_text(&format!(
        "-- Dumped from database version {evil}-- Dumped by pg_dump version {long}\n\
         SET client_encoding = '{}{long}';\n",
        evil.replace('\'', "''")
    ));
    let cluster = with_cluster_text(&format!("ALTER ROLE \"{long}\" WITH SUPERUSER;\n"));
    let quoted = with_cluster_text(&format!(
        "ALTER ROLE \"{}\" WITH SUPERUSER;\n",
        evil.replace('"', "\"\"")
    ));
    for dump in [one, cluster, quoted] {
        let plan = Plan::of(&dump, None, &[]);
        assert!(plan.file("facts").len() < 800, "{}", plan.file("facts"));
        let mut sh = Command::new("sh");
        sh.args(["-euc", ". ./facts; echo $kind; ls"])
            .current_dir(plan.path(""));
        let files = sh.prints();
        assert!(
            !files.contains("evil") && files.contains("facts"),
            "{files}"
        );
    }
}

/// The file that `--script` reads may be another.
#[test]
fn steps_are_no_program_of_others() {
    let dump = dump(&SHOPS[0], "pg_dump", &["postgres"]);
    let plan = Plan::of(&dump, None, &[]);
    fs::write(plan.path("script"), "5 0\nremove all\n").expect("room");
    let said = plan.script("script", &dump, &[]).fails(1);
    assert!(said.ends_with("script: no step of a plan\n"), "{said}");
}
