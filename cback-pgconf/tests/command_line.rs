//! Options, statuses and outputs.

#[path = "program/mod.rs"]
mod program;

use std::fs::{File, write};
use std::io::Read;
use std::process::{Command, Stdio};

use program::{Said, given, pgconf, said};
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

/// A file that holds this.
fn file(directory: &TempDir, text: &str) -> String {
    let path = directory.path().join("cback3.conf");
    write(&path, text).expect("it can be written");
    path.to_str().expect("UTF-8").to_owned()
}

const AROUND: &str = "collect_dir='/opt/backup/collect'\nbackup_user='backup'\nbackup_group='staff'\n\
    pg_dump='pg_dump'\npg_dumpall='/opt/it'\\''s/pg_dumpall'\n";
const SECTION: &str = "user='plogin'\ncompress_mode='bzip2'\nall='N'\nglobals='N'\n\
    set -- 'db1' 'O'\\''Reilly & $HOME'\n";
const FILES: &str = "all_file=''\nglobals_file=''\nfile_1='postgresqldump-db1.txt.bz2'\n\
    file_2='postgresqldump-O'\\''Reilly & $HOME.txt.bz2'\n";

#[test]
fn shell_prints_assignments_in_this_order() {
    let whole = [AROUND, SECTION, FILES].concat();
    given(CONFIG, pgconf(["shell"])).is(0, &whole, "");
    given(CONFIG, pgconf(["shell", "--section-only", "-"])).is(0, SECTION, "");
    let prefixed = |line: &str| match line {
        line if line.starts_with("set ") => format!("{line}\n"),
        line => format!("pg_{line}\n"),
    };
    let expected: String = whole.lines().map(prefixed).collect();
    given(CONFIG, pgconf(["shell", "--prefix", "pg_"])).is(0, &expected, "");
}

#[test]
fn no_validate_takes_what_can_be_read() {
    let nothing = "collect_dir=''\nbackup_user=''\nbackup_group=''\npg_dump='pg_dump'\npg_dumpall='pg_dumpall'\n\
                   user=''\ncompress_mode=''\nall='N'\nglobals='N'\nset --\nall_file=''\nglobals_file=''\n";
    given("<cb_config/>", pgconf(["shell", "--no-validate"])).is(0, nothing, "");
}

/// The names of files that a section means, by `shell` and by `files`.
fn check_files(section: &str, shell: &str, files: &str) {
    let start = CONFIG.find("<postgresql>").expect("a section");
    let document = [
        &CONFIG[..start],
        "<postgresql>",
        section,
        "</postgresql></cb_config>",
    ]
    .concat();
    let printed = given(&document, pgconf(["shell"]));
    let (_, named) = printed
        .stdout
        .split_once("all_file=")
        .expect("names of files");
    assert_eq!(named, shell, "{section}");
    given(&document, pgconf(["files"])).is(0, files, "");
    let null = files.replace('\n', "\0");
    given(&document, pgconf(["files", "-0"])).is(0, &null, "");
}

#[test]
fn files_are_named_as_cedar_names_them_in_collect_dir() {
    check_files(
        "<compress_mode>gzip</compress_mode><all>Y</all>",
        "'postgresqldump.txt.gz'\nglobals_file=''\n",
        "/opt/backup/collect/postgresqldump.txt.gz\n",
    );
    check_files(
        "<compress_mode>none</compress_mode><database>b</database><database>a</database><globals>Y</globals>",
        "''\nglobals_file='postgresqlglobals.txt'\nfile_1='postgresqldump-b.txt'\nfile_2='postgresqldump-a.txt'\n",
        "/opt/backup/collect/postgresqlglobals.txt\n/opt/backup/collect/postgresqldump-b.txt\n\
         /opt/backup/collect/postgresqldump-a.txt\n",
    );
}

/// A slash would lead out of the directory. A name without one stays as Cedar has it, `%` and all.
#[test]
fn a_slash_in_a_name_leads_nowhere_and_a_name_given_twice_has_one_file() {
    check_files(
        "<compress_mode>bzip2</compress_mode><database>../50%/x</database><database>50%</database><database>50%</database>",
        "''\nglobals_file=''\nfile_1='postgresqldump-..%2F50%25%2Fx.txt.bz2'\nfile_2='postgresqldump-50%.txt.bz2'\n\
         file_3='postgresqldump-50%.txt.bz2'\n",
        "/opt/backup/collect/postgresqldump-..%2F50%25%2Fx.txt.bz2\n/opt/backup/collect/postgresqldump-50%.txt.bz2\n",
    );
}

