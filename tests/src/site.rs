//! A place where backups are made, and where they are verified and restored: a cback3 configuration and its
//! `collect_dir`, files beside it, programs in the place of others, and a TMPDIR.

use crate::processes::has_variable;
use crate::root::id;
use crate::{Process, Run, Server, path_with_tools, run, script, wait_for};
use quick_xml::escape::escape;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

/// In the environment of all that a site runs, so that a test finds what was left running.
const MARK: &str = "CBACK_TEST_SITE";

/// The list of what a backup consists of, which lies beside it.
pub const LIST: &str = "postgresqldump.sha256";

/// A whole cback3 configuration with the directories it names, in a temporary directory that is
/// removed when this is dropped.
pub struct Site {
    top: TempDir,
    user: String,
    group: String,
    options: String,
    sections: String,
}

#[allow(clippy::new_without_default)] // a directory is made, which no default does
impl Site {
    /// A site whose backups belong to whoever runs the test.
    pub fn new() -> Self {
        Self::owned_by(&id(&["-un"]), &id(&["-gn"]))
    }

    /// A site that backs up these databases, or all where there are none, with this compress mode.
    pub fn with(mode: &str, databases: &[&str]) -> Self {
        let site = Self::new();
        site.configure(mode, databases);
        site
    }

    /// A site with this `backup_user` and `backup_group`.
    pub fn owned_by(user: &str, group: &str) -> Self {
        let top = tempfile::Builder::new().prefix("cback-site-").tempdir();
        let top = top.expect("room for a site");
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).expect("ours");
        for directory in ["collect", "work", "stage", "etc", "scratch"] {
            fs::create_dir(top.path().join(directory)).expect("room for a site");
        }
        fs::write(top.path().join("etc/some.conf"), "something to collect\n").expect("room");
        Self {
            top,
            user: user.to_owned(),
            group: group.to_owned(),
            options: String::new(),
            sections: String::new(),
        }
    }

    /// `backup_user:backup_group`.
    pub(crate) fn owner(&self) -> String {
        format!("{}:{}", self.user, self.group)
    }

    /// Adds XML to the `<options>` section; [`Site::configure`] comes after.
    pub fn add_option(&mut self, xml: &str) {
        self.options.push_str(xml);
    }

    /// Adds a whole section, such as `<extensions>`.
    pub fn add_section(&mut self, xml: &str) {
        self.sections.push_str(xml);
    }

    /// Has `command` run as `path`, by Cedar's `<override>`.
    pub fn override_command(&mut self, command: &str, path: &Path) {
        let (command, path) = (format!("<command>{command}</command>"), path.display());
        self.add_option(&format!(
            "<override>{command}<abs_path>{path}</abs_path></override>"
        ));
    }

    /// Has the sh script `shim` stand in for pg_dump; [`Site::configure`] comes after.
    pub fn replace_pg_dump(&mut self, shim: &str) {
        let shim = self.shim("shim-for-pg_dump", shim);
        self.override_command("pg_dump", &shim);
    }

    /// A lock on the file `gate`. A shim waits for its end, when this is dropped, by
    /// `flock --shared "${0%/*}/gate" true`.
    pub fn closed_gate(&self) -> File {
        let gate = File::create(self.path("gate")).expect("room for a file");
        flock(&gate, FlockOperation::LockExclusive).expect("a file of ours");
        gate
    }

    /// Gives the configuration, `collect_dir` and the backups in it to the user and the group of that
    /// number. Only root may.
    pub fn give_to(&self, number: u32) {
        let backups = self.listing();
        let backups = backups.iter().map(|name| self.collect_dir().join(name));
        for path in backups.chain([self.collect_dir(), self.config()]) {
            chown(path, Some(number), Some(number)).expect("root may give files away");
        }
    }

    /// Writes the configuration: compress mode `mode`, the databases, or all where there are none.
    pub fn configure(&self, mode: &str, databases: &[&str]) {
        let all = if databases.is_empty() { "Y" } else { "N" };
        let mode = format!("<compress_mode>{mode}</compress_mode>");
        let mut section = format!("<user>postgres</user>{mode}<all>{all}</all>");
        let names = databases.iter().map(|name| escape(*name));
        section.extend(names.map(|name| format!("<database>{name}</database>")));
        self.configure_section(&section);
    }

    /// Writes the configuration with `section` inside `<postgresql>`.
    pub fn configure_section(&self, section: &str) {
        let (sections, options) = (&self.sections, &self.options);
        let (user, group, top) = (&self.user, &self.group, self.top.path().display());
        let text = format!(
            "<?xml version=\"1.0\"?>
<cb_config>
   <reference><author>a test</author></reference>
   {sections}
   <options>
      <starting_day>tuesday</starting_day>
      <working_dir>{top}/work</working_dir>
      <backup_user>{user}</backup_user>
      <backup_group>{group}</backup_group>
      <rcp_command>/usr/bin/scp -B</rcp_command>
      {options}
   </options>
   <collect>
      <collect_dir>{top}/collect</collect_dir>
      <collect_mode>daily</collect_mode>
      <archive_mode>tar</archive_mode>
      <ignore_file>.cbignore</ignore_file>
      <dir><abs_path>{top}/etc</abs_path></dir>
   </collect>
   <postgresql>{section}</postgresql>
</cb_config>
"
        );
        fs::write(self.config(), text).expect("room for the configuration");
        fs::set_permissions(self.config(), fs::Permissions::from_mode(0o600)).expect("ours");
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path("cback3.conf")
    }

    /// Where backups appear.
    pub fn collect_dir(&self) -> PathBuf {
        self.path("collect")
    }

    /// A file beside the configuration, for shims and the like.
    pub fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    /// The TMPDIR of [`Site::script`].
    pub fn scratch(&self) -> PathBuf {
        self.path("scratch")
    }

    /// Writes a file that all may read, such as a backup; its directory is made.
    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in one of ours")).expect("room");
        fs::write(&path, bytes).expect("room for a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("ours");
        path
    }

    /// Writes an executable sh script, for an override's `abs_path`.
    pub fn shim(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path(name);
        run::shim(&path, script);
        path
    }

    /// Puts an sh script in place of `program` for the site's commands, which find it first on PATH.
    pub fn replace(&self, program: &str, script: &str) {
        fs::create_dir_all(self.path("bin")).expect("room for a directory");
        self.shim(&format!("bin/{program}"), script);
    }

    /// `scripts/cback-postgresql --config ...` under `shell`, against `server`.
    pub fn command(&self, server: &Server, shell: &[&str]) -> Command {
        let mut command = self.marked(server.in_shell(shell, &script("cback-postgresql")), server);
        command.arg("--config").arg(self.config());
        command
    }

    /// `scripts/NAME` under `shell`, where the site is the working directory and has the TMPDIR.
    pub fn script(&self, server: &Server, shell: &[&str], name: &str) -> Command {
        let mut command = self.marked(server.in_shell(shell, &script(name)), server);
        command.env("TMPDIR", self.scratch());
        command.current_dir(self.top.path());
        command
    }

    fn marked(&self, mut command: Command, server: &Server) -> Command {
        let mut path = self.path("bin").into_os_string();
        path.push(":");
        path.push(path_with_tools(server));
        command.env("PATH", path);
        self.mark(&mut command);
        command
    }

    /// Runs [`Site::command`] to its end.
    #[track_caller]
    pub fn run(&self, server: &Server, shell: &[&str]) -> Output {
        self.command(server, shell).run()
    }

    /// Has [`Site::alive`] know `command` and all that it starts.
    pub fn mark(&self, command: &mut Command) {
        command.env(MARK, self.top.path());
    }

    /// Processes that a command of the site, or another that was marked, has left or still runs. In a box the environment
    /// is another one: what runs there works in the scratch directory, or sees a mount of it.
    pub fn alive(&self) -> Vec<Process> {
        let mark = format!("{MARK}={}", self.top.path().display());
        let name = self.top.path().file_name().expect("a directory").display();
        let box_of_ours = format!("{name}/scratch/cback-pgverify.");
        Process::find(|of| {
            has_variable(of, &mark)
                || fs::read_link(of.join("cwd")).is_ok_and(|it| it.starts_with(self.scratch()))
                || fs::read_to_string(of.join("mountinfo"))
                    .is_ok_and(|it| it.contains(&box_of_ours))
        })
    }

    /// Processes, and files in TMPDIR: a script may leave none behind.
    pub fn left(&self) -> Vec<String> {
        let files = fs::read_dir(self.scratch()).expect("ours").flatten();
        let files = files.map(|it| it.path().display().to_string());
        self.processes().into_iter().chain(files).collect()
    }

    /// "Nothing is left behind, whatever happens": a process on its way out has time for it.
    #[track_caller]
    pub fn assert_clean(&self) {
        wait_for("nothing is left", Duration::from_secs(300), || {
            self.left().is_empty()
        });
    }

    /// [`Site::alive`] by number and command line.
    pub fn processes(&self) -> Vec<String> {
        self.alive().into_iter().map(|it| it.line).collect()
    }

    /// The bytes of the backup `name`.
    #[track_caller]
    pub fn backup(&self, name: &str) -> Vec<u8> {
        let path = self.collect_dir().join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The names of all that lies in `collect_dir`, hidden or not, in order; but not [`LIST`].
    pub fn listing(&self) -> Vec<String> {
        let entries = fs::read_dir(self.collect_dir()).expect("collect_dir");
        let names = entries.map(|it| it.expect("an entry").file_name());
        let names = names.map(|it| it.display().to_string());
        let mut names: Vec<_> = names.filter(|it| it != LIST).collect();
        names.sort();
        names
    }
}
