//! The script's own command line, and what it refuses before it connects to anything.

use cback_tests::{
    Finished, Shell, Site, in_each_shell, path_with_tools, script, server, shim,
    skipped_without_root, tool, wrapped,
};
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Once;

in_each_shell!(
    a_line_per_backup_tells_database_file_size_and_seconds,
    quiet_says_only_what_goes_wrong,
    verbose_shows_warnings_and_pg_dumps_progress,
    a_dry_run_connects_nowhere_and_writes_nothing,
    names_are_cedars_except_that_no_slash_leads_out_of_collect_dir,
    databases_that_would_share_a_file_are_refused,
    everything_is_checked_before_the_first_dump,
    what_is_no_program_is_refused_before_the_first_dump,
    a_directory_in_the_place_of_a_backup_is_refused_before_the_first_dump,
    a_configuration_that_is_no_file_is_refused,
    names_that_postgresql_cannot_hold_are_refused_before_the_first_dump,
    relative_names_in_libpqs_variables_mean_the_callers_directory,
    what_the_environment_sets_for_the_shell_does_not_matter,
    an_unknown_owner_is_refused_before_anything_is_dumped,
    a_bad_configuration_is_one_clear_line,
    help_and_version_go_to_stdout,
    the_tools_beside_the_script_come_before_those_on_path,
    a_missing_tool_is_named,
    wrong_usage_has_status_2,
    a_full_stdout_fails_help_and_version,
    a_reader_that_goes_away_fails_help_quietly,
);

const TOOLS: [&str; 3] = ["cback-pgconf", "cback-pgdump", "cback-compress"];

fn a_line_per_backup_tells_database_file_size_and_seconds(shell: Shell) {
    let site = Site::with("gzip", &["postgres"]);
    let said = site.run(server(), shell).succeeds();
    let file = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    let length = fs::metadata(&file).unwrap().len();
    let file = file.display();
    let start = format!("cback-postgresql: postgres: {file}, {length} bytes, ");
    let rest = said.strip_prefix(&start);
    let seconds = rest.and_then(|rest| rest.strip_suffix(" s\n"));
    assert!(
        seconds.is_some_and(|it| it.parse::<u32>().is_ok()),
        "{said}"
    );
}

fn quiet_says_only_what_goes_wrong(shell: Shell) {
    let site = Site::with("none", &["postgres", "missing"]);
    let mut command = site.command(server(), shell);
    let said = command.arg("-q").output().unwrap().fails(1);
    assert!(!said.contains("postgres: "), "{said}");
    let last = "cback-postgresql: not backed up: missing\n";
    assert!(said.ends_with(last), "{said}");
    site.configure("none", &["postgres"]);
    let mut command = site.command(server(), shell);
    assert_eq!(command.arg("--quiet").output().unwrap().succeeds(), "");
}

fn verbose_shows_warnings_and_pg_dumps_progress(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    fs::set_permissions(site.config(), fs::Permissions::from_mode(0o644)).unwrap();
    let plain = site.run(server(), shell).succeeds();
    let mut command = site.command(server(), shell);
    let verbose = command.arg("-v").output().unwrap().succeeds();
    for words in ["cback-pgconf: ", "pg_dump: reading user-defined tables"] {
        assert!(!plain.contains(words), "{plain}");
        assert!(verbose.contains(words), "{verbose}");
    }
}

fn a_dry_run_connects_nowhere_and_writes_nothing(shell: Shell) {
    let site = Site::with("bzip2", &["a/b", "line\nbreak"]);
    let mut command = site.command(server(), shell);
    command.arg("--dry-run").env("PGHOST", "/nowhere");
    let directory = site.collect_dir().display().to_string();
    let expected = format!(
        "cback-postgresql: would back up a/b to {directory}/postgresqldump-a%2Fb.txt.bz2\n\
         cback-postgresql: would back up line?break to \
         {directory}/postgresqldump-line?break.txt.bz2\n"
    );
    assert_eq!(command.output().unwrap().succeeds(), expected);
    assert!(site.listing().is_empty());
}

