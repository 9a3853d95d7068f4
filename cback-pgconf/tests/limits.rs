//! Whatever comes in, the program ends, soon, without a panic, in little memory.

#[path = "documents/mod.rs"]
mod documents;
#[path = "program/mod.rs"]
mod program;

use std::fs::{File, write};
use std::process::{Command, Stdio};

use cback_pgconf::{LocalConfig, PostgresqlConfig, Settings};
use program::{Said, given, pgconf};
use proptest::prelude::*;

const MIB: usize = 1 << 20;

/// Runs `check` on a file in 128 MiB of address space (60 were seen to be taken) and a minute of CPU
/// time: what takes quadratic time takes far longer.
fn check_in_little(file: File) -> Said {
    let mut shell = Command::new("sh");
    let script = r#"ulimit -v 131072; ulimit -t 60; exec "$1" check"#;
    shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_cback-pgconf")]);
    let output = shell.stdin(file).stderr(Stdio::piped()).output();
    output.expect("sh starts").into()
}

fn check(document: &str) -> Said {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("cback3.conf");
    write(&file, document).expect("it can be written");
    check_in_little(File::open(file).expect("it is there"))
}

#[test]
fn what_is_larger_than_a_mebibyte_is_refused() {
    let (before, after) = (
        "<cb_config><options><backup_user>u</backup_user><backup_group>g</backup_group></options>\
         <collect><collect_dir>/c</collect_dir></collect><postgresql><compress_mode>none</compress_mode>\
         <database>x</database></postgresql><!--",
        "--></cb_config>",
    );
    let filled = |size: usize| {
        format!(
            "{before}{}{after}",
            " ".repeat(size - before.len() - after.len())
        )
    };
    check(&filled(MIB)).is(0, "", "");
    let stderr = "cback-pgconf: standard input:1:1: larger than 1 MiB\n";
    check(&filled(MIB + 1)).is(1, "", stderr);
    assert!(LocalConfig::parse(filled(MIB).as_bytes()).is_ok());
    assert!(LocalConfig::parse(filled(MIB + 1).as_bytes()).is_err());
    check_in_little(File::open("/dev/zero").expect("it is there")).is(1, "", stderr);
}

/// As often as it fits into a mebibyte with what stands around it.
fn full_of(before: &str, piece: impl Fn(usize) -> String, after: &str) -> String {
    let mut document = before.to_owned();
    for number in 0.. {
        let piece = piece(number);
        if document.len() + piece.len() + after.len() > MIB {
            break;
        }
        document += &piece;
    }
    document + after
}

#[test]
fn the_worst_documents_take_little_memory_and_time() {
    let section = "<cb_config><postgresql>";
    let end = "</postgresql></cb_config>";
    let same = |piece: &'static str| move |_| piece.to_owned();
    let documents = [
        full_of("", same("<a>"), ""),
        full_of("<a>", same("<a/>"), "</a>"),
        full_of("<a ", |n| format!(" a{n}='1'"), "/>"),
        full_of("<a>", same("&amp;"), "</a>"),
        full_of("<a>", same("<!---->"), "</a>"),
        full_of("<a>", same("<?a?>x"), "</a>"),
        full_of("<a>", same("<![CDATA[]]>x&gt;"), "</a>"),
        full_of("<a b='", same("\""), ""),
        full_of("<!--", same("- "), ""),
        full_of("<!DOCTYPE a [", same("<!ATTLIST a b CDATA 'x'>"), "]><a/>"),
        full_of("<", same("a"), "/>"),
        full_of("<a>&", same("a"), ";</a>"),
        full_of("<cb_config>", same("<postgresql/>"), "</cb_config>"),
        full_of("<cb_config>", same("<x:postgres/>"), "</cb_config>"),
        full_of("<cb_config>", same("<options/>"), "</cb_config>"),
        full_of(section, same("<databses/>"), end),
        full_of(section, same("<database>a</database>"), end),
        full_of(section, |n| format!("<database>{n}</database>"), end),
        full_of(section, |n| format!("<x{n}>"), end),
        full_of(
            "<cb_config><postgresql><user>",
            same("&lt;&#65;x\r"),
            "</user></postgresql></cb_config>",
        ),
    ];
    for document in documents {
        let said = check(&document);
        assert_eq!(said.status, Some(1), "{document:.60}: {}", said.stderr);
        assert!(
            said.stderr.starts_with("cback-pgconf: standard input:"),
            "{document:.60}: {}",
            said.stderr
        );
    }
}

/// A hundred thousand of them, valid: each has its line.
#[test]
fn as_many_warnings_as_a_document_can_yield_take_little_memory_and_time() {
    let before = "<cb_config><options><backup_user>u</backup_user><backup_group>g</backup_group></options>\
        <collect><collect_dir>/c</collect_dir></collect><postgresql><compress_mode>none</compress_mode>\
        <database>a</database>";
    for (piece, size) in [("<q/>", 4), ("<database>a</database>", 22)] {
        let document = full_of(before, |_| piece.to_owned(), "</postgresql></cb_config>");
        let said = check(&document);
        let count = (MIB - before.len() - 25) / size;
        assert_eq!(
            (said.status, said.stderr.lines().count()),
            (Some(0), count),
            "{piece}"
        );
    }
}

#[test]
fn an_entity_bomb_is_refused() {
    let ten = |n: usize| format!("<!ENTITY e{n} '{}'>\n", format!("&e{};", n - 1).repeat(10));
    let entities: String = (1..20).map(ten).collect();
    let bomb = format!(
        "<!DOCTYPE cb_config [\n<!ENTITY e0 'x'>\n{entities}]>\n<cb_config>&e19;</cb_config>"
    );
    let stderr = "cback-pgconf: standard input:1:1: a DOCTYPE is not read here\n\
        cback-pgconf: hint: leave it out, and write what its entities stand for\n";
    given(bomb, pgconf(["check"])).is(1, "", stderr);
}

/// All that the library does with bytes that may be anything.
fn does_not_panic(document: &[u8]) {
    let local = LocalConfig {
        postgresql: Some(PostgresqlConfig::default()),
    };
    let _ = Settings::parse(document);
    let Ok(added) = local.add_config(document, true) else {
        return;
    };
    // A section was written into what is no configuration, perhaps, but then it is there.
    assert_eq!(
        LocalConfig::parse(&added).as_ref(),
        Ok(&local),
        "{}",
        document.escape_ascii()
    );
}

#[test]
fn no_document_makes_it_panic() {
    for number in 1_000_000_000..1_000_010_000 {
        does_not_panic(&documents::document(number));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(document in prop::collection::vec(any::<u8>(), 0..200)) {
        does_not_panic(&document);
    }

    #[test]
    fn nor_does_anything_that_looks_like_xml(document in "(<|</|/>|<!|<!--|-->|<!DOCTYPE |\\[|\\]|\\]\\]>|<\\?|\\?>|<!\\[CDATA\\[|[a:é'\"=&;#x0 %>\n\r\u{0}-])*{0,40}") {
        does_not_panic(document.as_bytes());
    }
}
