//! What `check` says of a configuration that is valid, but perhaps not what was meant.

use crate::{CONFIG, PROGRAM, given, message, pgconf, run};
use cback_tests::skipped_without_root;
use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

/// What is put in place of what, the warning, its hint.
#[rustfmt::skip]
const CASES: &[[&str; 4]] = &[
    ["plogin<", "p<![CDATA[login]]><", "11:7: warning: the CDATA section in <user> is not read", ""],
    ["plogin<", "p<!-- -->login<", "11:7: warning: only the first text in <user> is read", ""],
    ["plogin<", "plogin <", "11:7: warning: the blanks around <user> are part of it", ""],
    ["plogin<", "\n<", "11:7: warning: the blanks around <user> are part of it", ""],
    ["plogin<", "p</user><user>q<", "11:21: warning: another <user> is ignored", ""],
    ["<user>plogin</user>", "<xy>\n<x/></xy>", "11:7: warning: unknown element <xy> is ignored", ""],
    ["<user>plogin</user>", "<Database>x</Database>", "11:7: warning: unknown element <Database> is ignored", "write <database>"],
    ["<user>plogin</user>", "<databse>x</databse>", "11:7: warning: unknown element <databse> is ignored", "write <database>"],
    ["<user>plogin</user>", "<global>Y</global>", "11:7: warning: unknown element <global> is ignored", "write <globals>"],
    ["<user>plogin</user>", "<globals>Y</globals><globals>N</globals>", "11:27: warning: another <globals> is ignored", ""],
    ["<user>plogin</user>", "<database/>", "11:7: warning: a <database> without a name is ignored", ""],
    [">O'Reilly &amp; $HOME<", ">\u{9b}\u{202e}</database><database>\u{9b}\u{202e}<", "15:30: warning: database \"\\u{9b}\\u{202e}\" is named twice", ""],
    [">O'Reilly &amp; $HOME<", ">db1<", "15:7: warning: database \"db1\" is named twice", ""],
    ["</cb_config>", "<postgresql><x/></postgresql></cb_config>", "17:1: warning: another <postgresql> section is ignored", ""],
    ["</cb_config>", "é\t<postgresql/></cb_config>", "17:3: warning: another <postgresql> section is ignored", ""],
    ["   <all>N</all>\n      <database>db1</database>\n      <database>O'Reilly &amp; $HOME</database>", "<all>y</all>\n<globals>Y</globals>",
     "14:1: warning: globals adds nothing to all, whose dump holds roles and tablespaces already", ""],
    // Elsewhere: not looked at with --section-only.
    [">backup<", ">\u{a0}backup<", "4:7: warning: the blanks around <backup_user> are part of it", ""],
    [">pg_dumpall<", ">pg_dumpall\n<", "6:17: warning: the blanks around <command> are part of it", ""],
    ["<collect>", "<collect><collect_dir/><collect_dir><![CDATA[/x]]></collect_dir>", "9:27: warning: the CDATA section in <collect_dir> is not read", ""],
    ["</collect>", "</collect><collect/>", "9:69: warning: another <collect> section is ignored", ""],
];

#[test]
fn check_warns_of_what_cedar_reads_otherwise_than_meant() {
    for [old, new, warning, hint] in CASES {
        let document = CONFIG.replacen(old, new, 1);
        assert_ne!(document, CONFIG);
        let stderr = message(warning, hint);
        given(&document, "check").is(0, "", &stderr);
        given(&document, "check --strict").is(1, "", &stderr);
        let is_in_section = warning.starts_with('1');
        let section = given(&document, "check --strict --section-only");
        assert_eq!(section.status(), i32::from(is_in_section), "{new}");
        assert_eq!(given(&document, "shell").stderr, "");
    }
    given(CONFIG, "check --strict").is(0, "", "");
}

#[test]
fn warnings_come_in_the_order_of_the_document() {
    let document = CONFIG
        .replace("<all>", "<x/>\r\né<y/><all>")
        .replace(">staff", "> staff");
    let lines = "cback-pgconf: standard input:5:7: warning: the blanks around <backup_group> are part of it\n\
                 cback-pgconf: standard input:13:7: warning: unknown element <x> is ignored\n\
                 cback-pgconf: standard input:14:2: warning: unknown element <y> is ignored\n";
    given(document, "check").is(0, "", lines);
}

