//! One configuration for both: with `<separate>` and `<exclude>` Cedar's own extension still makes its one file.

use cback_tests::{Finished, Run, Server, Site, cback3, extension, unpacked};
use std::fs;

const SECTION: &str = "<user>postgres</user><compress_mode>gzip</compress_mode><all>Y</all>\
    <separate>Y</separate><exclude>scratch</exclude>";

#[test]
fn what_is_separate_for_us_is_one_file_for_cedar() {
    let server = Server::start();
    for name in ["shop", "scratch"] {
        server.sql("postgres", &format!("CREATE DATABASE {name}"));
    }
    let run = |module: &str| {
        let mut site = Site::new();
        site.add_section(&extension(module));
        site.configure_section(SECTION);
        // A database that is gone has left it.
        fs::write(site.collect_dir().join("postgresqldump-old.txt"), "").unwrap();
        cback3(&site, &server).arg("postgresql").run().succeeds();
        let log = fs::read_to_string(site.path("log")).unwrap();
        (site, log)
    };
    let (theirs, _) = run("CedarBackup3.extend.postgresql");
    let names = ["postgresqldump-old.txt", "postgresqldump.txt.gz"];
    assert_eq!(theirs.listing(), names);
    let all = unpacked(&theirs.collect_dir().join("postgresqldump.txt.gz")).unwrap();
    assert!(
        String::from_utf8(all)
            .unwrap()
            .contains("\\connect scratch")
    );
    let (ours, log) = run("cback_postgresql");
    let names = [
        "postgresqldump-old.txt",
        "postgresqldump-postgres.txt.gz",
        "postgresqldump-shop.txt.gz",
        "postgresqldump-template1.txt.gz",
        "postgresqlglobals.txt.gz",
    ];
    assert_eq!(ours.listing(), names);
    let is_warned = |line: &str| line.contains("[WARNING]") && line.contains("postgresqldump-old");
    assert!(log.lines().any(is_warned), "{log}");
}
