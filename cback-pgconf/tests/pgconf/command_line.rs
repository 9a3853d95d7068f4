//! Options, statuses and outputs.

use crate::{CONFIG, PROGRAM, Said, given, pgconf, run};
use std::fs::{File, write};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::NamedTempFile;

/// A file that holds this.
fn file(text: &str) -> (NamedTempFile, String) {
    let file = NamedTempFile::new().expect("room");
    write(&file, text).expect("room");
    let path = file.path().to_str().expect("UTF-8").to_owned();
    (file, path)
}

#[test]
fn shell_prints_assignments_in_this_order() {
    let around = "collect_dir='/opt/backup/collect'\nbackup_user='backup'\nbackup_group='staff'\n\
        pg_dump='pg_dump'\npg_dumpall='/opt/it'\\''s/pg_dumpall'\n";
    let section = "user='plogin'\ncompress_mode='bzip2'\nall='N'\nglobals='N'\n\
        set -- 'db1' 'O'\\''Reilly & $HOME'\n";
    let files = "all_file=''\nglobals_file=''\nfile_1='postgresqldump-db1.txt.bz2'\n\
        file_2='postgresqldump-O'\\''Reilly & $HOME.txt.bz2'\n";
    let whole = [around, section, files].concat();
    given(CONFIG, "shell").is(0, &whole, "");
    given(CONFIG, "shell --section-only -").is(0, section, "");
}

#[test]
fn no_validate_takes_what_can_be_read() {
    let nothing = "collect_dir=''\nbackup_user=''\nbackup_group=''\npg_dump='pg_dump'\npg_dumpall='pg_dumpall'\n\
                   user=''\ncompress_mode=''\nall='N'\nglobals='N'\nset --\nall_file=''\nglobals_file=''\n";
    given("<cb_config/>", "shell --no-validate").is(0, nothing, "");
}

/// What stands in the section; what `shell` says of files from `all_file=` on; what `files` prints.
#[rustfmt::skip]
const FILES: [[&str; 3]; 4] = [
    ["<compress_mode>gzip</compress_mode><all>Y</all>",
     "'postgresqldump.txt.gz'\nglobals_file=''\n",
     "/opt/backup/collect/postgresqldump.txt.gz\n"],
    // The dump of the whole cluster holds roles and tablespaces.
    ["<compress_mode>gzip</compress_mode><all>Y</all><globals>y</globals>",
     "'postgresqldump.txt.gz'\nglobals_file=''\n",
     "/opt/backup/collect/postgresqldump.txt.gz\n"],
    ["<compress_mode>none</compress_mode><database>b</database><database>a</database><globals>Y</globals>",
     "''\nglobals_file='postgresqlglobals.txt'\nfile_1='postgresqldump-b.txt'\nfile_2='postgresqldump-a.txt'\n",
     "/opt/backup/collect/postgresqlglobals.txt\n/opt/backup/collect/postgresqldump-b.txt\n\
      /opt/backup/collect/postgresqldump-a.txt\n"],
    // A slash would lead out of the directory. A name without one stays as Cedar has it, `%` and all.
    ["<compress_mode>bzip2</compress_mode><database>../50%/x</database><database>50%</database><database>50%</database>",
     "''\nglobals_file=''\nfile_1='postgresqldump-..%2F50%25%2Fx.txt.bz2'\nfile_2='postgresqldump-50%.txt.bz2'\n\
      file_3='postgresqldump-50%.txt.bz2'\n",
     "/opt/backup/collect/postgresqldump-..%2F50%25%2Fx.txt.bz2\n/opt/backup/collect/postgresqldump-50%.txt.bz2\n"],
];

#[test]
fn files_are_named_as_cedar_names_them_in_collect_dir() {
    for [section, shell, files] in FILES {
        let (start, _) = CONFIG.split_once("<postgresql>").expect("a section");
        let document = format!("{start}<postgresql>{section}</postgresql></cb_config>");
        let printed = given(&document, "shell").stdout;
        let (_, named) = printed.split_once("all_file=").expect("names of files");
        assert_eq!(named, shell, "{section}");
        given(&document, "files").is(0, files, "");
        given(&document, "files -0").is(0, &files.replace('\n', "\0"), "");
    }
}

