//! "Warnings (exit 0; `--strict` makes them exit 1)" of a configuration that is valid, but perhaps not as
//! it was meant.

use crate::{CONFIG, PROGRAM, given, message, run};
use cback_tests::skipped_without_root;
use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

/// A part of the document, another in its place, the warning, its hint.
#[rustfmt::skip]
const CASES: &[[&str; 4]] = &[
    ["plogin<", "p<![CDATA[login]]><", "11:7: warning: the CDATA section in <user> is ignored: write plain text", ""],
    ["plogin<", "p<!-- -->login<", "11:7: warning: only the first stretch of text in <user> is read", ""],
    ["plogin<", "p</user><user>q<", "11:21: warning: another <user> is ignored", ""],
    ["<user>plogin</user>", "<xy>\n<x/></xy>", "11:7: warning: unknown element <xy> is ignored", ""],
    ["<user>plogin</user>", "<databse>x</databse>", "11:7: warning: unknown element <databse> is ignored", "write <database>"],
    ["<user>plogin</user>", "<database/>", "11:7: warning: a <database> without a name is ignored", ""],
    [">O'Reilly &amp; $HOME<", ">\u{9b}\u{202e}</database><database>\u{9b}\u{202e}<", "15:30: warning: database \"\\u{9b}\\u{202e}\" is named twice", ""],
    ["</cb_config>", "é\t<postgresql><x/></postgresql></cb_config>", "17:3: warning: another <postgresql> section is ignored", ""],
    ["   <all>N</all>\n      <database>db1</database>\n      <database>O'Reilly &amp; $HOME</database>", "<all>y</all>\n<globals>Y</globals>",
     "14:1: warning: globals adds nothing to all, with which roles and tablespaces are backed up already", ""],
    ["      <all>", "<exclude>x</exclude><exclude>x</exclude><all>", "13:21: warning: exclude \"x\" is named twice", ""],
    ["      <all>", "<exclude>db1</exclude><all>", "13:1: warning: database \"db1\" is named as well as excluded", ""],
    ["      <all>", "<separate>y</separate><all>", "13:1: warning: separate adds nothing without all", ""],
    ["   <all>N</all>\n      <database>db1</database>\n      <database>O'Reilly &amp; $HOME</database>", "<all>Y</all>\n<exclude>x</exclude>",
     "14:1: warning: exclude takes nothing out of all without separate", ""],
    ["   <all>N</all>\n      <database>db1</database>\n      <database>O'Reilly &amp; $HOME</database>", "<all>Y</all>\n<seperate>Y</seperate>",
     "14:1: warning: unknown element <seperate> is ignored", "write <separate>"],
    // Elsewhere: not looked at with --section-only.
    [">backup<", ">\u{a0}backup<", "4:7: warning: the blanks around the value of <backup_user> are part of it", ""],
    [">pg_dumpall<", ">pg_dumpall\n<", "6:17: warning: the blanks around the value of <command> are part of it", ""],
    ["<collect>", "<collect><collect_dir/><collect_dir><![CDATA[/x]]></collect_dir>", "9:27: warning: the CDATA section in <collect_dir> is ignored: write plain text", ""],
];

/// "A value that Cedar ignores (CDATA) or reads with blanks around it; an unknown element in the section;
/// a second `<postgresql>`; a database named twice." In the order of the document.
#[test]
fn check_warns_of_values_that_cedar_reads_otherwise_than_meant() {
    for [old, new, warning, hint] in CASES {
        let document = CONFIG.replacen(old, new, 1);
        let stderr = message(warning, hint);
        given(&document, "check").is(0, "", &stderr);
        given(&document, "check --strict").is(1, "", &stderr);
        let is_in_section = warning.starts_with('1');
        given(&document, "check --strict --section-only").has_status(i32::from(is_in_section));
        assert_eq!(given(&document, "shell").stderr, "");
    }
    given(CONFIG, "check --strict").is(0, "", "");
    let several = CONFIG
        .replace("<all>", "<x/>\r\né<y/><all>")
        .replace(">staff", "> staff");
    let told = given(several, "check").stderr;
    let places = told.split("cback-pgconf: standard input:").skip(1);
    let places: Vec<_> = places.filter_map(|it| it.split(": ").next()).collect();
    assert_eq!(places, ["5:7", "13:7", "14:2"]);
}

/// Causes and hints.
#[rustfmt::skip]
const RIGHTS: [[&str; 2]; 4] = [
    ["can be written by its group, and names programs to run", "chmod g-w"],
    ["can be written by others, and names programs to run", "chmod go-w"],
    ["can be read by its group", "unless the group has to read it, chmod g-r"],
    ["can be read by everybody", "let its readers own it or be in its group, then chmod o-r"],
];

/// "FILE can be read or written by others than its owner (but reading through its group is fine where that
/// is how the caller itself reads it)": a service reads root:postgres 0640, and to take that right away
/// would end the backups.
#[test]
fn check_warns_of_a_file_that_others_can_read_or_write() {
    let directory = tempfile::tempdir().expect("a directory");
    let [program, file] = ["cback-pgconf", "it's.conf"].map(|name| directory.path().join(name));
    // Not std's copy: a process started meanwhile by another test would hold it open for writing.
    let copied = Command::new("cp").arg(PROGRAM).arg(&program).status();
    assert!(copied.expect("cp starts").success());
    write(&file, CONFIG).expect("it can be written");
    let name = file.display().to_string();
    let quoted = format!("'{}'", name.replace('\'', "'\\''"));
    let [group_writes, all_write, group_reads, all_read] = RIGHTS;
    let check = |mut command: Command, mode, rights: &[[&str; 2]]| {
        set_permissions(&file, Permissions::from_mode(mode)).expect("it is ours");
        let message = |[cause, hint]: &[&str; 2]| {
            let warning = format!("{name}: warning: {cause} (mode {mode:04o})");
            format!("cback-pgconf: {warning}\ncback-pgconf: hint: {hint} {quoted}\n")
        };
        let stderr = rights.iter().map(message).collect::<Vec<_>>().concat();
        command.arg(&program).args(["check", "--strict"]).arg(&file);
        run(&mut command, b"").is(i32::from(!rights.is_empty()), "", &stderr);
    };
    check(Command::new("env"), 0o700, &[]);
    check(Command::new("env"), 0o620, &[group_writes]);
    check(Command::new("env"), 0o602, &[all_write]);
    check(Command::new("env"), 0o640, &[group_reads]);
    check(Command::new("env"), 0o644, &[all_read]);
    check(Command::new("env"), 0o660, &[group_writes, group_reads]);
    if skipped_without_root("to become another user") {
        return;
    }
    set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("it is ours");
    let (owner, reader, group, other) = (4001, 4002, 4003, 4004);
    chown(&file, Some(owner), Some(group)).expect("root may");
    let account = |user, group, groups| {
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={user}"), format!("--regid={group}")]);
        command.arg(format!("--groups={groups}"));
        command
    };
    check(account(reader, group, other), 0o640, &[]);
    check(account(reader, other, group), 0o640, &[]);
    check(account(reader, group, other), 0o660, &[group_writes]);
    check(account(owner, group, group), 0o640, &[group_reads]);
    check(account(0, group, group), 0o640, &[group_reads]);
    check(account(reader, group, group), 0o644, &[all_read]);
}
