//! The reach of a hostile dump: it runs SQL as superuser, and programs. "Each is restored by an account that owns
//! nothing else and reaches no network, never into a server that was there before."

use crate::backups::{Backups, NOBODY, with_trigger};
use cback_tests::{Finished, Run, SHELLS, assert_has, server, skip, skipped_without_root, wrapped};
use rustix::io::{FdFlags, fcntl_setfd};
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::process::Command;

/// The output of `program`, a bar in place of a line end and `_` of a blank, when a dump runs it while it is restored
/// by what `wrap` makes of the script's command.
#[track_caller]
fn seen(program: &str, wrap: impl FnOnce(&Backups, &Command) -> Command) -> String {
    let (backups, dump) = Backups::of_items();
    let body = format!(
        "CREATE TEMP TABLE seen (line text);
         EXECUTE $q$COPY seen FROM PROGRAM '{{ {program}; }} 2>&1 | tr [:blank:] _'$q$;
         RAISE EXCEPTION 'seen: %.', (SELECT string_agg(line, '|') FROM seen);"
    );
    backups.put("x.sql", &with_trigger(&dump, &body));
    let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    let said = wrap(&backups, &command).run().fails(1);
    backups.assert_clean();
    assert_has(&said, "seen: ");
    let (_, seen) = said.split_once("seen: ").unwrap();
    seen.trim_end().trim_end_matches('.').to_owned()
}

