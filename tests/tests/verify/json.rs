//! "`--json`: a line a backup, for monitors and auditors"; and what comes on standard input.

use crate::backups::{Backups, packed};
use crate::lists::{LIST, lines};
use cback_tests::{Finished, Run, SHELLS, Shell, in_each_shell, run_with_input, wrapped};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

in_each_shell!(every_backup_is_an_object_on_a_line_of_its_own);

/// "JSON is UTF-8; of a name that is not, each byte is escaped."
fn every_backup_is_an_object_on_a_line_of_its_own(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    let directory = backups.path("all").display().to_string();
    let whole = [
        "postgresqldump-\"\\.txt",
        "postgresqldump-ü.txt",
        "postgresqldump-\n.txt",
    ];
    let mut list = String::new();
    for name in whole {
        backups.put(&format!("all/{name}"), &dump);
        list += &lines(&backups, &format!("all/{name}"), 5);
    }
    backups.put(&format!("all/{LIST}"), list.as_bytes());
    let odd = backups
        .path("all")
        .join(OsStr::from_bytes(b"postgresqldump-\xff\".txt"));
    fs::write(odd, b"no dump").unwrap();
    let output = backups
        .command(shell, &["--json", "all", "missing.gz"])
        .output()
        .unwrap();
    output.fails(1);
    let printed = output.printed();
    // Lone surrogates, which Python and jq take, are none of serde_json's.
    let escaped = "\\u002d\\udcff\\u0022\\u002e";
    assert_eq!(printed.matches(escaped).count(), 1, "{printed}");
    let printed = printed.replace("\\udcff", "?");
    let mut objects: Vec<Value> = printed
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    objects.sort_by_key(|it| it["file"].to_string());
    let found: Vec<_> = objects
        .iter()
        .filter(|it| it["verdict"] == "proven")
        .collect();
    let files: Vec<_> = found
        .iter()
        .map(|it| it["file"].as_str().unwrap().to_owned())
        .collect();
    let mut expected = whole.map(|it| format!("{directory}/{it}"));
    expected.sort_by_key(|it| json!(it).to_string());
    assert_eq!(files, expected);
    for object in found {
        let version = object["pg_dump_version"].clone();
        assert!(version.is_string(), "{object}");
        let expected = json!({
            "file": object["file"], "verdict": "proven", "reason": null, "kind": "database", "tables": 1, "rows": 100,
            "large_objects": 0, "bytes": dump.len(), "server_version": version, "pg_dump_version": version,
            "made": object["made"], "age_hours": 5, "as_listed": true, "restore_seconds": null, "restored_into": null,
            "compared": null,
        });
        assert_eq!(*object, expected);
        assert!(
            list.contains(&format!("# made {}\n", object["made"].as_str().unwrap())),
            "{object}"
        );
    }
    let failed: Vec<_> = objects
        .iter()
        .filter(|it| it["verdict"] == "failed")
        .collect();
    assert_eq!(failed.len(), 2, "{printed}");
    let missing = failed.iter().find(|it| it["reason"] == "missing").unwrap();
    assert_eq!(
        missing["file"],
        backups.path("missing.gz").display().to_string()
    );
}

/// A restore adds what it has found out.
#[test]
fn a_restore_says_how_long_it_took_and_what_was_compared() {
    let (backups, _) = Backups::of_items();
    let printed = backups.proves(&["--json", "--restore", "x.sql"]);
    let object: Value = serde_json::from_str(&printed).unwrap();
    assert!(object["restore_seconds"].is_f64(), "{object}");
    assert!(
        object["compared"].as_str().unwrap().contains("rows"),
        "{object}"
    );
    assert!(object["restored_into"].is_string(), "{object}");
    backups.put("x.sql", b"-- no dump");
    let output = backups.run(&["--json", "--restore", "x.sql"]);
    output.fails(1);
    let object: Value = serde_json::from_str(&output.printed()).unwrap();
    assert_eq!(
        (&object["verdict"], &object["compared"]),
        (&json!("failed"), &Value::Null)
    );
}

in_each_shell!(standard_input_is_a_backup_like_any_other);

/// "`-` for standard input", packed or not; its age is not known.
fn standard_input_is_a_backup_like_any_other(shell: Shell) {
    let (backups, dump) = Backups::of_items();
    for mode in ["none", "gzip", "bzip2"] {
        let is_restored = mode == "gzip" && shell == SHELLS[0];
        let restore = if is_restored {
            "--restore"
        } else {
            "--verbose"
        };
        let mut command = backups.command(shell, &[restore, "-"]);
        let output = run_with_input(&mut command, &packed(&dump, mode));
        output.succeeds();
        let line = output.printed();
        assert!(
            line.starts_with("standard input: whole, database, 1 tables, 100 rows, "),
            "{line}"
        );
        assert!(!line.contains(" h old"), "{line}");
    }
    let mut command = backups.command(shell, &["--max-age", "1", "-"]);
    let said = run_with_input(&mut command, &dump).fails(1);
    assert_eq!(
        said,
        "cback-pgverify: standard input: its age is not known\n"
    );
    let mut command = backups.command(shell, &["-"]);
    let said = run_with_input(&mut command, &packed(&dump, "gzip")[..300]).fails(1);
    assert!(
        said.starts_with("cback-pgverify: standard input: "),
        "{said}"
    );
    let mut command = backups.command(shell, &["-"]);
    run_with_input(&mut command, b"").fails(1);
    // Nobody writes, and nobody closes it.
    let (reader, _writer) = std::io::pipe().unwrap();
    let mut command = backups.command(shell, &["--time-limit", "1", "-"]);
    let said = command.stdin(reader).output().unwrap().fails(1);
    assert_eq!(
        said,
        "cback-pgverify: standard input: not read within 1 s (--time-limit)\n"
    );
    backups.assert_clean();
}

/// "Encrypted and foreign copies are proven too."
#[test]
fn a_copy_that_age_has_encrypted_is_proven() {
    let (backups, dump) = Backups::of_items();
    backups.put("x.gz", &packed(&dump, "gzip"));
    let pipeline = "umask 077 && age-keygen -o key 2>/dev/null && age -r \"$(age-keygen -y key)\" -o x.gz.age x.gz &&
        age -d -i key x.gz.age | \"$@\"";
    let command = backups.command(SHELLS[0], &["-"]);
    let outer = ["sh", "-c", pipeline, "sh"];
    let printed = wrapped(&outer, &command).prints();
    assert!(
        printed.starts_with("standard input: whole, database, "),
        "{printed}"
    );
    backups.assert_clean();
}
