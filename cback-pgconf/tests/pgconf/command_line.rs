//! Options, statuses, inputs and outputs.

use crate::{CONFIG, by_sh, given, pgconf, run};
use cback_tests::{Finished, Run, wait_for};
use rustix::io::{ioctl_fionbio, ioctl_fionread};
use rustix::pipe::{PipeFlags, pipe_with};
use std::fs::File;
use std::io::{Read, Write};
use std::process::Command;
use std::time::Duration;
use tempfile::NamedTempFile;

/// "One per line, in this order (with `--section-only` those from `user` on). An unset value is `''`."
#[test]
#[rustfmt::skip]
fn shell_prints_assignments_in_this_order() {
    let around = "collect_dir='/opt/backup/collect'\nbackup_user='backup'\nbackup_group='staff'\n\
        pg_dump='pg_dump'\npg_dumpall='/opt/it'\\''s/pg_dumpall'\n";
    let section = "user='plogin'\ncompress_mode='bzip2'\nall='N'\nseparate='N'\nglobals='N'\nset -- 'db1' 'O'\\''Reilly & $HOME'\n";
    let files = "file_all=''\nfile_globals=''\nfile_1='postgresqldump-db1.txt.bz2'\n\
        file_2='postgresqldump-O'\\''Reilly & $HOME.txt.bz2'\n";
    given(CONFIG, "shell").is(0, &[around, section, files].concat(), "");
    given(CONFIG, "shell --section-only -").is(0, section, "");
    let nothing = "collect_dir=''\nbackup_user=''\nbackup_group=''\npg_dump='pg_dump'\npg_dumpall='pg_dumpall'\n\
        user=''\ncompress_mode=''\nall='N'\nseparate='N'\nglobals='N'\nset --\nfile_all=''\nfile_globals=''\n";
    given("<cb_config/>", "shell --no-validate").is(0, nothing, "");
}

/// The section; what `shell` prints of files from `file_all=` on; what `files` prints, after `/c/`.
#[rustfmt::skip]
const FILES: [[&str; 3]; 3] = [
    // The dump of the whole cluster holds roles and tablespaces.
    ["<compress_mode>gzip</compress_mode><all>Y</all><globals>y</globals>",
     "'postgresqldump.txt.gz'\nfile_globals=''\n", "/c/postgresqldump.txt.gz\n"],
    ["<compress_mode>none</compress_mode><database>b</database><database>a</database><globals>Y</globals>",
     "''\nfile_globals='postgresqlglobals.txt'\nfile_1='postgresqldump-b.txt'\nfile_2='postgresqldump-a.txt'\n",
     "/c/postgresqlglobals.txt\n/c/postgresqldump-b.txt\n/c/postgresqldump-a.txt\n"],
    // A slash would lead out of the directory. A name without one stays as Cedar has it, `%` and all. One that is given
    // twice is one database.
    ["<compress_mode>bzip2</compress_mode><database>../50%/x</database><database>50%</database><database>50%</database>",
     "''\nfile_globals=''\nfile_1='postgresqldump-..%2F50%25%2Fx.txt.bz2'\nfile_2='postgresqldump-50%.txt.bz2'\n",
     "/c/postgresqldump-..%2F50%25%2Fx.txt.bz2\n/c/postgresqldump-50%.txt.bz2\n"],
];

/// "`postgresqldump.txt` for all=Y, `postgresqldump-DATABASE.txt`, with `.gz` or `.bz2`, in `collect_dir`;
/// but `/` in a database's name becomes `%2F` (and then `%` becomes `%25`)."
#[test]
fn files_are_named_as_cedar_names_them_in_collect_dir() {
    let (start, _) = CONFIG.split_once("<postgresql>").expect("a section");
    for [section, shell, files] in FILES {
        for (directory, printed) in [("/c", "/c/"), ("/c/", "/c/"), ("/", "/")] {
            let start = start.replace("/opt/backup/collect", directory);
            let document = format!("{start}<postgresql>{section}</postgresql></cb_config>");
            let assignments = given(&document, "shell").stdout;
            let (_, named) = assignments.split_once("file_all=").expect("names of files");
            assert_eq!(named, shell, "{section}");
            let files = files.replace("/c/", printed);
            given(&document, "files").is(0, &files, "");
            given(&document, "files -0").is(0, &files.replace('\n', "\0"), "");
        }
    }
}

/// "A name a line, or NUL-ended with `-0`; without `-0` a name that contains a newline is an error."
#[test]
fn a_list_is_a_name_a_line_or_ended_by_nul() {
    given(CONFIG, "databases").is(0, "db1\nO'Reilly & $HOME\n", "");
    let newline = CONFIG.replace("db1", "d\nb");
    given(&newline, "databases --null").is(0, "d\nb\0O'Reilly & $HOME\0", "");
    let refusal = "holds a line end\ncback-pgconf: hint: use --null\n";
    given(&newline, "databases").is(1, "", &format!("cback-pgconf: \"d\\nb\" {refusal}"));
    given(&newline, "files").has_status(1);
}

