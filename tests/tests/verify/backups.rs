//! Backups to be verified, and the directory where their restores take place.

use cback_tests::{
    Finished, Process, Run, SHELLS, Server, Shell, as_user, noon, script, server, shim, tool,
    wait_for,
};
pub(crate) use cback_tests::{dump, packed};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

/// The number of an account that owns nothing.
pub(crate) const NOBODY: u32 = 65534;

/// A directory of backups, and an empty one that is cback-pgverify's TMPDIR.
pub(crate) struct Backups {
    directory: TempDir,
    scratch: TempDir,
}

impl Backups {
    pub(crate) fn new() -> Self {
        Self {
            directory: open_directory(),
            scratch: open_directory(),
        }
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Where restores take place.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path
    }

    /// The script under `shell`, in the directory of the backups.
    pub(crate) fn command(&self, shell: Shell, arguments: &[&str]) -> Command {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(script("cback-pgverify"));
        let tools = tool("cback-pgdump").parent().unwrap().display().to_string();
        let path = std::env::var("PATH").unwrap();
        command.env(
            "PATH",
            format!("{}:{tools}:{path}", self.path("bin").display()),
        );
        command
            .env("TMPDIR", self.scratch())
            .env("CBACK_TEST_MARK", self.scratch())
            .envs([("LC_ALL", "C.UTF-8"), ("TZ", noon())]);
        command.args(arguments).current_dir(self.directory.path());
        command
    }

    /// Puts an sh script in place of `program` for [`Backups::command`].
    pub(crate) fn replace(&self, program: &str, script: &str) {
        fs::create_dir_all(self.path("bin")).unwrap();
        shim(&self.path("bin").join(program), script);
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
        assert!(said.contains(reason), "{said}");
        self.assert_clean();
        said
    }

    /// No process lives that is in a box of ours or names its directory, and that is empty.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        wait_for("nothing is left", Duration::from_secs(300), || {
            self.left().is_empty()
        });
    }

    /// Processes, by number and command line, and files in the scratch directory.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut left: Vec<_> = self.alive().into_iter().map(|it| it.line).collect();
        let entries = fs::read_dir(self.scratch()).unwrap();
        left.extend(entries.map(|entry| entry.unwrap().path().display().to_string()));
        left
    }

    pub(crate) fn alive(&self) -> Vec<Process> {
        let mut alive = self.started();
        alive.extend(Process::with_mount(self.scratch()));
        alive
    }

    /// Processes with an environment from us, and bwrap, which has none. In a box it is another one.
    pub(crate) fn started(&self) -> Vec<Process> {
        let mark = format!("CBACK_TEST_MARK={}", self.scratch().display());
        let mut started = Process::with_variable(&mark);
        let numbers: Vec<_> = started.iter().map(number).collect();
        let mut bwrap = Process::with_argument(Path::new("/tools/cback-pgrestore"));
        bwrap.retain(|it| it.name == "bwrap" && numbers.contains(&figure_of(it, "PPid:")));
        started.extend(bwrap);
        started
    }
}

fn number(process: &Process) -> usize {
    process.pid.as_raw_pid().unsigned_abs() as usize
}

/// From its status in /proc; 0 of one that is gone.
pub(crate) fn figure_of(process: &Process, name: &str) -> usize {
    let path = format!("/proc/{}/status", process.pid.as_raw_pid());
    let status = fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.map_or(0, |word| word.parse().unwrap())
}

/// A directory that everybody may look into.
fn open_directory() -> TempDir {
    let directory = tempfile::Builder::new()
        .prefix("cback-verify-")
        .tempdir()
        .unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

/// A database with one table `item` of a hundred rows.
pub(crate) fn create_items(server: &Server, database: &str) {
    server.create_database(database);
    server.sql(
        database,
        "CREATE TABLE item AS SELECT n AS id, 'item ' || n AS name FROM generate_series(1, 100) n",
    );
}

/// A dump of [`create_items`]' with `sql` before its data.
pub(crate) fn with_sql(dump: &[u8], sql: &str) -> Vec<u8> {
    let text = String::from_utf8(dump.to_vec()).unwrap();
    let (before, after) = text.split_once("--\n-- Data for Name: item;").unwrap();
    format!("{before}{sql}\n\n--\n-- Data for Name: item;{after}").into_bytes()
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
