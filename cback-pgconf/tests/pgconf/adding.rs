//! Sections are written as Cedar writes them, and read back as they were given.

use crate::{cedars, given, pgconf, run};
use cback_pgconf::{CompressMode, LocalConfig, PostgresqlConfig};
use cback_tests::{Random, cases};
use serde_json::json;

/// Documents: what comes before the place for a section, and what comes after it.
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

/// "As the last child of `<cb_config>`, indented three spaces a level as Cedar does, values escaped."
#[test]
#[rustfmt::skip]
fn the_section_is_written_as_cedar_writes_it() {
    let section = |values: &str| format!("   <postgresql>\n{values}   </postgresql>\n</cb_config>");
    let values = "      <user/>\n      <compress_mode/>\n      <all>Y</all>\n      <separate>Y</separate>\n      \
        <globals>Y</globals>\n      <database>x</database>\n      <exclude>y</exclude>\n      <exclude>&lt;</exclude>\n";
    let added = given("<!--x--><cb_config a='b' />\n", "add --no-validate --all --globals --separate --database x --exclude y --exclude <");
    added.is(0, &format!("<!--x--><cb_config a='b' >\n{}\n", section(values)), "");
    let values = "      <user>p&amp;l&lt;x&gt;</user>\n      <compress_mode>gzip</compress_mode>\n      <all>N</all>\n      \
        <database>a</database>\n      <database>b]]&gt;</database>\n";
    let added = given("<cb_config>\n</cb_config>", "add --user p&l<x> --compress-mode gzip --database a --database b]]>");
    added.is(0, &format!("<cb_config>\n{}", section(values)), "");
}

/// "With `--replace` the first one is replaced in place."
#[test]
#[rustfmt::skip]
fn replacing_leaves_everything_around_the_first_section() {
    let old = "<postgresql><all>?</all><x>\n</x></postgresql >";
    let new = "<postgresql>\r\n      <user/>\r\n      <compress_mode>none</compress_mode>\r\n      <all>Y</all>\r\n   </postgresql>";
    let document = |section| format!("\u{feff}<cb_config>\r\n <x/><postgresql2/> {section}\r\n  <postgresql/><!--y--></cb_config>");
    given(document(old), "add --replace --compress-mode none --all").is(0, &document(new), "");
}

/// "A document that has one already is an error. A value that XML cannot carry, or that would not read
/// back as itself, is an error."
#[test]
fn a_section_that_cannot_be_added_is_refused() {
    let lossy = |why: &str| format!("the section would not read back as it was given: {why}");
    let empty = lossy("an empty value is read as none");
    let nearly = format!("<cb_config>{}</cb_config>", "x".repeat((1 << 20) - 25));
    let second = "standard input:2:2: there is a <postgresql> section already\n\
                  cback-pgconf: hint: --replace puts the new one in its place";
    #[rustfmt::skip]
    let cases: &[(&str, &[&str], String)] = &[
        ("<cb_config/>", &["--user", ""], empty.clone()),
        ("<cb_config/>", &["--database", "a", "--database", ""], empty),
        ("<cb_config/>", &["--user", "a\u{1}"], lossy("character U+0001 is not allowed in XML")),
        (&nearly, &["--user", "a"], lossy("larger than 1 MiB")),
        ("<config/>", &["--user", "a"], "standard input:1:1: the root element is not <cb_config>".into()),
        ("<cb_config>", &["--user", "a"], "standard input:1:1: `<cb_config>` is never closed".into()),
        ("<cb_config>\n <postgresql/></cb_config>", &["--user", "a"], second.into()),
    ];
    for (document, arguments, message) in cases {
        let mut add = pgconf(&["add", "--no-validate"]);
        let outcome = run(add.args(*arguments), document.as_bytes());
        outcome.is(1, "", &format!("cback-pgconf: {message}\n"));
    }
    let nothing = LocalConfig::default().add_config(b"<cb_config/>", true);
    let fault = nothing.expect_err("there is none");
    assert_eq!(fault.to_string(), "there is no section to add");
}

