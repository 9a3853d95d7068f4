//! The module by which cback3 runs the script, with a script that says what the test wants.

use cback_tests::{Finished, Run, Site, python, script, shim};
use std::fs;
use std::process::Command;

/// At which level cback3's log shows what the script says.
#[rustfmt::skip]
const LINES: [(&str, &str); 9] = [
    ("WARNING", "cback-pgconf: /etc/cback3.conf:3:9: warning: unknown element <databse> is ignored"),
    ("WARNING", "cback-pgconf: hint: an element is spelled as in the example"),
    ("INFO", "cback-postgresql: shop: /x/postgresqldump-shop.txt, 693 bytes, 0 s"),
    ("ERROR", "cback-postgresql: a: pg_dump: error: connection failed: FATAL:  database \"a\" does not exist"),
    ("ERROR", "cback-postgresql: a: pg_dump: hint: what to do"),
    ("WARNING", "cback-postgresql: b: pg_dump: warning: there are circular foreign keys"),
    ("WARNING", "cback-postgresql: b: pg_dump: detail: on table t"),
    ("INFO", "cback-postgresql: all databases: /x/postgresqldump.txt.gz, ? bytes, 12 s"),
    ("ERROR", "cback-postgresql: not backed up: a"),
];

const PYTHON: &str = "
import logging, sys, cback_postgresql as module
logging.basicConfig(format='%(levelname)s %(message)s', level=logging.INFO, stream=sys.stdout)
module.executeAction(sys.argv[1], None, None)
";

#[test]
fn failures_are_logged_as_errors() {
    let site = Site::new();
    shim(&site.path("cback-postgresql"), "cat \"$2\" >&2");
    let module = "cback_postgresql.py";
    fs::copy(script(module), site.path(module)).unwrap();
    let said: Vec<_> = LINES.iter().map(|(_, line)| format!("{line}\n")).collect();
    fs::write(site.path("said"), said.concat()).unwrap();
    let mut command = Command::new(python());
    command.args(["-B", "-c", PYTHON]).arg(site.path("said"));
    let output = command.env("PYTHONPATH", site.path("")).run();
    let expected = LINES.map(|(level, line)| format!("{level} {line}\n"));
    assert_eq!(output.printed(), expected.concat(), "{}", output.said());
}
