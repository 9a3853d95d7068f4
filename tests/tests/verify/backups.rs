//! Backups to be verified, at a site of their own.

use cback_tests::{
    Finished, Run, SHELLS, Server, Shell, Site, as_user, assert_has, noon, server, tool,
};
pub(crate) use cback_tests::{dump, packed};
use std::ffi::OsString;
use std::fs;
use std::ops::Deref;
use std::os::unix::fs::{chown, symlink};
use std::process::{Command, Output};

/// The number of an account that owns nothing.
pub(crate) const NOBODY: u32 = 65534;

/// The end of the line about a backup that a restore has proven.
pub(crate) const SAME: &str = " and found the same rows and definitions\n";

/// A site with files for cback-pgverify.
pub(crate) struct Backups(Site);

impl Deref for Backups {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.0
    }
}

impl Backups {
    pub(crate) fn new() -> Self {
        Self::at(Site::new())
    }

    pub(crate) fn at(site: Site) -> Self {
        Self(site)
    }

    /// With `x.sql`, the dump of a new database with one table `item` of a hundred rows; and the dump.
    pub(crate) fn of_items() -> (Self, Vec<u8>) {
        let backups = Self::new();
        let name = backups.scratch().display().to_string();
        create_items(server(), &name);
        let dump = dump(server(), &*name);
        backups.put("x.sql", &dump);
        (backups, dump)
    }

    /// Makes the backups that its configuration means.
    #[track_caller]
    pub(crate) fn run_backup(&self, server: &Server) {
        self.0.run(server, SHELLS[0]).succeeds();
    }

    /// Configures a backup of each of the server's databases in a file of its own.
    pub(crate) fn configure_separate(&self) {
        self.configure_section(
            "<compress_mode>gzip</compress_mode><all>Y</all><separate>Y</separate>",
        );
    }

    /// The script under `shell`. It hears of a server that it has no business with.
    pub(crate) fn command(&self, shell: Shell, arguments: &[&str]) -> Command {
        let mut command = self.script(server(), shell, "cback-pgverify");
        command.env("TZ", noon()).args(arguments);
        command
    }

    /// A command of ours, run by that account, which gets the place for restores.
    pub(crate) fn by(&self, account: u32, command: &Command) -> Command {
        chown(self.scratch(), Some(account), None).unwrap();
        as_user(account, command)
    }

    /// PATH with all programs but that one.
    pub(crate) fn path_without(&self, program: &str) -> OsString {
        let others = self.path("others");
        fs::create_dir_all(&others).unwrap();
        for directory in ["/usr/bin", "/bin", "/usr/sbin", "/sbin"] {
            for entry in fs::read_dir(directory).unwrap().flatten() {
                if entry.file_name() != program {
                    // The first of a name is the one.
                    let _ = symlink(entry.path(), others.join(entry.file_name()));
                }
            }
        }
        let tools = tool("cback-pgdump").parent().unwrap().to_owned();
        std::env::join_paths([others, tools]).unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(SHELLS[0], arguments).run()
    }

    /// Backups that are good, and the lines that are printed for them.
    #[track_caller]
    pub(crate) fn proves(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        output.succeeds();
        self.assert_clean();
        output.printed()
    }

    /// Backups that are not, and what is said of that, in which `reason` has to be.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], reason: &str) -> String {
        let said = self.run(arguments).fails(1);
        assert_has(&said, reason);
        self.assert_clean();
        said
    }

    /// Dumps that one run restores, and refuses each for its own reason: when it is its turn, and again in the end.
    #[track_caller]
    pub(crate) fn refuses_each(&self, cases: &[(Vec<u8>, &str)]) {
        let names: Vec<_> = (0..cases.len()).map(|it| format!("{it}.sql")).collect();
        for (name, (dump, _)) in names.iter().zip(cases) {
            self.put(name, dump);
        }
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let all = format!("not proven, {0} of {0}:\n", cases.len());
        let said = self.refuses(&[&["--restore"], &*names].concat(), &all);
        for (name, (_, reason)) in names.iter().zip(cases) {
            let lines = said.lines().filter(|it| it.contains(&format!("/{name}: ")));
            let told = lines.filter(|it| it.contains(reason)).count();
            assert_eq!(told, 2, "{name}: {reason}: {said}");
        }
    }
}

/// A database with one table `item` of a hundred rows.
pub(crate) fn create_items(server: &Server, database: &str) {
    server.create_database(database);
    let items = "SELECT n AS id, 'item ' || n AS name FROM generate_series(1, 100) n";
    server.sql(database, &format!("CREATE TABLE item AS {items}"));
}

/// The dump with `sql` before `mark`, which has to be there.
pub(crate) fn with_sql_before(dump: &[u8], mark: &str, sql: &str) -> Vec<u8> {
    let text = String::from_utf8(dump.to_vec()).unwrap();
    let (before, after) = text.split_at(text.rfind(mark).unwrap());
    [before, sql, "\n\n", after].concat().into_bytes()
}

/// The dump with `sql` at its end.
pub(crate) fn ending_with(dump: &[u8], sql: &str) -> Vec<u8> {
    with_sql_before(dump, "--\n-- PostgreSQL database dump complete", sql)
}

/// A dump of [`create_items`]' with `sql` before its data.
pub(crate) fn with_sql(dump: &[u8], sql: &str) -> Vec<u8> {
    with_sql_before(dump, "--\n-- Data for Name: item;", sql)
}

/// A dump of [`create_items`]' that runs this PL/pgSQL for each row that is restored.
pub(crate) fn with_trigger(dump: &[u8], body: &str) -> Vec<u8> {
    let function = format!(
        "CREATE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql AS $act$\n\
         BEGIN\n{body}\nEND;\n$act$;\n\nALTER FUNCTION public.act() OWNER TO postgres;"
    );
    let trigger = "CREATE TRIGGER act BEFORE INSERT ON public.item FOR EACH ROW EXECUTE FUNCTION public.act();";
    let entries = [
        entry("act(); Type: FUNCTION", &function),
        entry("item act; Type: TRIGGER", trigger),
    ];
    with_sql(dump, &entries.concat())
}

/// An entry of a dump, as pg_dump writes it.
pub(crate) fn entry(title: &str, sql: &str) -> String {
    format!("--\n-- Name: {title}; Schema: public; Owner: postgres\n--\n\n{sql}\n\n\n")
}
