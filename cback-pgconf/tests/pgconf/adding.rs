//! What `add` writes reads back as it was given, by us and by Cedar, and touches nothing else.

use crate::cedar::{self, Cedar};
use crate::{SETTINGS, given, pgconf, run};
use cback_pgconf::{CompressMode, LocalConfig, PostgresqlConfig};
use cback_tests::cases;
use proptest::prelude::*;
use serde_json::json;
use std::process::ChildStdin;
use std::sync::{LazyLock, Mutex};

/// Documents without a section: what comes before the place for one, and what comes after.
#[rustfmt::skip]
const DOCUMENTS: &[[&str; 2]] = &[
    ["<cb_config>", "</cb_config>"],
    ["<?xml version='1.0'?>\n<cb_config>\n   <options/>\n", "</cb_config>\n"],
    ["\u{feff}<cb_config>\r\n  <collect/>\r\n", "</cb_config>\r\n"],
    ["<cb_config a='/>' >\n\t<x>\n<!-- </cb_config> --></x>\n", "\t </cb_config >\n<!-- end -->"],
    ["<!-- <postgresql/> -->\n<cb_config><x><postgresql/></x>text", "</cb_config>"],
    ["<?xml version='1.1'?>\n<cb_config>a &amp; b<![CDATA[</cb_config>]]>\n\n", "</cb_config>  \n\n"],
    ["<cb_config xmlns='urn:x'>\n <?pi </cb_config> ?>\n", "  </cb_config>"],
];

fn section(user: Option<&str>, databases: &[&str], globals: bool) -> LocalConfig {
    let databases: Vec<_> = databases.iter().map(|&name| name.to_owned()).collect();
    LocalConfig {
        postgresql: Some(PostgresqlConfig {
            user: user.map(str::to_owned),
            compress_mode: Some(CompressMode::Gzip),
            all: databases.is_empty(),
            globals,
            databases: Some(databases),
        }),
    }
}

fn added(local: &LocalConfig, document: &str, replace: bool) -> String {
    let added = local.add_config(document.as_bytes(), replace);
    String::from_utf8(added.expect("it fits")).expect("UTF-8")
}

/// What was put in: the document must begin and end as before, to the byte.
fn put_in<'a>(added: &'a str, [before, after]: &[&str; 2]) -> &'a str {
    let rest = added.strip_prefix(before).expect("begins as before");
    rest.strip_suffix(after).expect("ends as before")
}

/// An empty root is opened, and what is unset is an empty element.
#[test]
fn the_section_is_written_as_cedar_writes_it() {
    let all = "<cb_config>\n   <postgresql>\n      <user/>\n      <compress_mode/>\n      <all>Y</all>\n      \
        <globals>Y</globals>\n      <database>x</database>\n   </postgresql>\n</cb_config>";
    given(
        "<cb_config/>",
        "add --no-validate --all --globals --database x",
    )
    .is(0, all, "");
    let unset = "<!--x--><cb_config a='b' >\n   <postgresql>\n      <user/>\n      \
        <compress_mode>gzip</compress_mode>\n      <all>Y</all>\n   </postgresql>\n</cb_config>\n";
    given(
        "<!--x--><cb_config a='b' />\n",
        "add --compress-mode gzip --all",
    )
    .is(0, unset, "");
    let escaped = "<cb_config>\n   <options/>\n   <postgresql>\n      <user>p&amp;l&lt;x&gt;</user>\n      \
        <compress_mode>gzip</compress_mode>\n      <all>N</all>\n      <database>a</database>\n      \
        <database>b]]&gt;</database>\n   </postgresql>\n</cb_config>\n";
    let add = "add --user p&l<x> --compress-mode gzip --database a --database b]]>";
    given("<cb_config>\n   <options/>\n</cb_config>\n", add).is(0, escaped, "");
}

#[test]
fn everything_outside_the_section_stays_to_the_byte() {
    let local = section(Some("u"), &["d"], true);
    for around in DOCUMENTS {
        let added = added(&local, &around.concat(), false);
        let inserted = put_in(&added, around);
        let trimmed = inserted.trim();
        let is_section = trimmed.starts_with("<postgresql>") && trimmed.ends_with("</postgresql>");
        assert!(is_section, "{inserted:?}");
        let line_end = if around[0].contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let lines: Vec<_> = inserted.lines().collect();
        assert_eq!(inserted, lines.join(line_end) + line_end);
        assert_eq!(LocalConfig::parse(added.as_bytes()).expect("XML"), local);
    }
}

#[test]
fn replacing_leaves_everything_around_the_first_section() {
    let around = [
        "\u{feff}<cb_config>\r\n <x/><postgresql2/> ",
        "\r\n  <postgresql><all>?</all></postgresql><!--y--></cb_config>",
    ];
    let local = section(Some("u"), &["d"], false);
    for old in [
        "<postgresql/>",
        "<postgresql ></postgresql >",
        "<postgresql><all>?</all><x>\n</x></postgresql>",
    ] {
        let added = added(&local, &around.join(old), true);
        let inserted = put_in(&added, &around);
        assert!(inserted.starts_with("<postgresql>\r\n"), "{inserted:?}");
        assert!(inserted.ends_with("\r\n   </postgresql>"), "{inserted:?}");
        assert_eq!(LocalConfig::parse(added.as_bytes()).expect("XML"), local);
    }
}

