//! The script's own command line, and what it refuses before it connects to anything.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use cback_tests::{SHELLS, Server, Site, path_with_tools, script};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::sync::OnceLock;

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

#[test]
fn a_line_per_backup_tells_database_file_size_and_seconds() {
    for shell in SHELLS {
        let site = Site::new();
        site.configure("gzip", &["postgres"]);
        let said = stderr(&site.run(server(), shell));
        let file = site.collect_dir().join("postgresqldump-postgres.txt.gz");
        let length = fs::metadata(&file).unwrap().len();
        let start = format!(
            "cback-postgresql: postgres: {}, {length} bytes, ",
            file.display()
        );
        let seconds = said
            .strip_prefix(&start)
            .and_then(|rest| rest.strip_suffix(" s\n"));
        let seconds = seconds.unwrap_or_else(|| panic!("{shell:?}: {said}"));
        assert!(seconds.parse::<u32>().is_ok(), "{said}");
    }
}

#[test]
fn quiet_says_only_what_goes_wrong() {
    for shell in SHELLS {
        let site = Site::new();
        site.configure("none", &["postgres", "missing"]);
        let output = site.command(server(), shell).arg("-q").output().unwrap();
        let said = stderr(&output);
        assert!(!said.contains("postgres: "), "{shell:?}: {said}");
        assert!(
            said.ends_with("cback-postgresql: not backed up: missing\n"),
            "{shell:?}: {said}"
        );
        site.configure("none", &["postgres"]);
        let output = site
            .command(server(), shell)
            .arg("--quiet")
            .output()
            .unwrap();
        assert_eq!(stderr(&output), "", "{shell:?}");
        assert!(output.status.success());
    }
}

#[test]
fn verbose_shows_warnings_and_pg_dumps_progress() {
    for shell in SHELLS {
        let site = Site::new();
        site.configure("none", &["postgres"]);
        fs::set_permissions(site.config(), fs::Permissions::from_mode(0o644)).unwrap();
        let plain = stderr(&site.run(server(), shell));
        let verbose = stderr(&site.command(server(), shell).arg("-v").output().unwrap());
        for words in ["cback-pgconf: ", "pg_dump: reading user-defined tables"] {
            assert!(!plain.contains(words), "{shell:?}: {plain}");
            assert!(verbose.contains(words), "{shell:?}: {verbose}");
        }
    }
}

#[test]
fn a_dry_run_connects_nowhere_and_writes_nothing() {
    for shell in SHELLS {
        let site = Site::new();
        site.configure("bzip2", &["a/b", "line\nbreak"]);
        let mut command = site.command(server(), shell);
        let output = command
            .arg("--dry-run")
            .env("PGHOST", "/nowhere")
            .output()
            .unwrap();
        let directory = site.collect_dir().display().to_string();
        let expected = format!(
            "cback-postgresql: would back up a/b to {directory}/postgresqldump-a%2Fb.txt.bz2\n\
             cback-postgresql: would back up line?break to \
             {directory}/postgresqldump-line?break.txt.bz2\n"
        );
        assert_eq!(stderr(&output), expected, "{shell:?}");
        assert_eq!(output.status.code(), Some(0));
        assert!(site.listing().is_empty(), "{shell:?}");
    }
}

#[test]
fn names_are_cedars_except_that_no_slash_leads_out_of_collect_dir() {
    let names = [
        (
            "../../etc/passwd",
            "postgresqldump-..%2F..%2Fetc%2Fpasswd.txt",
        ),
        ("50%/50%", "postgresqldump-50%25%2F50%25.txt"),
        ("100%", "postgresqldump-100%.txt"),
        ("-f/tmp/x", "postgresqldump--f%2Ftmp%2Fx.txt"),
        (
            "a=b $(touch x) `y` \"'\\ ü",
            "postgresqldump-a=b $(touch x) `y` \"'\\ ü.txt",
        ),
        ("*", "postgresqldump-*.txt"),
        ("end\n\n", "postgresqldump-end\n\n.txt"),
    ];
    let databases = names.map(|(database, _)| database);
    let mut files = names.map(|(_, file)| file);
    files.sort_unstable();
    for database in databases {
        server().create_database(database);
    }
    for shell in SHELLS {
        let site = Site::new();
        site.configure("none", &databases);
        let output = site.run(server(), shell);
        assert!(output.status.success(), "{shell:?}: {}", stderr(&output));
        assert_eq!(site.listing(), files, "{shell:?}");
    }
}

