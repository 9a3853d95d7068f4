//! Backups to be restored, and a server to restore them into.

use cback_tests::{Finished, Process, Run, SHELLS, Server, Shell, script, shim, tool};
pub(crate) use cback_tests::{dump, globals, packed};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

/// A directory of backups, one that is the script's TMPDIR, and a new server.
pub(crate) struct Place {
    top: TempDir,
    pub(crate) server: Server,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Server::start())
    }

    pub(crate) fn with(server: Server) -> Self {
        let top = tempfile::Builder::new().prefix("cback-restore-").tempdir();
        let top = top.unwrap();
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for directory in ["scratch", "bin"] {
            fs::create_dir(top.path().join(directory)).unwrap();
        }
        Self { top, server }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Puts an sh script in place of `program`.
    pub(crate) fn replace(&self, program: &str, script: &str) {
        shim(&self.path("bin").join(program), script);
    }

    /// The script under `shell`, among the backups.
    pub(crate) fn command(&self, shell: Shell, arguments: &[&str]) -> Command {
        let mut command = self.server.in_shell(shell, &script("cback-pgrestore"));
        let tools = tool("cback-pgdump").parent().unwrap().to_owned();
        let usual = std::env::var_os("PATH").unwrap();
        let mut path = vec![self.path("bin"), tools, self.server.bin().to_owned()];
        path.extend(std::env::split_paths(&usual));
        command.env("PATH", std::env::join_paths(path).unwrap());
        command
            .env("TMPDIR", self.path("scratch"))
            .current_dir(self.top.path());
        command
            .env("CBACK_TEST_MARK", self.top.path())
            .args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(SHELLS[0], arguments).run()
    }

    /// One that goes through, and its last line.
    #[track_caller]
    pub(crate) fn restores(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        output.succeeds();
        let printed = output.printed();
        assert!(printed.starts_with("restored "), "{printed}");
        self.assert_clean();
        printed
    }

    /// One that does not, for this `reason`, and what is said. The server is as it was.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], reason: &str) -> String {
        let before = self.state();
        let output = self.run(arguments);
        let said = output.fails(1);
        assert!(said.contains(reason), "{said}");
        assert!(output.stdout.is_empty(), "{}", output.printed());
        self.assert_clean();
        assert_eq!(self.state(), before, "{said}");
        said
    }

    /// All that a restore could change beside its own database.
    pub(crate) fn state(&self) -> String {
        self.server.sql(
            "postgres",
            "SELECT 'database', datname, datdba::regrole, datacl, datconnlimit FROM pg_database ORDER BY datname;
             SELECT 'role', rolname, rolsuper, rolcreaterole, rolcanlogin, rolpassword, rolvaliduntil FROM pg_authid ORDER BY 2;
             SELECT 'member', roleid::regrole, member::regrole FROM pg_auth_members ORDER BY 2, 3;
             SELECT 'setting', setrole::regrole, setdatabase, setconfig FROM pg_db_role_setting ORDER BY 2, 3;
             SELECT 'tablespace', spcname FROM pg_tablespace ORDER BY 2;
             SELECT 'relation', relname FROM pg_class WHERE oid >= 16384 ORDER BY 2",
        )
    }

    /// No process of ours lives, and no file of ours is there.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        let mut left = String::new();
        for _ in 0..600 {
            let files = fs::read_dir(self.path("scratch")).unwrap().flatten();
            let files: Vec<_> = files.map(|it| it.path()).collect();
            left = format!("{files:?} {:?}", self.alive());
            if left == "[] []" {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("left: {left}");
    }

    pub(crate) fn alive(&self) -> Vec<Process> {
        let mark = format!("CBACK_TEST_MARK={}", self.top.path().display());
        Process::with_variable(&mark)
    }
}

/// The plain dump of all of them.
pub(crate) fn dump_all(server: &Server) -> Vec<u8> {
    dump(server, None)
}

/// A database with one table `item` of a hundred rows, and its dump.
pub(crate) fn items(server: &Server, database: &str) -> Vec<u8> {
    server.create_database(database);
    let rows = "SELECT n AS id, 'item ' || n AS name FROM generate_series(1, 100) n";
    server.sql(
        database,
        &format!("CREATE TABLE item AS {rows}; ALTER TABLE item ADD PRIMARY KEY (id)"),
    );
    dump(server, database)
}
