//! Backups to be restored, and a server to restore them into.

use cback_tests::{Finished, Run, SHELLS, Server, Shell, Site, assert_has};
pub(crate) use cback_tests::{dump, globals, packed};
use std::ops::Deref;
use std::process::{Command, Output};

/// A site with files for cback-pgrestore, and a new server.
pub(crate) struct Place {
    site: Site,
    pub(crate) server: Server,
}

impl Deref for Place {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Server::start())
    }

    pub(crate) fn with(server: Server) -> Self {
        Self {
            site: Site::new(),
            server,
        }
    }

    /// The script under `shell`, among the backups.
    pub(crate) fn command(&self, shell: Shell, arguments: &[&str]) -> Command {
        let mut command = self.script(&self.server, shell, "cback-pgrestore");
        command.args(arguments);
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
        assert_has(&said, reason);
        assert_eq!(output.printed(), "");
        self.assert_clean();
        assert_eq!(self.state(), before, "{said}");
        said
    }

    /// [`Server::sql`] in the database that every server has.
    #[track_caller]
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.server.sql("postgres", sql)
    }

    /// All that a restore could change beside its own database.
    pub(crate) fn state(&self) -> String {
        self.sql(
            "SELECT 'database', datname, datdba::regrole, datacl, datconnlimit FROM pg_database ORDER BY datname;
             SELECT 'role', rolname, rolsuper, rolcreaterole, rolcanlogin, rolpassword, rolvaliduntil FROM pg_authid ORDER BY 2;
             SELECT 'member', roleid::regrole, member::regrole FROM pg_auth_members ORDER BY 2, 3;
             SELECT 'setting', setrole::regrole, setdatabase, setconfig FROM pg_db_role_setting ORDER BY 2, 3;
             SELECT 'tablespace', spcname FROM pg_tablespace ORDER BY 2;
             SELECT 'relation', relname FROM pg_class WHERE oid >= 16384 ORDER BY 2",
        )
    }
}

/// A database with one table `item` of a hundred rows, and its dump.
pub(crate) fn items(server: &Server, database: &str) -> Vec<u8> {
    items_and(server, database, "")
}

/// [`items`], of which these statements change something.
pub(crate) fn items_and(server: &Server, database: &str, statements: &str) -> Vec<u8> {
    server.create_database(database);
    server.sql(
        database,
        &format!(
            "CREATE TABLE item AS SELECT n AS id, 'item ' || n AS name FROM generate_series(1, 100) n;
             ALTER TABLE item ADD PRIMARY KEY (id); {statements}"
        ),
    );
    dump(server, database)
}

/// The dump, which is text, with these statements at its end.
pub(crate) fn ending_with(dump: &[u8], statements: &str) -> Vec<u8> {
    let text = String::from_utf8(dump.to_vec()).unwrap();
    let end = text.rfind("\n--\n-- PostgreSQL database").unwrap();
    let (before, after) = text.split_at(end);
    format!("{before}\n{statements}\n{after}").into_bytes()
}
