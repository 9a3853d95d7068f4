//! `--input` and `--output`: files by name, in directories that others may write to.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use cback_tests::trace::{Call, calls, traced};
use cback_tests::{Finished, as_user, end_of, skipped_without_root, wrapped};
use tempfile::{TempDir, tempdir};

use crate::{PROGRAM, is_whole, output_of, program, run};

/// A directory with yesterday's `data.gz` in it.
fn collect_dir() -> TempDir {
    let directory = tempdir().unwrap();
    fs::write(directory.path().join("data.gz"), "yesterday's").unwrap();
    directory
}

/// The program, to write `data.gz` in `directory`.
fn writing(directory: &Path, arguments: &str) -> Command {
    let mut command = program(arguments);
    command.args(["--output", "data.gz"]).current_dir(directory);
    command
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const TRACED: [&str; 2] = ["-e", "trace=open,openat,fsync,linkat,rename"];

/// The calls by which `command` makes its file, puts it on the disk, and gives it its name.
fn filing(command: &Command, faults: &[&str]) -> Vec<Call> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let options = [&TRACED[..], faults].concat();
    run(&traced(command, log.path(), &options), b"data");
    calls(log.path())
}

/// The arguments for strace that have the call fail by which the file without a name is made.
fn without_unnamed_files() -> String {
    let calls = filing(&writing(tempdir().unwrap().path(), ""), &[]);
    let opened = calls.iter().filter(|call| call.name == "open");
    let at = opened.take_while(|call| !call.arguments.contains("O_TMPFILE"));
    format!("inject=open:error=EOPNOTSUPP:when={}", at.count() + 1)
}

/// "Nothing is ever half published": until the new file is whole, the last one is all there is.
#[test]
fn a_file_appears_when_it_is_whole_and_nothing_else_is_ever_there() {
    let directory = collect_dir();
    let mut command = writing(directory.path(), "--seal end");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut pipe, &vec![b'x'; 3 << 20]).unwrap();
    assert_eq!(names(directory.path()), ["data.gz"]);
    std::io::Write::write_all(&mut pipe, b"end").unwrap();
    drop(pipe);
    assert!(end_of(&mut child).success());
    assert_eq!(names(directory.path()), ["data.gz"]);
    let file = fs::read(directory.path().join("data.gz")).unwrap();
    assert!(is_whole("gzip", &file));
}

/// "... or the previous one stays as it was, byte for byte."
#[test]
fn whatever_fails_the_last_file_stays_and_nothing_beside_it() {
    let directory = collect_dir();
    let fails = |command: &Command, why: &str| {
        let said = run(command, b"data").fails(1);
        assert_eq!(said, format!("cback-compress: data.gz: {why}\n"));
        assert_eq!(names(directory.path()), ["data.gz"]);
        let file = fs::read(directory.path().join("data.gz")).unwrap();
        assert_eq!(file, b"yesterday's");
    };
    let writing = writing(directory.path(), "");
    let mut unsealed = program("--seal end --output data.gz");
    fails(
        unsealed.current_dir(directory.path()),
        "the input is incomplete, without its seal at the end: the output is left unfinished",
    );
    let unnamed = without_unnamed_files();
    for file_system in [&[][..], &["-e", &unnamed]] {
        for call in ["fsync", "rename"] {
            let fault = format!("inject={call}:error=EIO");
            let faults = [file_system, &["-e", &fault]].concat();
            let log = directory.path().with_extension("log");
            let command = traced(&writing, &log, &[&TRACED[..], &faults].concat());
            fails(&command, "Input/output error (os error 5)");
        }
    }
}

/// "A backup file appears by rename, complete, fsynced ..."
#[test]
fn a_file_is_on_the_disk_before_it_has_its_name() {
    for is_there in [false, true] {
        let directory = tempdir().unwrap();
        let command = writing(directory.path(), "");
        if is_there {
            fs::write(directory.path().join("data.gz"), "yesterday's").unwrap();
        }
        let calls = filing(&command, &[]);
        let names: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
        let expected = ["open", "fsync", "linkat", "linkat", "rename"];
        // The first linkat fails where there is a file; none is opened by name.
        assert!(
            names.ends_with(&expected[..if is_there { 5 } else { 3 }]),
            "{names:?}"
        );
    }
}

