//! Where the script, its tools and its caller are.

use cback_tests::{
    Finished, Run, Shell, Site, as_user, copy_programs, in_each_shell, path_with_tools, script,
    server, skip, skipped_without_root, wrapped,
};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

in_each_shell!(
    the_tools_beside_the_script_come_before_those_on_path,
    a_missing_tool_is_named,
    a_default_configuration_that_is_missing_points_to_the_example,
    relative_names_mean_the_callers_directory,
    a_current_directory_that_cannot_be_entered_is_no_matter,
);

/// "Finds the tools beside itself first, then on PATH": where there is no PATH, and no other variable but the server's, as
/// under `env -i` and some service managers, and where there are wrong ones on it; itself is where a link leads.
fn the_tools_beside_the_script_come_before_those_on_path(shell: Shell) {
    let mut site = Site::new();
    let installed = site.path("installed");
    copy_programs(&installed, &installed);
    site.override_command("pg_dump", &server().bin().join("pg_dump"));
    site.configure("none", &["postgres"]);
    let linked = site.path("linked");
    symlink(installed.join("cback-postgresql"), &linked).unwrap();
    let which = Command::new("which").arg(shell[0]).prints();
    let mut command = Command::new(which.trim_end());
    command.args(&shell[1..]).arg(linked);
    command.arg("--config").arg(site.config());
    let command = command.env_clear().env("PGHOST", server().host());
    command.run().succeeds();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt"]);
    let wrong = site.shim("cback-compress", "exit 1");
    command.env("PATH", before_path(&wrong)).run().succeeds();
}

/// bash looks for a script on PATH, and says then not where it was.
#[test]
fn nothing_is_taken_from_the_current_directory() {
    let site = Site::new();
    site.shim("getopt", "echo from here >&2; exit 1");
    let mut command = server().in_shell(&["bash"], Path::new("cback-postgresql"));
    command.env("PATH", before_path(&script("cback-postgresql")));
    command.arg("--version").current_dir(site.path(""));
    assert!(command.prints().starts_with("cback-postgresql "));
}

/// PATH with everything on it, and the directory of `program` first.
fn before_path(program: &Path) -> OsString {
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(path_with_tools(server()));
    path
}

fn a_missing_tool_is_named(shell: Shell) {
    let site = Site::new();
    let mut command = site.command(server(), shell);
    let said = command.env("PATH", "/usr/bin:/bin").run().fails(1);
    assert_eq!(said, "cback-postgresql: cback-pgconf not found\n");
}

/// Installed as `scripts/install` does.
fn a_default_configuration_that_is_missing_points_to_the_example(shell: Shell) {
    if fs::exists("/etc/cback3.conf").unwrap() {
        return skip("this machine has a configuration");
    }
    let site = Site::new();
    copy_programs(&site.path("bin"), &site.path("bin"));
    let examples = site.path("share/doc/cback-postgresql/examples");
    fs::create_dir_all(&examples).unwrap();
    let mut command = server().in_shell(shell, &site.path("bin/cback-postgresql"));
    let said = command.run().fails(1);
    let is_whole = said.contains("/etc/cback3.conf") && !said.contains("example");
    assert!(is_whole, "{said}");
    fs::write(examples.join("cback-postgresql.conf"), "").unwrap();
    let said = command.run().fails(1);
    let hint = "cback-postgresql: hint: there is an example, ";
    let path = said.lines().last().unwrap().strip_prefix(hint);
    let is_there = path.is_some_and(|it| fs::exists(it).unwrap());
    assert!(is_there && !said.contains(".."), "{said}");
}

/// Also those in libpq's variables.
fn relative_names_mean_the_callers_directory(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let service = format!("[here]\nhost={}\nport=5432\n", server().host().display());
    fs::write(site.path("services"), service).unwrap();
    let mut command = site.command(server(), shell);
    command.args(["--config", "cback3.conf"]);
    command.current_dir(site.path(""));
    command.env_remove("PGHOST").env_remove("PGPORT");
    command.envs([("PGSERVICEFILE", "services"), ("PGSERVICE", "here")]);
    command.run().succeeds();
}

fn a_current_directory_that_cannot_be_entered_is_no_matter(shell: Shell) {
    if skipped_without_root("nobody else may leave root's directory behind") {
        return;
    }
    let site = Site::with("none", &["postgres"]);
    site.give_to(65_534);
    let closed = site.path("closed");
    fs::create_dir(&closed).unwrap();
    let mut command = as_user(65_534, &site.command(server(), shell));
    command.arg("--quiet").current_dir(closed);
    let closing = ["sh", "-c", "chmod 700 . && exec \"$@\"", "sh"];
    assert_eq!(wrapped(&closing, &command).run().succeeds(), "");
}