#[test]
fn databases_that_would_share_a_file_are_refused() {
    for shell in SHELLS {
        for pair in [["a/b", "a%2Fb"], ["a%2Fb", "a/b"]] {
            let site = Site::new();
            site.configure("none", &pair);
            let said = refused(&site, shell);
            let end = "would share the file postgresqldump-a%2Fb.txt\n";
            assert!(said.ends_with(end), "{shell:?}: {said}");
        }
    }
}

#[test]
fn a_database_named_twice_is_backed_up_all_the_same() {
    let site = Site::new();
    site.configure("none", &["postgres", "postgres"]);
    assert!(site.run(server(), &["sh"]).status.success());
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt"]);
}

#[test]
fn everything_is_checked_before_the_first_dump() {
    let dumped = |site: &mut Site| {
        let witness = site.path("dumped");
        let shim = site.shim("pg_dump", &format!("touch '{}'; exit 1", witness.display()));
        site.override_command("pg_dump", &shim);
        witness
    };
    for shell in SHELLS {
        let mut site = Site::new();
        let witness = dumped(&mut site);
        site.configure("gzip", &["postgres"]);
        fs::remove_dir(site.collect_dir()).unwrap();
        let said = refused(&site, shell);
        let directory = site.collect_dir().display().to_string();
        assert_eq!(
            said,
            format!("cback-postgresql: collect_dir {directory} is not a directory\n")
        );
        assert!(!witness.exists());

        let mut site = Site::new();
        site.override_command("pg_dump", &site.path("no-such-program"));
        site.configure("gzip", &["postgres"]);
        let said = refused(&site, shell);
        let program = site.path("no-such-program").display().to_string();
        assert_eq!(
            said,
            format!("cback-postgresql: {program} not found\n"),
            "{shell:?}"
        );
    }
}

#[test]
fn what_is_no_program_is_refused_before_the_first_dump() {
    for shell in SHELLS {
        for path in ["/tmp", "/etc/passwd"] {
            let mut site = Site::new();
            site.override_command("pg_dump", path.as_ref());
            site.configure("gzip", &["postgres"]);
            assert_eq!(
                refused(&site, shell),
                format!("cback-postgresql: {path} not found\n")
            );
        }
    }
}

#[test]
fn a_directory_in_the_place_of_a_backup_is_refused_before_the_first_dump() {
    for shell in SHELLS {
        let site = Site::new();
        site.configure("gzip", &["postgres"]);
        let directory = site.collect_dir().join("postgresqldump-postgres.txt.gz");
        fs::create_dir(&directory).unwrap();
        let expected = format!("cback-postgresql: {} is a directory\n", directory.display());
        assert_eq!(refused(&site, shell), expected, "{shell:?}");
    }
}

/// It would be read twice, by `check` and by `shell`.
#[test]
fn a_configuration_that_is_no_file_is_refused() {
    for shell in SHELLS {
        let site = Site::new();
        assert!(
            Command::new("mkfifo")
                .arg(site.config())
                .status()
                .unwrap()
                .success()
        );
        let pipe = site.config().display().to_string();
        let said = refused(&site, &[&["timeout", "60"], shell].concat());
        assert_eq!(
            said,
            format!("cback-postgresql: {pipe} is not a plain file\n"),
            "{shell:?}"
        );
        for name in ["-", ""] {
            let output = bare(shell, &["--config", name]);
            assert_eq!(output.status.code(), Some(2), "{shell:?}");
            assert!(stderr(&output).starts_with("cback-postgresql: --config needs a file\n"));
        }
    }
}

/// A name may be longer than what the kernel lets through to a program: then a shell's printf
/// fails, or that of `/usr/bin`, and who knows what else.
#[test]
fn names_that_postgresql_cannot_hold_are_refused_before_the_first_dump() {
    for shell in SHELLS {
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
                assert_eq!(refused(&site, shell), expected, "{shell:?}");
            }
        }
    }
}

#[test]
fn relative_names_in_libpqs_variables_mean_the_callers_directory() {
    for shell in SHELLS {
        let site = Site::new();
        site.configure("none", &["postgres"]);
        let host = server().host().display().to_string();
        fs::write(
            site.path("services"),
            format!("[here]\nhost={host}\nport=5432\n"),
        )
        .unwrap();
        let mut command = site.command(server(), shell);
        command
            .current_dir(site.path(""))
            .env_remove("PGHOST")
            .env_remove("PGPORT");
        command
            .env("PGSERVICEFILE", "services")
            .env("PGSERVICE", "here");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{shell:?}: {}", stderr(&output));
    }
}