/// Causes and hints.
type Right = [&'static str; 2];
#[rustfmt::skip]
const GROUP_WRITES: Right = ["can be written by its group, and names programs to run", "chmod g-w FILE"];
#[rustfmt::skip]
const ALL_WRITE: Right = ["can be written by others, and names programs to run", "chmod go-w FILE"];
#[rustfmt::skip]
const GROUP_READS: Right = ["can be read by its group", "unless the group has to read it, chmod g-r FILE"];
#[rustfmt::skip]
const ALL_READ: Right = ["can be read by everybody", "let its readers own it or be in its group, then chmod o-r FILE"];

/// Each path is quoted for a shell in the hint.
fn of_rights(file: &Path, mode: u32, rights: &[Right]) -> String {
    let file = file.display().to_string();
    let quoted = format!("'{}'", file.replace('\'', "'\\''"));
    let lines = rights.iter().map(|[cause, hint]| {
        let hint = hint.replace("FILE", &quoted);
        format!(
            "cback-pgconf: {file}: warning: {cause} (mode {mode:04o})\ncback-pgconf: hint: {hint}\n"
        )
    });
    lines.collect()
}

#[test]
fn check_warns_of_a_file_that_others_can_read_or_write() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("it's.conf");
    write(&file, CONFIG).expect("it can be written");
    let cases: [(u32, &[Right]); 8] = [
        (0o600, &[]),
        (0o700, &[]),
        (0o620, &[GROUP_WRITES]),
        (0o602, &[ALL_WRITE]),
        (0o640, &[GROUP_READS]),
        (0o604, &[ALL_READ]),
        (0o644, &[ALL_READ]),
        (0o660, &[GROUP_WRITES, GROUP_READS]),
    ];
    for (mode, rights) in cases {
        set_permissions(&file, Permissions::from_mode(mode)).expect("it is ours");
        let stderr = of_rights(&file, mode, rights);
        let with_file = |arguments: &[&str]| run(pgconf(arguments).arg(&file), b"");
        with_file(&["check"]).is(0, "", &stderr);
        with_file(&["check", "--strict"]).is(i32::from(!rights.is_empty()), "", &stderr);
        assert_eq!(with_file(&["shell"]).stderr, "");
    }
}

/// As root:postgres 0640 is read by a service: for that one, the group is no stranger, and to take
/// its right away would end the backups.
#[test]
fn the_group_that_reads_the_file_is_no_stranger() {
    if skipped_without_root("to become another user") {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let program = directory.path().join("cback-pgconf");
    let file = directory.path().join("cback3.conf");
    // Not std's copy: a process started meanwhile by another test would hold it open for writing.
    let copied = Command::new("cp").arg(PROGRAM).arg(&program).status();
    assert!(copied.expect("cp starts").success());
    write(&file, CONFIG).expect("it can be written");
    set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("it is ours");
    let (owner, reader, group, other) = (4001, 4002, 4003, 4004);
    chown(&file, Some(owner), Some(group)).expect("root may");
    let check = |mode, [user, group, groups]: [u32; 3], rights: &[Right]| {
        set_permissions(&file, Permissions::from_mode(mode)).expect("root may");
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={user}"))
            .arg(format!("--regid={group}"));
        command
            .arg(format!("--groups={groups}"))
            .arg(&program)
            .arg("check")
            .arg(&file);
        run(&mut command, b"").is(0, "", &of_rights(&file, mode, rights));
    };
    check(0o640, [reader, group, other], &[]);
    check(0o640, [reader, other, group], &[]);
    check(0o660, [reader, group, other], &[GROUP_WRITES]);
    check(0o640, [owner, group, group], &[GROUP_READS]);
    check(0o640, [0, group, group], &[GROUP_READS]);
    check(0o644, [reader, other, other], &[ALL_READ]);
    check(0o644, [reader, group, group], &[ALL_READ]);
}