#[test]
fn a_collect_dir_that_ends_with_a_slash_needs_no_other() {
    for (directory, path) in [
        ("/c/", "/c/postgresqldump-db1.txt.bz2"),
        ("/", "/postgresqldump-db1.txt.bz2"),
    ] {
        let printed = given(CONFIG.replace("/opt/backup/collect", directory), "files").stdout;
        assert_eq!(printed.lines().next(), Some(path), "{directory}");
    }
}

#[test]
fn a_list_is_a_name_a_line_or_ended_by_nul() {
    given(CONFIG, "databases").is(0, "db1\nO'Reilly & $HOME\n", "");
    given(CONFIG, "databases -0").is(0, "db1\0O'Reilly & $HOME\0", "");
    let newline = CONFIG.replace("db1", "d\nb");
    let files = "/opt/backup/collect/postgresqldump-d\nb.txt.bz2\0/opt/backup/collect/postgresqldump-O'Reilly & $HOME.txt.bz2\0";
    given(&newline, "databases --null").is(0, "d\nb\0O'Reilly & $HOME\0", "");
    given(&newline, "files --null").is(0, files, "");
    let directory = CONFIG.replace("/opt/backup/collect", "/c\n");
    for (document, list, culprit) in [
        (&newline, "databases", "\"d\\nb\""),
        (
            &newline,
            "files",
            "\"/opt/backup/collect/postgresqldump-d\\nb.txt.bz2\"",
        ),
    ] {
        let stderr = format!(
            "cback-pgconf: {culprit} holds a line end\n\
             cback-pgconf: hint: use --null\n"
        );
        given(document, list).is(1, "", &stderr);
    }
}

#[test]
fn a_file_is_named_in_what_is_said_of_it() {
    let (_kept, path) = file("<cb_config>");
    let stderr = format!("cback-pgconf: {path}:1:1: `<cb_config>` is never closed\n");
    for command in ["check", "shell", "databases", "files"] {
        run(&mut pgconf(&[command, "--", &path]), b"").is(1, "", &stderr);
    }
    run(&mut pgconf(&["add", "--no-validate", &path]), b"").is(1, "", &stderr);
    given("", "check /").is(1, "", "cback-pgconf: /: Is a directory (os error 21)\n");
    // Its name is shown in one line, and without what a terminal obeys.
    let stderr = "cback-pgconf: /no\\n\\u{1b}such: No such file or directory (os error 2)\n\
                  cback-pgconf: hint: cback-pgconf --help shows a whole configuration\n";
    for command in ["check", "shell", "files"] {
        run(&mut pgconf(&[command, "/no\n\u{1b}such"]), b"").is(1, "", stderr);
    }
}

#[test]
fn wrong_usage_has_status_2_in_claps_own_words() {
    for arguments in [
        "",
        "no-such",
        "shell --no-such",
        "json",
        "shell a b",
        "check --no-validate",
        "files --section-only",
        "add --compress-mode xz",
        "add --user",
    ] {
        let said = given("", arguments);
        said.is(2, "", &said.stderr);
        assert!(said.stderr.contains("--help"), "{}", said.what);
    }
}

#[test]
fn help_and_version_are_printed() {
    for arguments in ["--help", "-h", "add --help"] {
        let help = given("", arguments);
        help.is(0, &help.stdout, "");
        assert!(help.stdout.contains("Usage: cback-pgconf"), "{arguments}");
    }
    let version = format!("cback-pgconf {}\n", env!("CARGO_PKG_VERSION"));
    given("", "--version").is(0, &version, "");
    // The example in it is a good one.
    let help = given("", "--help").stdout;
    let start = help.find("<cb_config>").expect("an example");
    given(&help[start..], "check --strict").is(0, "", "");
}

const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

/// `sh`, where `"$1"` is the program and `"$2"` a file.
fn sh(script: &str, file: &str) -> Said {
    run(
        Command::new("sh").args(["-c", script, "sh", PROGRAM, file]),
        b"",
    )
}

