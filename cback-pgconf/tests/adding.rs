//! What `add` writes reads back as it was given, by us and by Cedar, and touches nothing else.

#[path = "cedar/mod.rs"]
mod cedar;
#[path = "program/mod.rs"]
mod program;

use std::process::ChildStdin;
use std::sync::{LazyLock, Mutex};

use cback_pgconf::{AddError, CompressMode, LocalConfig, PostgresqlConfig};
use cedar::Cedar;
use program::{given, pgconf};
use proptest::prelude::*;
use serde_json::json;

/// Documents without a section: what comes before the place for one, and what comes after.
const DOCUMENTS: &[(&str, &str)] = &[
    ("<cb_config>", "</cb_config>"),
    (
        "<?xml version='1.0'?>\n<cb_config>\n   <options/>\n",
        "</cb_config>\n",
    ),
    (
        "\u{feff}<cb_config>\r\n  <collect/>\r\n",
        "</cb_config>\r\n",
    ),
    (
        "<cb_config a='/>' >\n\t<x>\n<!-- </cb_config> --></x>\n",
        "\t </cb_config >\n<!-- end -->",
    ),
    (
        "<!-- <postgresql/> -->\n<cb_config><x><postgresql/></x>text",
        "</cb_config>",
    ),
    (
        "<?xml version='1.1'?>\n<cb_config>a &amp; b<![CDATA[</cb_config>]]>\n\n",
        "</cb_config>  \n\n",
    ),
    (
        "<cb_config xmlns='urn:x'>\n <?pi </cb_config> ?>\n",
        "  </cb_config>",
    ),
];

fn section(user: Option<&str>, databases: &[&str]) -> LocalConfig {
    LocalConfig {
        postgresql: Some(PostgresqlConfig {
            user: user.map(str::to_owned),
            compress_mode: Some(CompressMode::Gzip),
            all: databases.is_empty(),
            globals: false,
            databases: Some(databases.iter().map(|&name| name.to_owned()).collect()),
        }),
    }
}

/// What was put in: the document must begin and end as before, to the byte.
fn put_in<'a>(added: &'a [u8], before: &str, after: &str) -> &'a str {
    let rest = added
        .strip_prefix(before.as_bytes())
        .expect("begins as before");
    let inserted = rest.strip_suffix(after.as_bytes()).expect("ends as before");
    std::str::from_utf8(inserted).expect("UTF-8")
}

#[test]
fn the_section_is_written_as_cedar_writes_it() {
    let local = section(Some("p&l <x>"), &["a", "b]]>"]);
    let added = local
        .add_config(b"<cb_config>\n   <options/>\n</cb_config>\n", false)
        .expect("it fits");
    let expected = "<cb_config>\n   <options/>\n   <postgresql>\n      <user>p&amp;l &lt;x&gt;</user>\n      \
        <compress_mode>gzip</compress_mode>\n      <all>N</all>\n      <database>a</database>\n      \
        <database>b]]&gt;</database>\n   </postgresql>\n</cb_config>\n";
    assert_eq!(String::from_utf8(added).expect("UTF-8"), expected);
}

#[test]
fn an_empty_root_is_opened_and_unset_values_are_empty_elements() {
    let local = section(None, &[]);
    let added = local
        .add_config(b"<!--x--><cb_config a='b' />\n", false)
        .expect("it fits");
    let expected = "<!--x--><cb_config a='b' >\n   <postgresql>\n      <user/>\n      \
        <compress_mode>gzip</compress_mode>\n      <all>Y</all>\n   </postgresql>\n</cb_config>\n";
    assert_eq!(String::from_utf8(added).expect("UTF-8"), expected);
}

#[test]
fn everything_outside_the_section_stays_to_the_byte() {
    let local = section(Some("u"), &["d"]);
    for (before, after) in DOCUMENTS {
        let added = local
            .add_config(
                [before.as_bytes(), after.as_bytes()].concat().as_slice(),
                false,
            )
            .expect("it fits");
        let inserted = put_in(&added, before, after);
        assert!(
            inserted.trim_start().starts_with("<postgresql>"),
            "{inserted:?}"
        );
        assert!(
            inserted.trim_end().ends_with("</postgresql>"),
            "{inserted:?}"
        );
        let line_end = if before.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        assert_eq!(
            inserted,
            inserted.lines().collect::<Vec<_>>().join(line_end) + line_end
        );
        assert_eq!(LocalConfig::parse(&added).expect("XML"), local);
    }
}

