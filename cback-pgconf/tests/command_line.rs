//! Options, statuses, outputs and warnings.

#[path = "program/mod.rs"]
mod program;

use std::fs::{File, Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use program::{Said, given, pgconf};
use tempfile::TempDir;

const CONFIG: &str = "<?xml version='1.0'?>
<cb_config>
   <options>
      <backup_user>backup</backup_user>
      <backup_group>staff</backup_group>
      <override><command>pg_dumpall</command><abs_path>/first</abs_path></override>
      <override><command>pg_dumpall</command><abs_path>/opt/it's/pg_dumpall</abs_path></override>
   </options>
   <collect><collect_dir>/opt/backup/collect</collect_dir></collect>
   <postgresql>
      <user>plogin</user>
      <compress_mode>bzip2</compress_mode>
      <all>N</all>
      <database>db1</database>
      <database>O'Reilly &amp; $HOME</database>
   </postgresql>
</cb_config>
";

fn said(command: &mut Command) -> Said {
    command
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
        .into()
}

/// A file of this mode that holds the configuration.
fn file(directory: &TempDir, mode: u32, text: &str) -> String {
    let path = directory.path().join("cback3.conf");
    write(&path, text).expect("it can be written");
    set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn shell_prints_assignments_in_this_order() {
    let section = "user='plogin'\ncompress_mode='bzip2'\nall='N'\nglobals='N'\nset -- 'db1' 'O'\\''Reilly & $HOME'\n";
    let around = "collect_dir='/opt/backup/collect'\nbackup_user='backup'\nbackup_group='staff'\n\
                  pg_dump='pg_dump'\npg_dumpall='/opt/it'\\''s/pg_dumpall'\n";
    let files = "all_file=''\nglobals_file=''\nfile_1='postgresqldump-db1.txt.bz2'\n\
                 file_2='postgresqldump-O'\\''Reilly & $HOME.txt.bz2'\n";
    let whole = given(CONFIG, pgconf(["shell"]));
    assert_eq!(
        (whole.status, whole.stdout, whole.stderr),
        (Some(0), [around, section, files].concat(), String::new())
    );
    assert_eq!(
        given(CONFIG, pgconf(["shell", "--section-only", "-"])).stdout,
        section
    );
    let prefixed = given(
        CONFIG,
        pgconf(["shell", "--section-only", "--prefix", "pg_"]),
    )
    .stdout;
    assert_eq!(
        prefixed,
        "pg_user='plogin'\npg_compress_mode='bzip2'\npg_all='N'\npg_globals='N'\nset -- 'db1' 'O'\\''Reilly & $HOME'\n"
    );
}

#[test]
fn json_prints_one_object_with_the_same_names() {
    let whole = given(CONFIG, pgconf(["json"])).stdout;
    assert_eq!(
        whole,
        "{\"collect_dir\":\"/opt/backup/collect\",\"backup_user\":\"backup\",\"backup_group\":\"staff\",\
         \"pg_dump\":\"pg_dump\",\"pg_dumpall\":\"/opt/it's/pg_dumpall\",\"user\":\"plogin\",\
         \"compress_mode\":\"bzip2\",\"all\":false,\"globals\":false,\"databases\":[\"db1\",\"O'Reilly & $HOME\"]}\n"
    );
    let unset = given(
        "<cb_config/>",
        pgconf(["json", "--section-only", "--no-validate"]),
    )
    .stdout;
    assert_eq!(
        unset,
        "{\"user\":null,\"compress_mode\":null,\"all\":false,\"globals\":false,\"databases\":null}\n"
    );
    let all = "<cb_config><postgresql><all>y</all><compress_mode>none</compress_mode></postgresql></cb_config>";
    let all = given(all, pgconf(["json", "--section-only"])).stdout;
    assert_eq!(
        all,
        "{\"user\":null,\"compress_mode\":\"none\",\"all\":true,\"globals\":false,\"databases\":null}\n"
    );
}

#[test]
fn databases_prints_a_name_a_line_or_ends_each_with_nul() {
    assert_eq!(
        given(CONFIG, pgconf(["databases"])).stdout,
        "db1\nO'Reilly & $HOME\n"
    );
    for null in ["-0", "--null"] {
        assert_eq!(
            given(CONFIG, pgconf(["databases", null])).stdout,
            "db1\0O'Reilly & $HOME\0"
        );
    }
    let newline = CONFIG.replace("db1", "d\nb");
    assert_eq!(
        given(&newline, pgconf(["databases", "-0"])).stdout,
        "d\nb\0O'Reilly & $HOME\0"
    );
    let refused = given(&newline, pgconf(["databases"]));
    let stderr = "cback-pgconf: standard input:14:7: database \"d\\nb\" has a line end in its name\n\
                  cback-pgconf: hint: use --null\n";
    assert_eq!(
        (
            refused.status,
            refused.stdout.as_str(),
            refused.stderr.as_str()
        ),
        (Some(1), "", stderr)
    );
}

#[test]
fn a_file_is_named_in_what_is_said_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, 0o600, "<cb_config>");
    let stderr = format!("cback-pgconf: {path}:1:1: `<cb_config>` is never closed\n");
    for command in ["check", "shell", "json", "databases"] {
        let said = said(&mut pgconf([command, "--", &path]));
        assert_eq!((said.status, &said.stderr), (Some(1), &stderr));
    }
    let missing = directory.path().join("missing");
    let said_of_missing = said(&mut pgconf(["check".as_ref(), missing.as_os_str()]));
    let stderr = format!(
        "cback-pgconf: {}: No such file or directory (os error 2)\n",
        missing.display()
    );
    assert_eq!(
        (said_of_missing.status, said_of_missing.stderr),
        (Some(1), stderr)
    );
    let place = directory.path().display();
    let said_of_directory = said(&mut pgconf([
        "add".as_ref(),
        "--all".as_ref(),
        "--no-validate".as_ref(),
        directory.path().as_os_str(),
    ]));
    let stderr = format!("cback-pgconf: {place}: Is a directory (os error 21)\n");
    assert_eq!(
        (said_of_directory.status, said_of_directory.stderr),
        (Some(1), stderr)
    );
}