/// Each program's output, in one restore.
#[test]
fn a_dump_is_nobody_alone_with_the_programs_and_its_own_server() {
    let outside = tempfile::tempdir().unwrap();
    let [host, bin] = [server().host(), server().bin()].map(|it| it.display());
    let programs = [
        // Links in /usr may lead to more, such as /etc/alternatives.
        "ls -A / | grep -vx -e lib32 -e libx32 -e etc -e opt -e srv -e var; ls -A /given; \
         find /etc /opt /srv /var ! -type l ! -type d ! -perm -o=r 2>/dev/null; cat /etc/passwd | wc -l; \
         ls -d /etc/shadow /etc/group /etc/hosts /root /home 2>/dev/null",
        "ls /proc | grep [0-9] | wc -l",
        "cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d [:blank:]",
        "id -u; grep ^CapEff /proc/self/status",
        &format!(
            "for f in {}/x /usr/x /usr/bin/x /etc/x /given/x /tools/x /var/tmp/x /proc/1/root/x /dev/shm/x; \
             do touch $f && echo wrote $f; done 2>/dev/null",
            outside.path().display()
        ),
        &format!("{bin}/psql -X -h {host} -U postgres -c select postgres; ls -d {host}"),
    ];
    let all = programs.join("; echo =; ");
    let seen = seen(&all, |_, command| wrapped(&["env"], command));
    let lines: Vec<_> = seen.split('|').collect();
    let parts: Vec<_> = lines.split(|it| *it == "=").collect();
    let [files, processes, network, account, written, reached] = parts[..] else {
        panic!("{seen}");
    };
    let expected = "bin|data|dev|given|lib|lib64|proc|sbin|tmp|tools|usr|plan|1";
    assert_eq!(files.join("|"), expected);
    assert!(processes[0].parse::<u32>().unwrap() < 30, "{seen}");
    assert_eq!((network, written), (&["lo"][..], &[][..]), "{seen}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    let reached = reached.join("|");
    let is_missing = reached.contains("No_such_file_or_directory");
    assert!(is_missing && !reached.contains("1_row"), "{reached}");
    if skipped_without_root("another caller's uid is its own") {
        return;
    }
    assert!(account[0].parse::<u32>().unwrap() >= 65534, "{seen}");
    assert!(account[1].ends_with("_0000000000000000"), "{seen}");
}

/// "Without the caller's environment": bwrap's first process keeps what `--clearenv` hides.
#[test]
fn a_dump_does_not_see_the_callers_environment() {
    let program = "cat /proc/[0-9]*/environ 2>/dev/null | tr \\\\000 \\\\n >/data/all; \
                   grep -c -e secret -e CBACK_TEST /data/all; grep -c ^PGHOST= /data/all";
    let with_secret = |command: &Command| {
        let mut command = wrapped(&["env"], command);
        command.env("PGPASSWORD", "secret").env("OTHER", "secret");
        command
    };
    let seen_by_us = seen(program, |_, command| with_secret(command));
    assert!(seen_by_us.starts_with("0|"), "{seen_by_us}");
    if skipped_without_root("to become another account") {
        return;
    }
    let seen = seen(program, |backups, command| {
        with_secret(&backups.by(NOBODY, command))
    });
    assert!(seen.starts_with("0|") && !seen.ends_with("|0"), "{seen}");
}

/// "Without the caller's keys": session keyrings have no namespace. Without keyctl nothing is restored where there
/// is a key.
#[test]
fn a_dump_does_not_see_the_callers_keys() {
    let keyctl = "/usr/bin/keyctl";
    let try_it = Command::new(keyctl).args(["session", "-", "true"]).output();
    if !try_it.is_ok_and(|output| output.status.success()) {
        return skip("there is no keyctl, or it is forbidden");
    }
    let add = format!("{keyctl} add user cback-secret 1234567 @s >/dev/null && exec \"$@\"");
    let with_key = [keyctl, "session", "-", "sh", "-c", &add, "sh"];
    let program = "for key in $(cut -b -8 /proc/keys); do keyctl print 0x$key; done";
    let seen_by_us = seen(program, |_, command| wrapped(&with_key, command));
    assert!(!seen_by_us.contains("1234567"), "{seen_by_us}");
    if skipped_without_root("to become another account") {
        return;
    }
    let seen = seen(program, |backups, command| {
        backups.by(NOBODY, &wrapped(&with_key, command))
    });
    assert!(!seen.contains("1234567"), "{seen}");

    let (backups, _) = Backups::of_items();
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    command.env("PATH", backups.path_without("keyctl"));
    let said = wrapped(&with_key, &command).run().fails(1);
    let reason = "a dump could read the keys of this session: install keyutils";
    assert_has(&said, &format!("cannot be proven here: {reason}"));

    // Where a container forbids keyrings, it forbids them to the dump, too.
    let (backups, _) = Backups::of_items();
    backups.replace("keyctl", "echo forbidden >&2; exit 1");
    let output = backups.run(&["--restore", "x.sql"]);
    let said = output.said();
    let is_told = output.status.success() || said.contains(reason);
    assert!(is_told && !said.contains("forbidden"), "{said}");
}

/// "Without open files": a directory is a way out of every mount namespace, a socket one to its other end.
#[test]
fn what_the_caller_left_open_is_not_handed_to_a_dump() {
    let (socket, _other_end) = UnixStream::pair().unwrap();
    fcntl_setfd(&socket, FdFlags::empty()).unwrap();
    let socket = socket.as_raw_fd();
    let left = format!("exec 5</ 12>>left 115<&{socket} 116> >(cat); exec \"$@\"");
    let program = "for d in 1 self $PPID; do ls -l /proc/$d/fd | sed 1d | sed s/.*-..//; done | \
                   grep -v -e ^/data/ -e ^/proc/ -e ^/dev/null | sort | uniq -c | tr -d [0-9]";
    let alone = seen(program, |_, command| wrapped(&["env"], command));
    for shell in SHELLS {
        let seen = seen(program, |backups, _| {
            let command = backups.command(shell, &["--restore", "x.sql"]);
            wrapped(&["bash", "-c", &left, "bash"], &command)
        });
        assert_eq!(seen, alone, "{shell:?}");
    }
}

/// "Cannot be proven here": where there can be no box, nothing is restored.
#[test]
fn without_bubblewrap_nothing_is_restored() {
    let (backups, _) = Backups::of_items();
    let mut command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
    command.env("PATH", backups.path_without("bwrap"));
    let reason = "cback-pgverify: bwrap not found: a restore needs bubblewrap, so install that\n";
    assert_eq!(command.run().fails(1), reason);
    backups.assert_clean();
}

/// As for root in a container, mostly; and for others in one, or where the administrator has turned them off.
#[test]
fn without_namespaces_nothing_is_restored() {
    let root = "setpriv --inh-caps=-sys_admin --bounding-set=-sys_admin --";
    let other = "bwrap --unshare-user --disable-userns --uid 1000 --gid 1000 --dev-bind / / --";
    for outer in [other, root] {
        if outer == root && skipped_without_root("to give up a capability") {
            return;
        }
        let (backups, _) = Backups::of_items();
        let command = backups.command(SHELLS[0], &["--restore", "x.sql"]);
        let outer: Vec<_> = outer.split(' ').collect();
        let said = wrapped(&outer, &command).run().fails(1);
        let start = "x.sql: cannot be proven here: no namespace for a box to do it in (unshare: ";
        assert_has(&said, start);
        assert_has(&said, "allow them");
        assert_eq!(said.lines().count(), 1, "{said}");
        backups.assert_clean();
    }
}
