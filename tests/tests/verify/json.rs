//! "`--json`: a line a backup, for monitors and auditors"; and what comes on standard input.

use crate::backups::{Backups, packed};
use crate::lists::{LIST, lines};
use cback_tests::{Finished, Run, Shell, assert_has, assert_times, in_each_shell, run_with_input};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

in_each_shell!(every_backup_is_an_object_on_a_line_of_its_own);

/// "JSON is UTF-8; of a name that is not, each byte is escaped."
fn every_backup_is_an_object_on_a_line_of_its_own(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    let all = backups.path("all");
    let mut list = String::new();
    for name in ["\"\\", "ü", "\n"] {
        let file = format!("all/postgresqldump-{name}.txt");
        backups.put(&file, &dump);
        list += &lines(&backups, &file, 5);
    }
    backups.put(&format!("all/{LIST}"), list.as_bytes());
    fs::write(
        all.join(OsStr::from_bytes(b"postgresqldump-\xff\".txt")),
        b"no dump",
    )
    .unwrap();
    let output = backups
        .command(shell, &["--json", "all", "missing.gz"])
        .run();
    output.fails(1);
    let printed = output.printed();
    // Lone surrogates, which Python and jq take, are none of serde_json's.
    assert_times(&printed, 1, "\\u002d\\udcff\\u0022\\u002e");
    let printed = printed.replace("\\udcff", "?");
    let objects = printed.lines().map(|it| serde_json::from_str(it).unwrap());
    let objects: Vec<Value> = objects.collect();
    for name in ["\"\\", "ü", "\n"] {
        let file = json!(format!("{}/postgresqldump-{name}.txt", all.display()));
        let object = objects.iter().find(|it| it["file"] == file).unwrap();
        let (made, version) = (&object["made"], &object["pg_dump_version"]);
        assert_has(&list, &format!("# made {}\n", made.as_str().unwrap()));
        assert!(version.is_string(), "{object}");
        let expected = json!({
            "file": file, "verdict": "proven", "reason": null, "kind": "database", "tables": 1, "rows": 100,
            "large_objects": 0, "bytes": dump.len(), "server_version": version, "pg_dump_version": version,
            "made": made, "age_hours": 5, "as_listed": true, "restore_seconds": null, "restored_into": null,
            "compared": null,
        });
        assert_eq!(*object, expected);
    }
    let failed = objects.iter().filter(|it| it["verdict"] == "failed");
    assert_eq!((failed.count(), objects.len()), (2, 5), "{printed}");
    let missing = objects.iter().find(|it| it["reason"] == "missing").unwrap();
    let file = backups.path("missing.gz").display().to_string();
    assert_eq!(missing["file"], file);
}

/// A restore adds what it has found out.
#[test]
fn a_restore_says_how_long_it_took_and_what_was_compared() {
    let (backups, _) = Backups::of_items();
    let arguments = ["--json", "--restore", "x.sql"];
    let object: Value = serde_json::from_str(&backups.proves(&arguments)).unwrap();
    assert!(object["restore_seconds"].is_f64(), "{object}");
    assert_has(object["compared"].as_str().unwrap(), "rows");
    assert!(object["restored_into"].is_string(), "{object}");
    backups.put("x.sql", b"-- no dump");
    let output = backups.run(&arguments);
    output.fails(1);
    let object: Value = serde_json::from_str(&output.printed()).unwrap();
    assert_eq!(object["verdict"], "failed");
    assert_eq!(object["compared"], Value::Null);
}

in_each_shell!(standard_input_is_a_backup_like_any_other);

/// "`-` for standard input", packed or not; its age is not known.
fn standard_input_is_a_backup_like_any_other(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    let run = |arguments: &[&str], input: &[u8]| {
        run_with_input(&mut backups.command(shell, arguments), input)
    };
    for (mode, option) in [("none", "-v"), ("gzip", "--restore"), ("bzip2", "-v")] {
        let output = run(&[option, "-"], &packed(&dump, mode));
        output.succeeds();
        let line = output.printed();
        let start = "standard input: whole, database, 1 tables, 100 rows, ";
        assert!(
            line.starts_with(start) && !line.contains(" h old"),
            "{line}"
        );
    }
    let gzip = packed(&dump, "gzip");
    for (arguments, input, reason) in [
        (
            &["--max-age", "1", "-"][..],
            &dump[..],
            "its age is not known\n",
        ),
        (&["-"], &gzip[..300], ""),
        (&["-"], b"", ""),
    ] {
        let said = run(arguments, input).fails(1);
        assert_has(&said, &format!("cback-pgverify: standard input: {reason}"));
    }
    // Nobody writes, and nobody closes it.
    let (reader, _writer) = std::io::pipe().unwrap();
    let mut command = backups.command(shell, &["--time-limit", "1", "-"]);
    let said = command.stdin(reader).output().unwrap().fails(1);
    let expected = "cback-pgverify: standard input: not read within 1 s (--time-limit)\n";
    assert_eq!(said, expected);
    backups.assert_clean();
}