#[test]
fn check_warns_of_a_file_that_others_can_read() {
    let directory = tempfile::tempdir().expect("a directory");
    for (mode, warned) in [
        (0o600, false),
        (0o700, false),
        (0o620, false),
        (0o640, true),
        (0o604, true),
        (0o644, true),
    ] {
        let path = file(&directory, mode, CONFIG);
        let stderr = format!(
            "cback-pgconf: {path}: warning: can be read by group or others (mode {mode:04o})\n\
             cback-pgconf: hint: chmod 600 {path}\n"
        );
        let stderr = if warned { stderr } else { String::new() };
        let lenient = said(&mut pgconf(["check", &path]));
        assert_eq!(
            (lenient.status, lenient.stdout.as_str(), &lenient.stderr),
            (Some(0), "", &stderr)
        );
        let strict = said(&mut pgconf(["check", "--strict", &path]));
        assert_eq!(
            (strict.status, strict.stdout.as_str(), &strict.stderr),
            (Some(i32::from(warned)), "", &stderr)
        );
        assert_eq!(said(&mut pgconf(["shell", &path])).stderr, "");
    }
}

#[test]
fn check_warns_of_what_cedar_reads_otherwise_than_meant() {
    let cases = [
        (
            "<user>plogin</user>",
            "<user>p<![CDATA[login]]></user>",
            "11:7: warning: the CDATA section in <user> is ignored",
            "write the value as plain text, with &lt; and &amp; where needed",
        ),
        (
            "<user>plogin</user>",
            "<user>p<!-- -->login</user>",
            "11:7: warning: only the first stretch of text in <user> is read",
            "",
        ),
        (
            "<user>plogin</user>",
            "<user>plogin </user>",
            "11:7: warning: the blanks around the value of <user> are part of it",
            "",
        ),
        (
            "<user>plogin</user>",
            "<user>\n</user>",
            "11:7: warning: the blanks around the value of <user> are part of it",
            "",
        ),
        (
            "<user>plogin</user>",
            "<user>p</user><user>q</user>",
            "11:21: warning: another <user> is ignored",
            "",
        ),
        (
            "<user>plogin</user>",
            "<usr>\n<x/></usr>",
            "11:7: warning: unknown element <usr> is ignored",
            "",
        ),
        (
            "<user>plogin</user>",
            "<Database>x</Database>",
            "11:7: warning: unknown element <Database> is ignored",
            "write <database>",
        ),
        (
            "O'Reilly &amp; $HOME",
            "db1",
            "15:7: warning: database \"db1\" is named twice",
            "",
        ),
        (
            "</cb_config>",
            "<postgresql><x/></postgresql></cb_config>",
            "17:1: warning: another <postgresql> section is ignored",
            "",
        ),
        (
            ">backup<",
            ">\u{a0}backup<",
            "4:7: warning: the blanks around the value of <backup_user> are part of it",
            "",
        ),
        (
            "<collect>",
            "<collect><collect_dir/><collect_dir><![CDATA[/x]]></collect_dir>",
            "9:27: warning: the CDATA section in <collect_dir> is ignored",
            "write the value as plain text, with &lt; and &amp; where needed",
        ),
    ];
    for (old, new, warning, hint) in cases {
        let document = CONFIG.replacen(old, new, 1);
        let hint = Some(hint).filter(|hint| !hint.is_empty());
        let hint = hint
            .map(|hint| format!("cback-pgconf: hint: {hint}\n"))
            .unwrap_or_default();
        let stderr = format!("cback-pgconf: standard input:{warning}\n{hint}");
        let lenient = given(&document, pgconf(["check"]));
        assert_eq!(
            (lenient.status, &lenient.stderr, lenient.stdout.as_str()),
            (Some(0), &stderr, ""),
            "{new}"
        );
        let strict = given(&document, pgconf(["check", "--strict"]));
        assert_eq!((strict.status, &strict.stderr), (Some(1), &stderr), "{new}");
        let section = given(&document, pgconf(["check", "--strict", "--section-only"]));
        let is_in_section = !warning.starts_with(['4', '9']);
        assert_eq!(section.status, Some(i32::from(is_in_section)), "{new}");
    }
    let clean = given(CONFIG, pgconf(["check", "--strict"]));
    assert_eq!((clean.status, clean.stderr.as_str()), (Some(0), ""));
}