/// "Naming the thing at fault (file, line and column, database) and the cause": in one line, without
/// anything that a terminal obeys.
#[test]
fn a_file_is_named_in_messages_of_it() {
    let mut file = NamedTempFile::with_prefix("\n\u{1b}").expect("room");
    file.write_all(b"<cb_config>").expect("room");
    let path = file.path().to_str().expect("UTF-8");
    let shown = path.replace('\n', "\\n").replace('\u{1b}', "\\u{1b}");
    let unclosed = format!("cback-pgconf: {shown}:1:1: `<cb_config>` is never closed\n");
    let missing = "cback-pgconf: /no: No such file or directory (os error 2)\n\
                   cback-pgconf: hint: cback-pgconf --help shows a whole configuration\n";
    for command in ["check", "shell", "databases", "files", "add --no-validate"] {
        let command: Vec<_> = command.split(' ').collect();
        run(pgconf(&command).args(["--", path]), b"").is(1, "", &unclosed);
        run(pgconf(&command).arg("/no"), b"").is(1, "", missing);
    }
    given("", "check /").is(1, "", "cback-pgconf: /: Is a directory (os error 21)\n");
}

/// "2 wrong usage": in clap's words.
#[test]
#[rustfmt::skip]
fn wrong_usage_has_status_2() {
    for arguments in ["", "no-such", "json", "shell --prefix x", "shell a b", "check --no-validate", "files --section-only", "add --compress-mode xz"] {
        let refused = given("", arguments);
        refused.is(2, "", &refused.stderr);
        assert!(refused.stderr.contains("--help"), "{}", refused.of);
    }
}

#[test]
fn help_and_version_are_printed() {
    let version = format!("cback-pgconf {}\n", env!("CARGO_PKG_VERSION"));
    given("", "--version").is(0, &version, "");
    assert!(given("", "-h").stdout.contains("Usage: cback-pgconf"));
    // The example in it is a good one.
    let help = given("", "--help").stdout;
    let start = help.find("<cb_config>").expect("an example");
    given(&help[start..], "check --strict").is(0, "", "");
}

#[rustfmt::skip]
const CLOSED: &str = "closed (or /dev/null opened for reading as well as writing, which looks the same)";
#[rustfmt::skip]
const OUTPUTS: [(&str, &str); 3] = [(">/dev/full", "No space left on device (os error 28)"), (">&-", CLOSED), ("1<>/dev/null", CLOSED)];
#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    "shell", "databases", "files", "add --replace --all --compress-mode none", "--help", "-h", "--version", "check --help",
];

/// "A write error, a short write, a failed flush or close of *data* is a failure, never swallowed": help
/// and the version too. An output that is thrown away on purpose is none, and standard error no data.
#[test]
fn an_output_that_is_full_or_closed_is_a_failure() {
    let redirected = |command: &str| by_sh("", command, CONFIG.as_bytes());
    for command in COMMANDS {
        for (output, cause) in OUTPUTS {
            let stderr = format!("cback-pgconf: standard output: {cause}\n");
            redirected(&format!("{command} {output}")).is(1, "", &stderr);
        }
        redirected(&format!("{command} >/dev/null")).is(0, "", "");
    }
    for output in ["2>/dev/full", "2>&-", ">&- 2>&-"] {
        redirected(&format!("check /nonexistent {output}")).is(1, "", "");
    }
    // "A closed reader (EPIPE) is a failure too, a quiet one."
    let unread = "f=$(mktemp -u); mkfifo $f; exec 3<>$f 4>$f 3<&-; rm $f;";
    by_sh(unread, "shell >&4", CONFIG.as_bytes()).is(1, "", "");
}

/// No FILE keeps a run waiting for what never comes; whoever writes to a pipe is waited for, though, also
/// where standard input does not block, as a parent may hand it on.
#[test]
fn a_pipe_is_waited_for_if_somebody_writes_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fifo").display().to_string();
    Command::new("mkfifo").arg(&path).run().succeeds();
    let empty = format!("cback-pgconf: {path}:1:1: the document has no root element\n");
    run(&mut pgconf(&["check", &path]), b"").is(1, "", &empty);
    let (reader, mut writer) = std::io::pipe().unwrap();
    ioctl_fionbio(&reader, true).unwrap();
    let mut check = pgconf(&["check", "--strict"]);
    let mut child = check.stdin(reader).spawn().unwrap();
    drop(check);
    let (start, end) = CONFIG.as_bytes().split_at(100);
    writer.write_all(start).unwrap();
    let is_read = || ioctl_fionread(&writer).unwrap() == 0;
    wait_for("the start to be read", Duration::from_secs(300), is_read);
    writer.write_all(end).unwrap();
    drop(writer);
    assert!(child.wait().unwrap().success());
}

/// "A message is one write": a pipe in packet mode keeps each for itself.
#[test]
fn a_message_is_one_write_with_its_hint() {
    let (reader, writer) = pipe_with(PipeFlags::DIRECT).unwrap();
    let mut config = NamedTempFile::new().unwrap();
    let document = CONFIG.replace("<user>", "<usr/><usr/><user>");
    config.write_all(document.as_bytes()).unwrap();
    let mut check = pgconf(&["check"]);
    check.arg(config.path()).stderr(writer).status().unwrap();
    drop(check);
    let (mut reader, mut packet) = (File::from(reader), [0; 4096]);
    for _ in 0..2 {
        let length = reader.read(&mut packet).unwrap();
        let text = String::from_utf8_lossy(&packet[..length]);
        let is_whole = text.contains("warning: ") && text.ends_with("hint: write <user>\n");
        assert!(is_whole, "{text}");
    }
    assert_eq!(reader.read(&mut packet).unwrap(), 0);
}
