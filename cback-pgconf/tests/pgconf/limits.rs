//! Whatever comes in, the program ends, soon, without a panic, in little memory.

use crate::{PROGRAM, SECTION, SETTINGS, Said, documents, given, run};
use cback_pgconf::{LocalConfig, PostgresqlConfig, Settings};
use cback_tests::cases;
use proptest::prelude::*;
use std::process::Command;

const MIB: usize = 1 << 20;

/// Runs `check` in 128 MiB of address space (60 were seen to be taken) and a minute of CPU time: what
/// takes quadratic time takes far longer.
fn check(input: &str, document: &[u8]) -> Said {
    let script = format!("ulimit -v 131072; ulimit -t 60; exec \"$1\" check {input}");
    run(
        Command::new("sh").args(["-c", &script, "sh", PROGRAM]),
        document,
    )
}

#[test]
fn what_is_larger_than_a_mebibyte_is_refused() {
    let before = format!("<cb_config>{SETTINGS}{SECTION}<!--");
    let after = "--></cb_config>";
    let filled = |size| {
        format!(
            "{before}{}{after}",
            " ".repeat(size - before.len() - after.len())
        )
    };
    check("", filled(MIB).as_bytes()).is(0, "", "");
    let stderr = "cback-pgconf: standard input:1:1: larger than 1 MiB\n";
    check("", filled(MIB + 1).as_bytes()).is(1, "", stderr);
    check("</dev/zero", b"").is(1, "", stderr);
    assert!(LocalConfig::parse(filled(MIB).as_bytes()).is_ok());
    assert!(LocalConfig::parse(filled(MIB + 1).as_bytes()).is_err());
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
        full_of("<a ", |n| format!(" xmlns:a{n}='1'"), "/>"),
        full_of("<a xmlns:p='u' ", |n| format!(" p:a{n}='&amp;'"), "/>"),
        full_of("<a xmlns:p='u'>", same("<p:a>"), ""),
        full_of("<a b='", same("&"), ";'/>"),
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
        let said = check("", document.as_bytes());
        said.is(1, "", &said.stderr);
        assert!(
            said.stderr.starts_with("cback-pgconf: standard input:"),
            "{}",
            said.what
        );
    }
}

/// A hundred thousand of them, in the log of every run: a hundred are told.
#[test]
fn as_many_warnings_as_a_document_can_yield_are_told_in_a_hundred_lines() {
    let section = SECTION.trim_end_matches("</postgresql>");
    let before = format!("<cb_config>{SETTINGS}{section}");
    let end = "</postgresql></cb_config>";
    for piece in ["<q/>", "<database>x</database>"] {
        let said = check("", full_of(&before, |_| piece.to_owned(), end).as_bytes());
        let count = (MIB - before.len() - end.len()) / piece.len();
        let last = format!(
            "cback-pgconf: standard input: warning: {} more warnings",
            count - 100
        );
        let lines: Vec<_> = said.stderr.lines().collect();
        assert_eq!(
            (said.status(), lines.len(), lines[100]),
            (0, 101, &*last),
            "{piece}"
        );
    }
    let few = format!("{before}{}{end}", "<q/>".repeat(100));
    assert_eq!(given(few, "check").stderr.lines().count(), 100);
}

/// Of a word that fills the document both ends of the message are shown, in a line that a log can hold.
#[test]
fn a_long_word_is_cut_in_what_is_said_of_it() {
    let long = "x".repeat(MIB / 2 - 300);
    let section =
        |xml: &str| format!("<cb_config>{SETTINGS}<postgresql>{xml}</postgresql></cb_config>");
    let mode = "<compress_mode>none</compress_mode>";
    for (document, start, end) in [
        (
            section(&format!("{mode}<database>x</database><{long}/>")),
            "unknown element <xxx",
            "xxx> is ignored\n",
        ),
        (
            section(&format!("{mode}<database>{long}</database>")),
            "database \"xxx",
            " at most 63\n",
        ),
        (
            section(&format!("<all>{long}</all>")),
            "all must be Y or N, not \"xxx",
            "xxx\"\n",
        ),
        (format!("<{long}>"), "`<xxx", "xxx>` is never closed\n"),
        (format!("<{long}></{long}y>"), "`</xxx", "xxx>` of line 1\n"),
        (
            format!("<a>&{long};</a>"),
            "entity `&xxx",
            "character itself\n",
        ),
        (
            format!("<{long}:a/>"),
            "prefix `xxx",
            "xxx` is not declared\n",
        ),
    ] {
        let said = given(document, "check");
        let is_shown = said.stderr.contains(start) && said.stderr.ends_with(end);
        assert!(
            is_shown && said.stderr.len() < 1000,
            "{start}: {} bytes",
            said.stderr.len()
        );
    }
}

#[test]
fn an_entity_bomb_is_refused() {
    let ten = |n: usize| format!("<!ENTITY e{n} '{}'>\n", format!("&e{};", n - 1).repeat(10));
    let entities: String = (1..20).map(ten).collect();
    let bomb =
        format!("<!DOCTYPE cb_config [<!ENTITY e0 'x'>{entities}]>\n<cb_config>&e19;</cb_config>");
    assert!(
        given(bomb, "check")
            .stderr
            .contains(":1:1: a DOCTYPE is not read here\n")
    );
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
    let read = LocalConfig::parse(&added);
    assert_eq!(read.as_ref(), Ok(&local), "{}", document.escape_ascii());
}

#[test]
fn no_document_makes_it_panic() {
    for number in 1_000_000_000..1_000_010_000 {
        does_not_panic(&documents::document(number));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(5000)))]

    #[test]
    fn no_bytes_make_it_panic(document in prop::collection::vec(any::<u8>(), 0..200)) {
        does_not_panic(&document);
    }

    #[test]
    fn nor_does_anything_that_looks_like_xml(document in "(<|</|/>|<!|<!--|-->|<!DOCTYPE |\\[|\\]|\\]\\]>|<\\?|\\?>|<!\\[CDATA\\[|[a:é'\"=&;#x0 %>\n\r\u{0}-])*{0,40}") {
        does_not_panic(document.as_bytes());
    }
}