/// The dump of the whole cluster holds roles and tablespaces.
#[test]
fn globals_beside_all_are_no_file() {
    check_files(
        "<compress_mode>gzip</compress_mode><all>Y</all><globals>y</globals>",
        "'postgresqldump.txt.gz'\nglobals_file=''\n",
        "/opt/backup/collect/postgresqldump.txt.gz\n",
    );
}

#[test]
fn a_collect_dir_that_ends_with_a_slash_needs_no_other() {
    let at = |directory| CONFIG.replace("/opt/backup/collect", directory);
    let first = |said: Said| said.stdout.lines().next().map(str::to_owned);
    let path = first(given(at("/c/"), pgconf(["files"])));
    assert_eq!(path.as_deref(), Some("/c/postgresqldump-db1.txt.bz2"));
    let path = first(given(at("/"), pgconf(["files"])));
    assert_eq!(path.as_deref(), Some("/postgresqldump-db1.txt.bz2"));
}

#[test]
fn json_prints_one_object_with_the_same_names() {
    let around = "\"collect_dir\":\"/opt/backup/collect\",\"backup_user\":\"backup\",\"backup_group\":\"staff\",\
        \"pg_dump\":\"pg_dump\",\"pg_dumpall\":\"/opt/it's/pg_dumpall\",";
    let section = "\"user\":\"plogin\",\"compress_mode\":\"bzip2\",\"all\":false,\"globals\":false,\
        \"databases\":[\"db1\",\"O'Reilly & $HOME\"]";
    given(CONFIG, pgconf(["json"])).is(0, &format!("{{{around}{section}}}\n"), "");
    given(CONFIG, pgconf(["json", "--section-only"])).is(0, &format!("{{{section}}}\n"), "");
    let unset = "{\"user\":null,\"compress_mode\":null,\"all\":false,\"globals\":false,\"databases\":null}\n";
    given(
        "<cb_config/>",
        pgconf(["json", "--section-only", "--no-validate"]),
    )
    .is(0, unset, "");
    let all = "<cb_config><postgresql><all>y</all><globals>y</globals><compress_mode>none</compress_mode></postgresql></cb_config>";
    let printed = "{\"user\":null,\"compress_mode\":\"none\",\"all\":true,\"globals\":true,\"databases\":null}\n";
    given(all, pgconf(["json", "--section-only"])).is(0, printed, "");
}

#[test]
fn a_list_is_a_name_a_line_or_ended_by_nul() {
    given(CONFIG, pgconf(["databases"])).is(0, "db1\nO'Reilly & $HOME\n", "");
    for null in ["-0", "--null"] {
        given(CONFIG, pgconf(["databases", null])).is(0, "db1\0O'Reilly & $HOME\0", "");
    }
    let newline = CONFIG.replace("db1", "d\nb");
    let files = "/opt/backup/collect/postgresqldump-d\nb.txt.bz2\0/opt/backup/collect/postgresqldump-O'Reilly & $HOME.txt.bz2\0";
    given(&newline, pgconf(["databases", "-0"])).is(0, "d\nb\0O'Reilly & $HOME\0", "");
    given(&newline, pgconf(["files", "--null"])).is(0, files, "");
    for list in ["databases", "files"] {
        let stderr = "cback-pgconf: standard input:14:7: database \"d\\nb\" has a line end in its name\n\
                      cback-pgconf: hint: use --null\n";
        given(&newline, pgconf([list])).is(1, "", stderr);
    }
    let stderr = "cback-pgconf: standard input:9:13: collect_dir \"/c\\n\" has a line end in its name\n\
                  cback-pgconf: hint: use --null\n";
    given(
        CONFIG.replace("/opt/backup/collect", "/c\n"),
        pgconf(["files"]),
    )
    .is(1, "", stderr);
}

#[test]
fn a_file_is_named_in_what_is_said_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, "<cb_config>");
    let stderr = format!("cback-pgconf: {path}:1:1: `<cb_config>` is never closed\n");
    for command in ["check", "shell", "json", "databases", "files"] {
        said(&mut pgconf([command, "--", &path])).is(1, "", &stderr);
    }
    said(&mut pgconf(["add", "--no-validate", &path])).is(1, "", &stderr);
    let place = directory.path().display();
    let stderr = format!("cback-pgconf: {place}: Is a directory (os error 21)\n");
    said(&mut pgconf([
        "check".as_ref(),
        directory.path().as_os_str(),
    ]))
    .is(1, "", &stderr);
}