/// Called as `bin/linked`, with the tools beside the link or beside what it leads to; CDPATH would
/// have `cd bin` go to `/usr/bin`.
#[test]
fn what_the_environment_sets_for_the_shell_does_not_matter() {
    let site = Site::new();
    site.configure("none", &["postgres"]);
    for top in ["tools-beside-link", "tools-beside-script"] {
        fs::create_dir_all(site.path(top).join("bin")).unwrap();
        fs::copy(
            script("cback-postgresql"),
            site.path(top).join("cback-postgresql"),
        )
        .unwrap();
        let link = site.path(top).join("bin/linked");
        std::os::unix::fs::symlink("../cback-postgresql", link).unwrap();
        let place = if top == "tools-beside-link" {
            "bin"
        } else {
            "."
        };
        for tool in ["cback-pgconf", "cback-pgdump", "cback-compress"] {
            fs::copy(
                cback_tests::tool(tool),
                site.path(top).join(place).join(tool),
            )
            .unwrap();
        }
        for shell in SHELLS {
            let mut command = server().command(shell[0]);
            command
                .args(&shell[1..])
                .arg("bin/linked")
                .arg("--config")
                .arg(site.config());
            command.current_dir(site.path(top));
            command
                .env("CDPATH", "/usr:/tmp")
                .env("GETOPT_COMPATIBLE", "1");
            let output = command.output().unwrap();
            assert!(
                output.status.success(),
                "{top}, {shell:?}: {}",
                stderr(&output)
            );
        }
    }
}

#[test]
fn an_unknown_owner_is_refused_before_anything_is_dumped() {
    if !rustix::process::geteuid().is_root() {
        return; // then nothing is given away
    }
    for shell in SHELLS {
        for (user, group, message) in [
            (
                "no-such-user",
                "backup",
                "backup_user no-such-user does not exist",
            ),
            (
                "games",
                "no-such-group",
                "backup_group no-such-group does not exist",
            ),
        ] {
            let site = Site::owned_by(user, group);
            site.configure("gzip", &["postgres"]);
            assert_eq!(
                refused(&site, shell),
                format!("cback-postgresql: {message}\n")
            );
            assert!(site.listing().is_empty());
        }
    }
}

#[test]
fn without_root_nothing_is_given_away() {
    let site = Site::owned_by("no-such-user", "no-such-group");
    site.configure("gzip", &["postgres"]);
    for path in [site.collect_dir(), site.config()] {
        std::os::unix::fs::chown(path, Some(65_534), None).ok();
    }
    let command = site.command(server(), &["sh"]);
    let mut unprivileged = server().command("setpriv");
    if rustix::process::geteuid().is_root() {
        unprivileged.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    } else {
        unprivileged.arg("--");
    }
    unprivileged
        .arg(command.get_program())
        .args(command.get_args());
    unprivileged.envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = unprivileged.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(site.listing(), ["postgresqldump-postgres.txt.gz"]);
}