#[rustfmt::skip]
const INVALID: &[[&str; 2]] = &[
    ["--all", "compress_mode is missing in <postgresql>"],
    ["--compress-mode none", "no database is named and all is not Y"],
    ["--compress-mode none --all --database x", "a database is named although all is Y"],
    ["--compress-mode none --database a/ --database a%2F", "would share the file"],
];

/// "Usage errors are clap's own, in clap's own words. With `--no-validate` it writes what it is told."
#[test]
fn an_invalid_section_is_wrong_usage() {
    for [arguments, message] in INVALID {
        let refused = given("", &format!("add {arguments}"));
        refused.is(2, "", &refused.stderr);
        let (first, rest) = refused.stderr.split_once('\n').expect("several lines");
        let is_claps = first.starts_with("error: ") && rest.contains("Usage: cback-pgconf add ");
        assert!(is_claps && first.contains(message), "{}", refused.stderr);
        let written = given("<cb_config/>", &format!("add --no-validate {arguments}"));
        written.is(0, &written.stdout, "");
        given(&written.stdout, "databases --section-only").has_status(1);
    }
}

/// "Equality with the databases unordered."
#[test]
fn databases_are_equal_in_any_order() {
    let of = |databases: &str, excluded: &str, separate| {
        let names = |names: &str| names.split(' ').map(str::to_owned).collect();
        PostgresqlConfig {
            databases: Some(names(databases)),
            excluded: names(excluded),
            separate,
            ..PostgresqlConfig::default()
        }
    };
    let usual = of("a b b", "c d", true);
    assert_eq!(of("b a b", "d c", true), usual);
    for other in [
        of("a a b", "c d", true),
        of("a b b", "c", true),
        of("a b b", "c d", false),
    ] {
        assert_ne!(other, usual);
    }
}

/// "`add` copies the document to stdout byte for byte": around the section nothing changes, and the section
/// reads back, here and there.
#[test]
fn any_section_reads_back_and_leaves_the_rest_alone() {
    let mut random = Random::new(9);
    let (mut documents, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..cases(200) {
        let names: Vec<_> = (0..random.below(5)).map(|_| value(&mut random)).collect();
        let [before, after] = random.choose(DOCUMENTS);
        let section = PostgresqlConfig {
            user: Some(value(&mut random)).filter(|user| user.len() > 9),
            compress_mode: Some(CompressMode::Gzip),
            all: names.is_empty(),
            globals: random.below(2) == 0,
            separate: random.below(2) == 0,
            databases: Some(names).filter(|names| !names.is_empty()),
            excluded: (0..random.below(3)).map(|_| value(&mut random)).collect(),
        };
        let values = json!([section.user, "gzip", section.all, section.databases]);
        expected.push(json!({"valid": true, "section": values}));
        let postgresql = Some(section);
        let local = LocalConfig { postgresql };
        let added = local.add_config([before, after].concat().as_bytes(), false);
        let added = String::from_utf8(added.unwrap()).unwrap();
        let rest = added.strip_prefix(before).expect("the start is as it was");
        let inserted = rest.strip_suffix(after).expect("so is the end").trim();
        assert!(inserted.starts_with("<postgresql>") && inserted.ends_with("</postgresql>"));
        assert_eq!(LocalConfig::parse(added.as_bytes()), Ok(local));
        documents.push(added.into_bytes());
    }
    let read = cedars(&documents).into_iter().map(|[section, ..]| section);
    assert_eq!(read.collect::<Vec<_>>(), expected);
}

/// Anything that XML can carry, and often something that has a meaning in it.
fn value(random: &mut Random) -> String {
    let any = |number| char::from_u32(u32::try_from(number).unwrap_or_default());
    let is_xml = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    let mut value = String::from(char::from(random.choose(b"<>&'\"]\r\n\t ;#x")));
    for _ in 0..random.below(8) {
        value.push(char::from(random.choose(b"<>&'\"]\r\n\t ;#x")));
        value.extend(any(random.below(0x11_0000)).filter(is_xml));
    }
    value
}