/// Its name is shown in one line, and without what a terminal obeys.
#[test]
fn a_file_that_is_missing_is_told_with_where_to_see_an_example() {
    for command in ["check", "shell", "files"] {
        let stderr = "cback-pgconf: /no\\n\\u{1b}such: No such file or directory (os error 2)\n\
                      cback-pgconf: hint: cback-pgconf --help shows a whole configuration\n";
        said(&mut pgconf([command, "/no\n\u{1b}such"])).is(1, "", stderr);
    }
}

#[test]
fn the_example_in_the_help_is_a_good_one() {
    let help = said(&mut pgconf(["--help"])).stdout;
    let start = help.find("<cb_config>").expect("an example");
    given(&help[start..], pgconf(["check", "--strict"])).is(0, "", "");
}

/// In clap's own words.
#[test]
fn wrong_usage_has_status_2() {
    let cases: [&[&str]; 10] = [
        &[],
        &["no-such"],
        &["shell", "--no-such"],
        &["shell", "--prefix", "1x"],
        &["shell", "--prefix", "a-b"],
        &["shell", "a", "b"],
        &["check", "--no-validate"],
        &["files", "--section-only"],
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
        assert!(said.stderr.contains("--help"), "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_printed() {
    for arguments in [&["--help"][..], &["-h"], &["add", "--help"]] {
        let said = said(&mut pgconf(arguments));
        assert!(said.stdout.contains("Usage: cback-pgconf"), "{arguments:?}");
        assert_eq!(
            (said.status, said.stderr.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
    let version = format!("cback-pgconf {}\n", env!("CARGO_PKG_VERSION"));
    said(&mut pgconf(["--version"])).is(0, &version, "");
}

const CLOSED: &str =
    "closed (or /dev/null opened for reading as well as writing, which looks the same)";

/// `sh`, where `"$1"` is the program and `"$2"` a file.
fn sh(script: &str, file: &str) -> Said {
    let program = env!("CARGO_BIN_EXE_cback-pgconf");
    said(Command::new("sh").args(["-c", script, "sh", program, file]))
}

#[test]
fn an_output_that_is_full_or_closed_is_a_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, CONFIG);
    let add = "add --replace --all --compress-mode none";
    for command in ["shell", "json", "databases", "files", add] {
        for (output, cause) in [
            (">/dev/full", "No space left on device (os error 28)"),
            (">&-", CLOSED),
            ("1<>/dev/null", CLOSED),
        ] {
            let stderr = format!("cback-pgconf: standard output: {cause}\n");
            sh(&format!("\"$1\" {command} \"$2\" {output}"), &path).is(1, "", &stderr);
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
        let stderr = format!("cback-pgconf: standard input: {cause}\n");
        sh(&format!("\"$1\" check {input}"), "").is(1, "", &stderr);
    }
}

#[test]
fn an_output_thrown_away_on_purpose_is_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, CONFIG);
    let null = File::options().write(true).open("/dev/null");
    let mut command = pgconf(["shell", &path]);
    let status = command.stdout(null.expect("it is there")).status();
    assert_eq!(status.expect("it starts").code(), Some(0));
}

#[test]
fn an_error_output_that_is_full_or_closed_changes_no_status() {
    for output in ["2>/dev/full", "2>&-", ">&- 2>&-"] {
        sh(&format!("\"$1\" check /nonexistent {output}"), "").is(1, "", "");
    }
}

#[test]
fn a_reader_that_went_away_is_a_quiet_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, CONFIG);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = pgconf(["shell", &path]);
    let output = command.stdout(writer).stderr(Stdio::piped()).output();
    Said::from(output.expect("it starts")).is(1, "", "");
}

/// A pipe in packet mode keeps each write for itself.
#[test]
fn a_message_is_one_write_with_its_hint() {
    use rustix::pipe::{PipeFlags, pipe_with};
    let (reader, writer) = pipe_with(PipeFlags::DIRECT).expect("a pipe");
    let twice = CONFIG.replace("<user>", "<usr/><usr/><user>");
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &twice);
    let mut child = pgconf(["check", &path]);
    assert!(child.stderr(writer).status().expect("it starts").success());
    drop(child);
    let said = said(&mut pgconf(["check", &path])).stderr;
    let (mut reader, mut packets, mut packet) = (File::from(reader), Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = reader.read(&mut packet) {
        packets.push(String::from_utf8_lossy(&packet[..length]).into_owned());
    }
    assert_eq!(packets.concat(), said);
    assert!(
        packets.len() > 1 && packets.iter().all(|packet| packet.contains("warning: ")),
        "{packets:?}"
    );
    assert!(
        packets[1].ends_with("\ncback-pgconf: hint: write <user>\n"),
        "{packets:?}"
    );
}