const NAMES: [(&str, &str); 7] = [
    ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
    ("50%/50%", "50%25%2F50%25"),
    ("100%", "100%"),
    ("-f/tmp/x", "-f%2Ftmp%2Fx"),
    ("a=b $(touch x) `y` \"'\\ ü", "a=b $(touch x) `y` \"'\\ ü"),
    ("*", "*"),
    ("end\n\n", "end\n\n"),
];

fn names_are_cedars_except_that_no_slash_leads_out_of_collect_dir(shell: Shell) {
    static CREATED: Once = Once::new();
    let databases = NAMES.map(|(database, _)| database);
    CREATED.call_once(|| databases.iter().for_each(|it| server().create_database(it)));
    let mut files = NAMES.map(|(_, name)| format!("postgresqldump-{name}.txt"));
    files.sort_unstable();
    let site = Site::with("none", &databases);
    site.run(server(), shell).succeeds();
    assert_eq!(site.listing(), files);
}

fn databases_that_would_share_a_file_are_refused(shell: Shell) {
    for pair in [["a/b", "a%2Fb"], ["a%2Fb", "a/b"]] {
        let said = refused(&Site::with("none", &pair), shell);
        let end = "would share the file postgresqldump-a%2Fb.txt\n";
        assert!(said.ends_with(end), "{said}");
    }
}

#[test]
fn a_database_named_twice_is_backed_up_all_the_same() {
    let site = Site::with("none", &["postgres", "postgres"]);
    site.run(server(), &["sh"]).succeeds();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt"]);
}

fn everything_is_checked_before_the_first_dump(shell: Shell) {
    let mut site = Site::new();
    let witness = site.path("dumped");
    let shim = site.shim("pg_dump", &format!("touch '{}'; exit 1", witness.display()));
    site.override_command("pg_dump", &shim);
    site.configure("gzip", &["postgres"]);
    fs::remove_dir(site.collect_dir()).unwrap();
    let directory = site.collect_dir().display().to_string();
    let expected = format!("cback-postgresql: collect_dir {directory} is not a directory\n");
    assert_eq!(refused(&site, shell), expected);
    assert!(!witness.exists());
}

fn what_is_no_program_is_refused_before_the_first_dump(shell: Shell) {
    for path in ["/no-such-program", "/tmp", "/etc/passwd"] {
        let mut site = Site::new();
        site.override_command("pg_dump", path.as_ref());
        site.configure("gzip", &["postgres"]);
        let expected = format!("cback-postgresql: {path} not found\n");
        assert_eq!(refused(&site, shell), expected);
    }
}

fn a_directory_in_the_place_of_a_backup_is_refused_before_the_first_dump(shell: Shell) {
    let site = Site::with("gzip", &["postgres"]);
    let directory = site.collect_dir().join("postgresqldump-postgres.txt.gz");
    fs::create_dir(&directory).unwrap();
    let expected = format!("cback-postgresql: {} is a directory\n", directory.display());
    assert_eq!(refused(&site, shell), expected);
}

/// It would be read twice, by `check` and by `shell`.
fn a_configuration_that_is_no_file_is_refused(shell: Shell) {
    let site = Site::new();
    let made = Command::new("mkfifo").arg(site.config()).status();
    assert!(made.unwrap().success());
    let said = refused(&site, &[&["timeout", "60"], shell].concat());
    let pipe = site.config().display().to_string();
    assert_eq!(
        said,
        format!("cback-postgresql: {pipe} is not a plain file\n")
    );
    for name in ["-", ""] {
        let said = bare(shell, &["--config", name]).fails(2);
        assert!(
            said.starts_with("cback-postgresql: --config needs a file\n"),
            "{said}"
        );
    }
}