/// "At no moment does anything but a regular file stand in `collect_dir`, and none that looks like a finished
/// backup and is not", also after SIGKILL.
#[test]
fn what_a_kill_leaves_is_hidden_and_mostly_above_the_directory() {
    let top = tempdir().unwrap();
    let directory = top.path().join("collect");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("data.gz"), "yesterday's").unwrap();
    let command = writing(&directory, "");
    let unnamed = without_unnamed_files();
    let kill = "inject=rename:signal=KILL:error=EIO";
    let prefix = format!(".cback-compress.{}.", directory.metadata().unwrap().ino());
    for (faults, place) in [
        (&["-e", kill][..], top.path()),
        (&["-e", kill, "-e", &unnamed], &directory),
    ] {
        filing(&command, faults);
        let [hidden, other] = &names(place)[..] else {
            panic!("{:?}", names(place))
        };
        assert!(hidden.starts_with(&prefix), "{hidden}");
        assert!(["collect", "data.gz"].contains(&other.as_str()));
        let path = place.join(hidden);
        let stat = path.symlink_metadata().unwrap();
        assert!(stat.is_file() && stat.mode() & 0o777 == 0o600);
        fs::remove_file(path).unwrap();
        assert_eq!(names(&directory), ["data.gz"]);
    }
}

/// Where the directory above is on another mount, or not the caller's.
#[test]
fn where_the_directory_above_cannot_be_written_to_the_name_is_hidden_beside() {
    let directory = collect_dir();
    for error in ["EXDEV", "EACCES", "EROFS"] {
        let fault = format!("inject=linkat:error={error}:when=2");
        let calls = filing(&writing(directory.path(), ""), &["-e", &fault]);
        assert_eq!(names(directory.path()), ["data.gz"]);
        let is_linked_beside = |it: &Call| it.name == "linkat" && it.result == "0";
        assert!(calls.iter().any(is_linked_beside), "{error}: {calls:?}");
        let file = fs::read(directory.path().join("data.gz")).unwrap();
        assert!(is_whole("gzip", &file));
    }
}

/// "... owned and 0600": where a directory's default ACL, or a umask, would give it another mode.
#[test]
fn a_file_is_private_and_given_away_by_number() {
    let directory = collect_dir();
    let mut arguments = String::new();
    let mut owner = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    if !skipped_without_root("giving a file away") {
        owner = (12345, 54321);
        arguments = "--owner 12345:54321".to_owned();
    }
    let masked = ["sh", "-c", "umask 777 && exec \"$0\" \"$@\""];
    let command = wrapped(&masked, &writing(directory.path(), &arguments));
    run(&command, b"data").succeeds();
    let stat = fs::metadata(directory.path().join("data.gz")).unwrap();
    assert_eq!(
        (stat.uid(), stat.gid(), stat.mode() & 0o7777),
        (owner.0, owner.1, 0o600)
    );
}

#[test]
fn a_link_in_the_place_of_the_file_is_replaced_and_not_followed() {
    let directory = tempdir().unwrap();
    let target = directory.path().join("target");
    fs::write(&target, "somebody's").unwrap();
    symlink(&target, directory.path().join("data.gz")).unwrap();
    output_of(&writing(directory.path(), ""), b"data");
    let file = directory.path().join("data.gz");
    assert!(file.symlink_metadata().unwrap().is_file());
    assert_eq!(fs::read(&target).unwrap(), b"somebody's");
}

/// "... nothing is opened there that can block or lead away"
#[test]
fn an_input_that_is_no_regular_file_is_refused_at_once() {
    let directory = tempdir().unwrap();
    symlink("/etc/passwd", directory.path().join("link")).unwrap();
    Command::new("mkfifo")
        .arg(directory.path().join("fifo"))
        .status()
        .unwrap();
    let kinds = [
        ("link", "a symbolic link"),
        ("fifo", "not a regular file"),
        (".", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        ("none", "No such file or directory (os error 2)"),
    ];
    for (name, why) in kinds {
        let mut command = program("-t --input");
        let said = run(command.arg(name).current_dir(directory.path()), b"").fails(1);
        assert_eq!(said, format!("cback-compress: {name}: {why}\n"));
    }
}

/// "What reads a backup leaves no trace on it: not even its access time, by which cback3 purges."
#[test]
fn an_input_keeps_its_access_time() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("data.gz");
    let long_ago = SystemTime::now() - Duration::from_hours(9 * 24);
    for arguments in ["-d", "-t", "-m none"] {
        run(&writing(directory.path(), ""), b"data").succeeds();
        let times = fs::FileTimes::new()
            .set_accessed(long_ago)
            .set_modified(long_ago);
        File::open(&path).unwrap().set_times(times).unwrap();
        let mut command = program(arguments);
        run(command.arg("--input").arg(&path), b"").succeeds();
        assert_eq!(
            path.metadata().unwrap().accessed().unwrap(),
            long_ago,
            "{arguments}"
        );
    }
    if skipped_without_root("reading another's file") {
        return;
    }
    // The kernel refuses O_NOATIME to others; they read it all the same.
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let program_there = directory.path().join("cback-compress");
    fs::copy(PROGRAM, &program_there).unwrap();
    let mut command = Command::new(&program_there);
    command.args(["-t", "--input"]).arg(&path);
    run(&as_user(65534, &command), b"").succeeds();
}