#[test]
fn a_bad_configuration_is_one_clear_line() {
    for shell in SHELLS {
        let site = Site::new();
        let missing = site.config().display().to_string();
        let said = refused(&site, shell);
        assert!(
            said.starts_with(&format!("cback-pgconf: {missing}: ")),
            "{shell:?}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{shell:?}: {said}");
        fs::write(site.config(), "not XML").unwrap();
        let said = refused(&site, shell);
        assert!(
            said.starts_with(&format!("cback-pgconf: {missing}:1:1: ")),
            "{shell:?}: {said}"
        );
        fs::write(site.config(), "<cb_config/>").unwrap();
        let said = refused(&site, shell);
        assert!(said.starts_with("cback-pgconf: "), "{shell:?}: {said}");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    for shell in SHELLS {
        let help = bare(shell, &["--help"]);
        assert_eq!(help.status.code(), Some(0), "{shell:?}");
        assert!(
            String::from_utf8_lossy(&help.stdout).contains("--dry-run"),
            "{shell:?}"
        );
        let version = bare(shell, &["--version"]);
        let expected = concat!("cback-postgresql ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(
            String::from_utf8_lossy(&version.stdout),
            expected,
            "{shell:?}"
        );
    }
}

#[test]
fn the_tools_beside_the_script_come_before_those_on_path() {
    let site = Site::new();
    site.configure("none", &["postgres"]);
    for tool in [
        "cback-pgconf",
        "cback-pgdump",
        "cback-compress",
        "cback-postgresql",
    ] {
        let original = if tool == "cback-postgresql" {
            script(tool)
        } else {
            cback_tests::tool(tool)
        };
        fs::copy(original, site.path(tool)).unwrap();
    }
    for shell in SHELLS {
        let mut command = server().command(shell[0]);
        command.args(&shell[1..]).arg(site.path("cback-postgresql"));
        command.arg("--config").arg(site.config());
        // On PATH there are none, and then a wrong one.
        assert!(command.status().unwrap().success(), "{shell:?}");
        let wrong = site.path("wrong");
        fs::create_dir_all(&wrong).unwrap();
        site.shim("wrong/cback-compress", "exit 1");
        let mut path = wrong.into_os_string();
        path.push(":");
        path.push(path_with_tools(server()));
        assert!(
            command.env("PATH", path).status().unwrap().success(),
            "{shell:?}"
        );
    }
}

/// bash looks for a script on PATH, and says then not where it was.
#[test]
fn nothing_is_taken_from_the_current_directory() {
    let site = Site::new();
    fs::create_dir(site.path("here")).unwrap();
    site.shim("here/getopt", "echo from here >&2; exit 1");
    let scripts = script("cback-postgresql");
    let mut path = scripts.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(path_with_tools(server()));
    let mut command = server().command("bash");
    command.args(["cback-postgresql", "--version"]);
    let output = command.current_dir(site.path("here")).env("PATH", path);
    let output = output.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(output.stdout.starts_with(b"cback-postgresql "));
}

#[test]
fn a_missing_tool_is_named() {
    for shell in SHELLS {
        let site = Site::new();
        site.configure("none", &["postgres"]);
        let mut command = site.command(server(), shell);
        let output = command.env("PATH", "/usr/bin:/bin").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            stderr(&output),
            "cback-postgresql: cback-pgconf not found\n",
            "{shell:?}"
        );
    }
}

#[test]
fn wrong_usage_has_status_2() {
    for shell in SHELLS {
        for arguments in [
            &["--no-such-option"][..],
            &["database"],
            &["--config"],
            &["-x"],
        ] {
            let output = bare(shell, arguments);
            assert_eq!(output.status.code(), Some(2), "{shell:?} {arguments:?}");
            assert!(
                stderr(&output).contains("cback-postgresql: usage: "),
                "{shell:?}"
            );
            assert!(output.stdout.is_empty());
        }
    }
}

#[test]
fn a_full_stdout_fails_help_and_version() {
    for shell in SHELLS {
        for option in ["--help", "--version"] {
            let full = fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap();
            let mut command = bare_command(shell, &[option]);
            let output = command.stdout(full).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{shell:?} {option}");
            assert!(
                !stderr(&output).contains("cback-pgconf"),
                "{shell:?} went on: {output:?}"
            );
        }
    }
}

#[test]
fn a_reader_that_goes_away_fails_help_quietly() {
    for shell in SHELLS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = bare_command(shell, &["--help"])
            .stdout(writer)
            .output()
            .unwrap();
        assert!(!output.status.success(), "{shell:?}");
        assert_eq!(stderr(&output), "", "{shell:?}");
    }
}

fn bare_command(shell: &[&str], arguments: &[&str]) -> Command {
    let mut command = server().command(shell[0]);
    command
        .args(&shell[1..])
        .arg(script("cback-postgresql"))
        .args(arguments);
    command.env("PATH", path_with_tools(server()));
    command
}

fn bare(shell: &[&str], arguments: &[&str]) -> Output {
    bare_command(shell, arguments).output().unwrap()
}

/// What is said when nothing at all is done.
#[track_caller]
fn refused(site: &Site, shell: &[&str]) -> String {
    let before = fs::exists(site.collect_dir())
        .unwrap()
        .then(|| site.listing());
    let output = site.run(server(), shell);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{shell:?}: {}",
        stderr(&output)
    );
    let after = fs::exists(site.collect_dir())
        .unwrap()
        .then(|| site.listing());
    assert_eq!(before, after, "{shell:?}");
    stderr(&output)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