#[test]
fn wrong_usage_has_status_2() {
    let cases: [&[&str]; 9] = [
        &[],
        &["no-such"],
        &["shell", "--no-such"],
        &["shell", "--prefix", "1x"],
        &["shell", "--prefix", "a-b"],
        &["shell", "a", "b"],
        &["check", "--no-validate"],
        &["add", "--compress-mode", "xz"],
        &["add", "--user"],
    ];
    for arguments in cases {
        let said = said(&mut pgconf(arguments));
        assert_eq!(
            (said.status, said.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        let lines: Vec<_> = said.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{arguments:?}: {lines:?}");
        assert!(lines[0].starts_with("cback-pgconf: "), "{}", lines[0]);
        assert_eq!(lines[1], "cback-pgconf: hint: see cback-pgconf --help");
    }
    let said = said(&mut pgconf(["add", "--compress-mode", "xz"]));
    let first = "cback-pgconf: invalid value 'xz' for '--compress-mode <M>' \
                 [possible values: none, gzip, bzip2]";
    assert_eq!(said.stderr.lines().next(), Some(first));
}

#[test]
fn help_and_version_are_printed() {
    for arguments in [&["--help"][..], &["-h"], &["add", "--help"], &["--version"]] {
        let said = said(&mut pgconf(arguments));
        assert_eq!(
            (said.status, said.stderr.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        assert!(
            said.stdout.ends_with('\n') && !said.stdout.is_empty(),
            "{arguments:?}"
        );
    }
    let version = format!("cback-pgconf {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(said(&mut pgconf(["--version"])).stdout, version);
}

const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

#[test]
fn an_output_that_is_full_or_closed_is_a_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, 0o600, CONFIG);
    let commands = [
        "shell \"$2\"",
        "json \"$2\"",
        "databases \"$2\"",
        "add --replace --all --compress-mode none \"$2\"",
        "--help",
        "--version",
        "shell --help",
    ];
    for command in commands {
        for (output, cause) in [
            (">/dev/full", "No space left on device (os error 28)"),
            (">&-", CLOSED),
            ("1<>/dev/null", CLOSED),
        ] {
            let script = format!("\"$1\" {command} {output}");
            let said = said(Command::new("sh").args([
                "-c",
                &script,
                "sh",
                env!("CARGO_BIN_EXE_cback-pgconf"),
                &path,
            ]));
            assert_eq!(
                (said.status, said.stderr),
                (Some(1), format!("cback-pgconf: standard output: {cause}\n")),
                "{script}"
            );
        }
    }
}

/// It is not the document that is at fault.
#[test]
fn an_input_that_is_closed_or_for_writing_is_a_failure() {
    for (input, cause) in [
        ("<&-", CLOSED),
        ("0>>/dev/null", "Bad file descriptor (os error 9)"),
    ] {
        let script = format!("\"$1\" check {input}");
        let program = env!("CARGO_BIN_EXE_cback-pgconf");
        let said = said(Command::new("sh").args(["-c", &script, "sh", program]));
        let expected = format!("cback-pgconf: standard input: {cause}\n");
        assert_eq!((said.status, said.stderr), (Some(1), expected), "{script}");
    }
}

#[test]
fn an_output_thrown_away_on_purpose_is_none() {
    let mut command = pgconf(["--version"]);
    let null = File::options()
        .write(true)
        .open("/dev/null")
        .expect("it is there");
    assert_eq!(
        command.stdout(null).status().expect("it starts").code(),
        Some(0)
    );
}

#[test]
fn an_error_output_that_is_full_or_closed_changes_no_status() {
    for output in ["2>/dev/full", "2>&-", ">&- 2>&-"] {
        let script = format!("\"$1\" check /nonexistent {output}");
        let said = said(Command::new("sh").args([
            "-c",
            &script,
            "sh",
            env!("CARGO_BIN_EXE_cback-pgconf"),
        ]));
        assert_eq!(
            (said.status, said.stderr.as_str()),
            (Some(1), ""),
            "{script}"
        );
    }
}

#[test]
fn a_reader_that_went_away_is_a_quiet_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, 0o600, CONFIG);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = pgconf(["shell", &path])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("it starts");
    let said = Said::from(output);
    assert_eq!((said.status, said.stderr.as_str()), (Some(1), ""));
}
