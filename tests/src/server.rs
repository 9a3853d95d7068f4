//! A PostgreSQL server that lives as long as a test does.
//!
//! A shell starts the server and reads a pipe that only the test process can write to; when that
//! ends, it stops the server and removes its directory. The pipe ends when the [`Server`] is
//! dropped, and just as well when the test process is killed or leaves it in a static; a
//! parent-death signal would come too early, with the end of the thread that happened to start
//! the server.

use crate::root::server_account;
use crate::{Finished, Installation, Run, as_user, end_of, run_with_input, wait_for};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// $1 is the directory, the other arguments start the server. Signals from a terminal do not end
/// the shell before it has cleaned up.
const KEEPER: &str = r#"
trap '' HUP INT TERM
directory=$1; shift
"$@" >"$directory/log" 2>&1 &
cat >/dev/null
kill -QUIT $! 2>/dev/null
wait $!
rm -rf "$directory"
"#;

/// The server that all tests of a process share. Names created in it are the test's own.
pub fn server() -> &'static Server {
    static SERVER: LazyLock<Server> = LazyLock::new(|| {
        let mut server = Server::start();
        server.is_shared = true;
        server
    });
    &SERVER
}

/// A server on a socket of its own, with the superuser `postgres` and no passwords.
pub struct Server {
    /// The version that runs.
    pub installation: Installation,
    directory: PathBuf,
    keeper: Child,
    is_shared: bool,
}

impl Server {
    /// Starts [`Installation::usual`].
    pub fn start() -> Self {
        Self::start_from(&Installation::usual())
    }

    /// Starts the server of this version, and returns when it accepts connections.
    pub fn start_from(installation: &Installation) -> Self {
        let directory = directory();
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(cluster(&installation.bin));
        copy.arg(directory.path()).run().succeeds();
        let keeper = keeper(
            directory.path(),
            &postgres(&installation.bin, directory.path()),
        );
        let mut server = Self {
            installation: installation.clone(),
            directory: directory.keep(),
            keeper,
            is_shared: false,
        };
        server.wait_until_ready();
        server
    }

    /// Whether a session is there that fulfils this SQL condition.
    pub fn has_session(&self, condition: &str) -> bool {
        let query = format!("SELECT count(*) FROM pg_stat_activity WHERE {condition}");
        self.sql("postgres", &query) != "0\n"
    }

    fn wait_until_ready(&mut self) {
        let pidfile = self.directory.join("data/postmaster.pid");
        let log = self.directory.join("log");
        // pg_ctl waits for the file's eighth line.
        wait_for("the server is ready", Duration::from_secs(300), || {
            let said = fs::read_to_string(&log).unwrap_or_default();
            assert!(!said.contains("FATAL:"), "it does not start: {said}");
            let lines = fs::read_to_string(&pidfile).unwrap_or_default();
            lines.lines().nth(7).is_some_and(|it| it.trim() == "ready")
        });
    }

    /// The directory of the server's socket, for PGHOST.
    pub fn host(&self) -> &Path {
        &self.directory
    }

    /// The programs of the server's own version.
    pub fn bin(&self) -> &Path {
        &self.installation.bin
    }

    /// `program`, told by the environment alone where the server is and that its user is
    /// `postgres`, with the clients of the server's version first on PATH, messages in English.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let names = std::env::vars_os().map(|(name, _)| name);
        for name in names.filter(|it| it.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        let mut path = self.bin().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command.env("PATH", path).env("LC_ALL", "C.UTF-8");
        command.env("PGHOST", self.host());
        command.envs([("PGPORT", "5432"), ("PGUSER", "postgres")]);
        command
    }

    /// [`Server::command`] of a shell that runs `script`.
    pub fn in_shell(&self, shell: &[&str], script: &Path) -> Command {
        let mut command = self.command(shell[0]);
        command.args(&shell[1..]).arg(script);
        command
    }

    /// Output of psql for `sql`: a line per row, columns parted by `|`.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.command(self.bin().join("psql"));
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        psql.env("PGDATABASE", database);
        let output = run_with_input(&mut psql, sql.as_bytes());
        let (succeeded, said) = (output.status.success(), output.said());
        assert!(succeeded, "psql, in {database:?}: {said}\n{sql}");
        String::from_utf8(output.stdout).expect("text from psql")
    }

    /// Creates an empty database of that very name: on the server that tests share as a template, which no other
    /// test's configuration is said to forget.
    pub fn create_database(&self, name: &str) {
        let quoted = name.replace('"', "\"\"");
        let is_template = self.is_shared;
        let create =
            format!("CREATE DATABASE \"{quoted}\" TEMPLATE template0 IS_TEMPLATE {is_template};");
        self.sql("postgres", &create);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        end_of(&mut self.keeper);
    }
}

/// `command`, run as a user who may run a server.
fn unprivileged(command: Command) -> Command {
    match server_account() {
        Some(number) => as_user(number, &command),
        None => command,
    }
}

/// A directory of that user's. It does not lie in TMPDIR, which may be long: a socket's path has 107 bytes at most.
fn directory() -> TempDir {
    let directory = tempfile::Builder::new().prefix("cback-").tempdir_in("/tmp");
    let directory = directory.expect("/tmp is writable");
    let mode = Permissions::from_mode(0o755);
    fs::set_permissions(directory.path(), mode).expect("a directory of our own");
    chown(directory.path(), server_account(), None).expect("root may give it away");
    directory
}

/// A cluster of that version to be copied, which takes half of initdb's time. It is removed when this process ends.
fn cluster(bin: &Path) -> PathBuf {
    static CLUSTERS: Mutex<Vec<(PathBuf, PathBuf, Child)>> = Mutex::new(vec![]);
    let mut clusters = CLUSTERS.lock().expect("initdb succeeds");
    if let Some((_, cluster, _)) = clusters.iter().find(|it| it.0 == bin) {
        return cluster.clone();
    }
    let directory = directory();
    initdb(bin, directory.path());
    let keeper = keeper(directory.path(), &Command::new("true"));
    let cluster = directory.keep().join("data");
    clusters.push((bin.to_owned(), cluster.clone(), keeper));
    cluster
}

fn initdb(bin: &Path, directory: &Path) {
    let mut initdb = Command::new(bin.join("initdb"));
    initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8"]);
    // A segment of the log is written in whole: of 16 MB each, it would take most of the time.
    initdb.args(["--locale=C", "--no-sync", "--wal-segsize=1", "-D"]);
    initdb.arg(directory.join("data")).current_dir(directory);
    unprivileged(initdb).run().succeeds();
}

fn postgres(bin: &Path, directory: &Path) -> Command {
    let mut server = Command::new(bin.join("postgres"));
    server.arg("-D").arg(directory.join("data"));
    server.arg("-k").arg(directory);
    server.args(["-p", "5432", "-c", "listen_addresses=", "-c", "fsync=off"]);
    unprivileged(server)
}

/// Runs `command`, and removes the directory in the end.
fn keeper(directory: &Path, command: &Command) -> Child {
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(directory);
    keeper.arg(command.get_program()).args(command.get_args());
    keeper.current_dir(directory).process_group(0);
    let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    keeper.expect("sh runs")
}