#[test]
fn replacing_leaves_everything_around_the_first_section() {
    let (before, after) = (
        "\u{feff}<cb_config>\r\n <x/><postgresql2/> ",
        "\r\n  <postgresql><all>?</all></postgresql><!--y--></cb_config>",
    );
    let local = section(Some("u"), &["d"]);
    for old in [
        "<postgresql/>",
        "<postgresql ></postgresql >",
        "<postgresql><all>?</all><x>\n</x></postgresql>",
    ] {
        let document = [before, old, after].concat();
        let added = local
            .add_config(document.as_bytes(), true)
            .expect("it fits");
        let inserted = put_in(&added, before, after);
        assert!(
            inserted.starts_with("<postgresql>\r\n") && inserted.ends_with("\r\n   </postgresql>"),
            "{inserted:?}"
        );
        assert_eq!(LocalConfig::parse(&added).expect("XML"), local);
    }
}

#[test]
fn a_second_section_is_refused() {
    let stderr = "cback-pgconf: standard input:2:2: there is a <postgresql> section already\n\
                  cback-pgconf: hint: --replace puts the new one in its place\n";
    let add = pgconf(["add", "--all", "--compress-mode", "none"]);
    given("<cb_config>\n <postgresql/></cb_config>", add).is(1, "", stderr);
}

#[test]
fn what_could_not_be_read_back_is_refused() {
    let unwritable = "cannot be written: it is empty, or holds a character that XML cannot carry";
    let in_file = |cause| format!("standard input:1:1: {cause}");
    let nearly = format!(
        "<cb_config><x>{}</x></cb_config>",
        "x".repeat((1 << 20) - 32)
    );
    let cases: &[(&str, &[&str], String)] = &[
        (
            "<cb_config/>",
            &["--user", ""],
            format!("user \"\" {unwritable}"),
        ),
        (
            "<cb_config/>",
            &["--database", ""],
            format!("database \"\" {unwritable}"),
        ),
        (
            "<cb_config/>",
            &["--user", "a\u{1}"],
            format!("user \"a\\u{{1}}\" {unwritable}"),
        ),
        (
            "<cb_config/>",
            &["--database", "\u{fffe}"],
            format!("database \"\\u{{fffe}}\" {unwritable}"),
        ),
        (
            "<config/>",
            &["--user", "a"],
            in_file("the root element is not <cb_config>"),
        ),
        (
            "<cb_config>",
            &["--user", "a"],
            in_file("`<cb_config>` is never closed"),
        ),
        (
            &nearly,
            &["--user", "a"],
            "the document would not read back as it was given: larger than 1 MiB".into(),
        ),
    ];
    for (document, arguments, message) in cases {
        let add = pgconf([&["add", "--no-validate"], *arguments].concat());
        given(document, add).is(1, "", &format!("cback-pgconf: {message}\n"));
    }
}

/// In clap's words, before anything is read; `--no-validate` writes it nevertheless.
#[test]
fn an_invalid_section_is_wrong_usage() {
    let long = "x".repeat(64);
    let cases: &[(&[&str], &str)] = &[
        (&["--all"], "compress_mode is missing in <postgresql>"),
        (
            &["--compress-mode", "none"],
            "no database is named and all is not Y",
        ),
        (
            &["--compress-mode", "none", "--all", "--database", "x"],
            "a database is named although all is Y",
        ),
        (
            &["--compress-mode", "none", "--database", &long],
            "has 64 bytes, and PostgreSQL's names at most 63",
        ),
        (
            &[
                "--compress-mode",
                "none",
                "--database",
                "a/",
                "--database",
                "a%2F",
            ],
            "would share the file",
        ),
    ];
    for (arguments, message) in cases {
        let said = given("", pgconf([&["add"], *arguments].concat()));
        assert_eq!((said.status, said.stdout.as_str()), (Some(2), ""));
        let (first, rest) = said.stderr.split_once('\n').expect("several lines");
        assert!(
            first.starts_with("error: ") && first.contains(message),
            "{first}"
        );
        assert!(
            rest.contains("Usage: cback-pgconf add [--user U]"),
            "{rest}"
        );
        let add = pgconf([&["add", "--no-validate"], *arguments].concat());
        let taken = given("<cb_config/>", add);
        assert_eq!((taken.status, taken.stderr.as_str()), (Some(0), ""));
        let given_again = ["databases", "--section-only"];
        assert_eq!(
            given(&taken.stdout, pgconf(given_again)).status,
            Some(1),
            "{}",
            taken.stdout
        );
    }
}