#[test]
fn an_output_that_is_full_or_closed_is_a_failure() {
    let (_kept, path) = file(CONFIG);
    let add = "add --replace --all --compress-mode none";
    for command in ["shell", "databases", "files", add] {
        for (output, cause) in [
            (">/dev/full", "No space left on device (os error 28)"),
            (">&-", CLOSED),
            ("1<>/dev/null", CLOSED),
        ] {
            let stderr = format!("cback-pgconf: standard output: {cause}\n");
            sh(&format!("\"$1\" {command} \"$2\" {output}"), &path).is(1, "", &stderr);
        }
    }
    // What clap prints is no exception.
    for (output, cause) in [
        (">/dev/full", "No space left on device (os error 28)"),
        (">&-", CLOSED),
    ] {
        for words in ["--help", "-h", "--version", "check --help"] {
            let stderr = format!("cback-pgconf: standard output: {cause}\n");
            sh(&format!("\"$1\" {words} {output}"), "").is(1, "", &stderr);
        }
    }
    // But not one that is thrown away on purpose.
    sh("\"$1\" shell \"$2\" >/dev/null", &path).is(0, "", "");
}

/// No FILE keeps a run waiting for what never comes; whoever writes to a pipe is waited for, though.
#[test]
fn a_fifo_is_read_if_somebody_writes_to_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let fifo = directory.path().join("fifo");
    let fifo = fifo.to_str().expect("UTF-8");
    assert!(
        Command::new("mkfifo")
            .arg(fifo)
            .status()
            .expect("it starts")
            .success()
    );
    let empty = format!("cback-pgconf: {fifo}:1:1: the document has no root element\n");
    run(&mut pgconf(&["check", fifo]), b"").is(1, "", &empty);
    let (_kept, path) = file(CONFIG);
    let script = "\"$0\" check --strict <(sleep 0.1; cat \"$1\")";
    run(
        Command::new("bash").args(["-c", script, PROGRAM, &path]),
        b"",
    )
    .is(0, "", "");
    given(CONFIG, "check --strict /dev/stdin").is(0, "", "");
}

/// As a parent may hand it on that reads from it without waiting. A shell waits for its own turn: until
/// `check` has ended, it would be told that nothing is there.
#[test]
fn standard_input_that_does_not_block_is_waited_for() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    rustix::io::ioctl_fionbio(&reader, true).expect("it can be set");
    let mut child = pgconf(&["check", "--strict"])
        .stdin(reader)
        .spawn()
        .expect("it starts");
    writer
        .write_all(&CONFIG.as_bytes()[..100])
        .expect("it is read");
    // Read until there is nothing left.
    let left = || rustix::io::ioctl_fionread(&writer).expect("a pipe");
    cback_tests::wait_for("the first part to be read", Duration::from_secs(60), || {
        left() == 0
    });
    writer
        .write_all(&CONFIG.as_bytes()[100..])
        .expect("it is read");
    drop(writer);
    assert!(child.wait().expect("a child of ours").success());
}

#[test]
fn an_error_output_that_is_full_or_closed_changes_no_status() {
    for output in ["2>/dev/full", "2>&-", ">&- 2>&-"] {
        sh(&format!("\"$1\" check /nonexistent {output}"), "").is(1, "", "");
    }
}

#[test]
fn a_reader_that_went_away_is_a_quiet_failure() {
    let (_kept, path) = file(CONFIG);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = pgconf(&["shell", &path]);
    let output = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("it starts");
    assert_eq!((output.status.code(), &*output.stderr), (Some(1), &b""[..]));
}

/// A pipe in packet mode keeps each write for itself.
#[test]
fn a_message_is_one_write_with_its_hint() {
    use rustix::pipe::{PipeFlags, pipe_with};
    let (reader, writer) = pipe_with(PipeFlags::DIRECT).expect("a pipe");
    let (_kept, path) = file(&CONFIG.replace("<user>", "<usr/><usr/><user>"));
    let status = pgconf(&["check", &path]).stderr(writer).status();
    assert!(status.expect("it starts").success());
    let (mut reader, mut packets, mut packet) = (File::from(reader), Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = reader.read(&mut packet) {
        packets.push(String::from_utf8_lossy(&packet[..length]).into_owned());
    }
    let whole = |packet: &String| {
        packet.contains("warning: ") && packet.ends_with("\ncback-pgconf: hint: write <user>\n")
    };
    assert!(
        packets.len() == 2 && packets.iter().all(whole),
        "{packets:?}"
    );
}