#[test]
fn what_there_is_no_place_for_and_what_could_not_be_read_back_is_refused() {
    let lossy = |why: &str| format!("the section would not read back as it was given: {why}");
    let empty = lossy("an empty value is read as none");
    let nearly = format!(
        "<cb_config><x>{}</x></cb_config>",
        "x".repeat((1 << 20) - 32)
    );
    let second = "standard input:2:2: there is a <postgresql> section already\n\
                  cback-pgconf: hint: --replace puts the new one in its place";
    #[rustfmt::skip]
    let cases: &[(&str, &[&str], String)] = &[
        ("<cb_config/>", &["--user", ""], empty.clone()),
        ("<cb_config/>", &["--database", ""], empty.clone()),
        ("<cb_config/>", &["--database", "a", "--database", ""], empty),
        ("<cb_config/>", &["--user", "a\u{1}"], lossy("character U+0001 is not allowed in XML")),
        ("<cb_config/>", &["--database", "\u{fffe}"], lossy("character U+FFFE is not allowed in XML")),
        (&nearly, &["--user", "a"], lossy("larger than 1 MiB")),
        ("<config/>", &["--user", "a"], "standard input:1:1: the root element is not <cb_config>".into()),
        ("<cb_config>", &["--user", "a"], "standard input:1:1: `<cb_config>` is never closed".into()),
        ("<cb_config>\n <postgresql/></cb_config>", &["--user", "a"], second.into()),
    ];
    for (document, arguments, message) in cases {
        let mut add = pgconf(&["add", "--no-validate"]);
        let said = run(add.args(*arguments), document.as_bytes());
        said.is(1, "", &format!("cback-pgconf: {message}\n"));
    }
}

/// In clap's words, before anything is read; `--no-validate` writes it nevertheless.
#[test]
fn an_invalid_section_is_wrong_usage() {
    let long = format!("--compress-mode none --database {}", "x".repeat(64));
    let cases = [
        ("--all", "compress_mode is missing in <postgresql>"),
        (
            "--compress-mode none",
            "no database is named and all is not Y",
        ),
        (
            "--compress-mode none --all --database x",
            "a database is named although all is Y",
        ),
        (&long, "has 64 bytes, and PostgreSQL's names at most 63"),
        (
            "--compress-mode none --database a/ --database a%2F",
            "would share the file",
        ),
    ];
    for (arguments, message) in cases {
        let said = given("", &format!("add {arguments}"));
        said.is(2, "", &said.stderr);
        let (first, rest) = said.stderr.split_once('\n').expect("several lines");
        assert!(
            first.starts_with("error: ") && first.contains(message),
            "{first}"
        );
        assert!(
            rest.contains("Usage: cback-pgconf add [--user U]"),
            "{rest}"
        );
        let written = given("<cb_config/>", &format!("add --no-validate {arguments}"));
        written.is(0, &written.stdout, "");
        assert_eq!(
            given(&written.stdout, "databases --section-only").status(),
            1,
            "{arguments}"
        );
    }
}

#[test]
fn what_was_added_passes_check_and_can_be_replaced() {
    let rest = format!("<cb_config>{SETTINGS}</cb_config>");
    let first =
        "add --replace --user u --compress-mode bzip2 --globals --database a=b --database -f";
    let once = given(rest, first).stdout;
    given(&once, "check --strict").is(0, "", "");
    let twice = given(&once, "add --replace --compress-mode none --all").stdout;
    let shell = "user=''\ncompress_mode='none'\nall='Y'\nglobals='N'\nset --\n";
    given(&twice, "shell --section-only").is(0, shell, "");
    given(twice, first).is(0, &once, "");
}

#[test]
fn there_must_be_a_section_to_add() {
    let nothing = LocalConfig::default().add_config(b"<cb_config/>", true);
    assert_eq!(
        nothing.unwrap_err().to_string(),
        "there is no section to add"
    );
}

#[test]
fn databases_are_equal_in_any_order() {
    let of = |databases: &[&str]| section(Some("a"), databases, false);
    assert_eq!(of(&["a", "b", "b"]), of(&["b", "a", "b"]));
    assert_ne!(of(&["a", "b", "b"]), of(&["a", "a", "b"]));
    assert_ne!(of(&["a"]), section(Some("b"), &["a"], false));
    assert_ne!(of(&["a"]), section(Some("a"), &["a"], true));
}

/// One process for all cases; it ends when its input does, with the test's own.
static CEDAR: LazyLock<Mutex<(Cedar, ChildStdin)>> = LazyLock::new(|| Mutex::new(Cedar::start()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(200)))]

    #[test]
    fn any_section_reads_back(user in prop::option::of(value()), globals in any::<bool>(), databases in prop::collection::vec(value(), 0..5), place in 0..DOCUMENTS.len()) {
        let names: Vec<&str> = databases.iter().map(String::as_str).collect();
        let around = &DOCUMENTS[place];
        let added = added(&section(user.as_deref(), &names, globals), &around.concat(), false);
        put_in(&added, around);
        let mut shared = CEDAR.lock().expect("no case panics with it");
        let (cedar, documents) = &mut *shared;
        cedar::send(documents, added.as_bytes()).expect("Cedar listens");
        let [theirs, _] = cedar.answer();
        let expected = (!databases.is_empty()).then_some(&databases);
        let values = json!([user, "gzip", databases.is_empty(), expected]);
        prop_assert_eq!(theirs, json!({"valid": true, "section": values}));
        let ours = LocalConfig::parse(added.as_bytes()).expect("XML").postgresql.expect("a section");
        prop_assert_eq!((ours.user, ours.globals, ours.databases), (user, globals, expected.cloned()));
    }
}

fn value() -> impl Strategy<Value = String> {
    let is_xml = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    let character = prop_oneof![
        prop::sample::select("<>&'\"]\r\n\t ;#x".chars().collect::<Vec<_>>()),
        any::<char>().prop_filter("XML can carry it", is_xml),
    ];
    prop::collection::vec(character, 1..12).prop_map(|characters| characters.into_iter().collect())
}