#[test]
fn no_validate_writes_all_beside_a_database() {
    let add = [
        "add",
        "--no-validate",
        "--all",
        "--globals",
        "--database",
        "x",
    ];
    let expected = "<cb_config>\n   <postgresql>\n      <user/>\n      <compress_mode/>\n      <all>Y</all>\n      \
        <globals>Y</globals>\n      <database>x</database>\n   </postgresql>\n</cb_config>";
    given("<cb_config/>", pgconf(add)).is(0, expected, "");
}

#[test]
fn what_was_added_passes_check_and_can_be_replaced() {
    let rest = "<cb_config><options><backup_user>u</backup_user><backup_group>g</backup_group></options>\
                <collect><collect_dir>/c</collect_dir></collect></cb_config>";
    let (a, f) = (["--database", "a=b"], ["--database", "-f"]);
    let first = [
        &[
            "add",
            "--replace",
            "--user",
            "u",
            "--compress-mode",
            "bzip2",
            "--globals",
        ][..],
        &a,
        &f,
    ]
    .concat();
    let once = given(rest, pgconf(&first));
    given(&once.stdout, pgconf(["check", "--strict"])).is(0, "", "");
    let second = ["add", "--replace", "--compress-mode", "none", "--all"];
    let twice = given(&once.stdout, pgconf(second));
    let shell = "user=''\ncompress_mode='none'\nall='Y'\nglobals='N'\nset --\n";
    given(&twice.stdout, pgconf(["shell", "--section-only"])).is(0, shell, "");
    given(twice.stdout, pgconf(first)).is(0, &once.stdout, "");
}

#[test]
fn there_must_be_a_section_to_add() {
    let nothing = LocalConfig::default().add_config(b"<cb_config/>", true);
    assert!(matches!(nothing, Err(AddError::NoSection)));
}

#[test]
fn databases_are_equal_in_any_order() {
    assert_eq!(
        section(None, &["a", "b", "b"]),
        section(None, &["b", "a", "b"])
    );
    assert_ne!(
        section(None, &["a", "b", "b"]),
        section(None, &["a", "a", "b"])
    );
    assert_ne!(section(Some("a"), &["a"]), section(Some("b"), &["a"]));
    let mut globals = section(None, &["a"]);
    globals.postgresql.as_mut().expect("it has one").globals = true;
    assert_ne!(globals, section(None, &["a"]));
}

/// One process for all cases; it ends when its input does, with the test's own.
static CEDAR: LazyLock<Mutex<(Cedar, ChildStdin)>> = LazyLock::new(|| Mutex::new(Cedar::start()));

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_section_reads_back(user in prop::option::of(value()), globals in any::<bool>(), databases in prop::collection::vec(value(), 0..5), place in 0..DOCUMENTS.len()) {
        let names: Vec<&str> = databases.iter().map(String::as_str).collect();
        let mut local = section(user.as_deref(), &names);
        local.postgresql.as_mut().expect("it has one").globals = globals;
        let (before, after) = DOCUMENTS[place];
        let added = local.add_config([before, after].concat().as_bytes(), false).expect("it fits");
        put_in(&added, before, after);
        let mut shared = CEDAR.lock().expect("no case panics with it");
        let (cedar, documents) = &mut *shared;
        cedar::send(documents, &added).expect("Cedar listens");
        let [theirs, _] = cedar.answer();
        let expected = (!databases.is_empty()).then_some(&databases);
        let values = json!([user, "gzip", databases.is_empty(), expected]);
        prop_assert_eq!(theirs, json!({"valid": true, "section": values}));
        let ours = LocalConfig::parse(&added).expect("XML").postgresql.expect("a section");
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