/// A name may be longer than what the kernel lets through to a program: then a shell's printf
/// fails, or that of `/usr/bin`, and who knows what else.
fn names_that_postgresql_cannot_hold_are_refused_before_the_first_dump(shell: Shell) {
    for length in [64, 200_000] {
        let endless = "x".repeat(length);
        let database = format!("<database>{endless}</database><database>postgres</database>");
        let user = format!("<user>{endless}</user><database>postgres</database>");
        for names in [database, user] {
            let site = Site::new();
            site.configure_section(&format!("<compress_mode>none</compress_mode>{names}"));
            let config = site.config().display().to_string();
            let expected = format!(
                "cback-postgresql: a name has at most 63 bytes, one in {config} has {length}\n"
            );
            assert_eq!(refused(&site, shell), expected);
        }
    }
}

fn relative_names_in_libpqs_variables_mean_the_callers_directory(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let service = format!("[here]\nhost={}\nport=5432\n", server().host().display());
    fs::write(site.path("services"), service).unwrap();
    let mut command = site.command(server(), shell);
    command.current_dir(site.path(""));
    command.env_remove("PGHOST").env_remove("PGPORT");
    command
        .env("PGSERVICEFILE", "services")
        .env("PGSERVICE", "here");
    command.output().unwrap().succeeds();
}

/// Copies of the script and of the tools.
fn install(scripts: &Path, tools: &Path) {
    for directory in [scripts, tools] {
        fs::create_dir_all(directory).unwrap();
    }
    let name = "cback-postgresql";
    fs::copy(script(name), scripts.join(name)).unwrap();
    for name in TOOLS {
        fs::copy(tool(name), tools.join(name)).unwrap();
    }
}

/// Called as `bin/linked`, with the tools beside the link or beside what it leads to; CDPATH would
/// have `cd bin` go to `/usr/bin`.
fn what_the_environment_sets_for_the_shell_does_not_matter(shell: Shell) {
    for tools in ["bin", "."] {
        let site = Site::with("none", &["postgres"]);
        let top = site.path("installed");
        fs::create_dir_all(top.join("bin")).unwrap();
        install(&top, &top.join(tools));
        symlink("../cback-postgresql", top.join("bin/linked")).unwrap();
        let mut command = server().command(shell[0]);
        command.args(&shell[1..]).arg("bin/linked");
        command.arg("--config").arg(site.config()).current_dir(top);
        command
            .env("CDPATH", "/usr:/tmp")
            .env("GETOPT_COMPATIBLE", "1");
        command.output().unwrap().succeeds();
    }
}

fn an_unknown_owner_is_refused_before_anything_is_dumped(shell: Shell) {
    if skipped_without_root("nobody else gives files away") {
        return;
    }
    for (user, group, fault) in [
        ("no-such-user", "backup", "backup_user no-such-user"),
        ("games", "no-such-group", "backup_group no-such-group"),
    ] {
        let site = Site::owned_by(user, group);
        site.configure("gzip", &["postgres"]);
        let expected = format!("cback-postgresql: {fault} does not exist\n");
        assert_eq!(refused(&site, shell), expected);
        assert!(site.listing().is_empty());
    }
}

#[test]
fn without_root_nothing_is_given_away() {
    let site = Site::owned_by("no-such-user", "no-such-group");
    site.configure("gzip", &["postgres"]);
    let mut command = site.command(server(), &["sh"]);
    if rustix::process::geteuid().is_root() {
        for path in [site.collect_dir(), site.config()] {
            chown(path, Some(65_534), None).unwrap();
        }
        let nobody = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--",
        ];
        command = wrapped(&nobody, &command);
    }
    command.output().unwrap().succeeds();
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);
}

fn a_bad_configuration_is_one_clear_line(shell: Shell) {
    let site = Site::new();
    let config = site.config().display().to_string();
    let said = refused(&site, shell);
    assert!(
        said.starts_with(&format!("cback-pgconf: {config}: ")),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    fs::write(site.config(), "not XML").unwrap();
    let said = refused(&site, shell);
    assert!(
        said.starts_with(&format!("cback-pgconf: {config}:1:1: ")),
        "{said}"
    );
    fs::write(site.config(), "<cb_config/>").unwrap();
    let said = refused(&site, shell);
    assert!(said.starts_with("cback-pgconf: "), "{said}");
}

fn help_and_version_go_to_stdout(shell: Shell) {
    let help = bare(shell, &["--help"]);
    help.succeeds();
    assert!(help.printed().contains("--dry-run"));
    let expected = concat!("cback-postgresql ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(bare(shell, &["--version"]).printed(), expected);
}

fn the_tools_beside_the_script_come_before_those_on_path(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let installed = site.path("installed");
    install(&installed, &installed);
    let mut command = server().command(shell[0]);
    command
        .args(&shell[1..])
        .arg(installed.join("cback-postgresql"));
    command.arg("--config").arg(site.config());
    // On PATH there are none, and then a wrong one.
    command.output().unwrap().succeeds();
    fs::create_dir(site.path("wrong")).unwrap();
    shim(&site.path("wrong/cback-compress"), "exit 1");
    command.env("PATH", before_path(&site.path("wrong")));
    command.output().unwrap().succeeds();
}

/// bash looks for a script on PATH, and says then not where it was.
#[test]
fn nothing_is_taken_from_the_current_directory() {
    let site = Site::new();
    site.shim("getopt", "echo from here >&2; exit 1");
    let mut command = server().command("bash");
    command.args(["cback-postgresql", "--version"]);
    let scripts = script("cback-postgresql");
    command.env("PATH", before_path(scripts.parent().unwrap()));
    let output = command.current_dir(site.path("")).output().unwrap();
    output.succeeds();
    assert!(output.printed().starts_with("cback-postgresql "));
}

fn a_missing_tool_is_named(shell: Shell) {
    let site = Site::with("none", &["postgres"]);
    let mut command = site.command(server(), shell);
    let output = command.env("PATH", "/usr/bin:/bin").output().unwrap();
    assert_eq!(
        output.fails(1),
        "cback-postgresql: cback-pgconf not found\n"
    );
}

fn wrong_usage_has_status_2(shell: Shell) {
    for arguments in [
        &["--no-such-option"][..],
        &["database"],
        &["--config"],
        &["-x"],
    ] {
        let output = bare(shell, arguments);
        let said = output.fails(2);
        assert!(said.contains("cback-postgresql: usage: "), "{said}");
        assert!(output.stdout.is_empty());
    }
}

fn a_full_stdout_fails_help_and_version(shell: Shell) {
    for option in ["--help", "--version"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = bare_command(shell, &[option]);
        let said = command.stdout(full).output().unwrap().fails(1);
        assert!(!said.contains("cback-pgconf"), "it went on: {said}");
    }
}

fn a_reader_that_goes_away_fails_help_quietly(shell: Shell) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = bare_command(shell, &["--help"]);
    let output = command.stdout(writer).output().unwrap();
    assert!(!output.status.success());
    assert_eq!(output.said(), "");
}

fn bare_command(shell: Shell, arguments: &[&str]) -> Command {
    let mut command = server().command(shell[0]);
    command.args(&shell[1..]).arg(script("cback-postgresql"));
    command
        .args(arguments)
        .env("PATH", path_with_tools(server()));
    command
}

fn bare(shell: Shell, arguments: &[&str]) -> Output {
    bare_command(shell, arguments).output().unwrap()
}

/// PATH with everything on it, and `directory` first.
fn before_path(directory: &Path) -> OsString {
    let mut path = directory.as_os_str().to_owned();
    path.push(":");
    path.push(path_with_tools(server()));
    path
}

/// What is said when nothing at all is done.
#[track_caller]
fn refused(site: &Site, shell: &[&str]) -> String {
    let listing = || {
        fs::exists(site.collect_dir())
            .unwrap()
            .then(|| site.listing())
    };
    let before = listing();
    let said = site.run(server(), shell).fails(1);
    assert_eq!(before, listing());
    said
}
