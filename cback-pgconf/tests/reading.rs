//! What we read is what Cedar Backup reads: the same values, or both refuse.
//!
//! Held against the real thing on documents made at random. `CBACK_DIFF_DOCUMENTS` says how many,
//! `CBACK_DIFF_FIRST` which is the first.

#[path = "cedar/mod.rs"]
mod cedar;
#[path = "documents/mod.rs"]
mod documents;

use std::ops::Range;

use cback_pgconf::{CompressMode, Error, LocalConfig, Settings};
use cedar::Cedar;
use serde_json::{Value, json};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect(variable))
}

#[test]
fn reads_what_cedar_reads() {
    let first = number("CBACK_DIFF_FIRST", 1);
    let numbers = first..first + number("CBACK_DIFF_DOCUMENTS", 20_000);
    let [accepted, entities] = compare(numbers.clone(), documents::document);
    let total = numbers.end - numbers.start;
    // Were nearly everything refused, agreement would mean little.
    assert!(
        accepted * 3 > total,
        "only {accepted} of {total} documents could be read"
    );
    assert!(
        entities * 10 < total,
        "{entities} of {total} documents declared entities"
    );
}

/// What chance seldom brings together: a declaration, and the element that it changes.
#[rustfmt::skip]
const DECLARED: &[&str] = &[
    "<!DOCTYPE a [<!ATTLIST a xmlns NMTOKEN #IMPLIED>]><a xmlns=' x '/>",
    "<!DOCTYPE a [<!ATTLIST a xmlns CDATA #IMPLIED>]><a xmlns=' x '/>",
    "<!DOCTYPE a [<!ATTLIST a xmlns:p CDATA 'u' p:b CDATA 'x' p:b CDATA 'y'>]><a/>",
    "<!DOCTYPE a [<!ATTLIST a xmlns:p CDATA 'u'><!ATTLIST a xmlns:p CDATA ''>]><p:a/>",
    "<!DOCTYPE a [<!ATTLIST a xmlns:p CDATA 'u'>]><a><p:b/></a>",
    "<!DOCTYPE a [%x;<!ATTLIST a xmlns:p CDATA 'u'>]><a><p:b/></a>",
    "<?xml version='1.0' standalone='yes'?><!DOCTYPE a [%x;<!ATTLIST a xmlns:p CDATA 'u'>]><a><p:b/></a>",
    "<!DOCTYPE a [%x;]><a b='&foo;'>&foo;</a>",
    "<?xml version='1.0' standalone='yes'?><!DOCTYPE a [%x;]><a>&foo;</a>",
];

#[test]
fn reads_what_cedar_reads_of_what_is_declared() {
    let document = |number| DECLARED[usize::try_from(number).expect("an index")].into();
    let [accepted, _] = compare(0..DECLARED.len() as u64, document);
    assert_eq!(accepted, 5);
}

/// Expat goes by the tables of an old edition of XML: hold ours against it, character by character.
#[test]
fn knows_the_names_that_cedar_knows() {
    let character = |number| char::from_u32(number).filter(|c| !c.is_ascii());
    let name = |number: u64| {
        let number = u32::try_from(number).expect("a code point");
        match (character(number / 2), number % 2) {
            (Some(c), 0) => format!("<{c}/>").into_bytes(),
            (Some(c), _) => format!("<a{c}/>").into_bytes(),
            (None, _) => b"<a/>".to_vec(),
        }
    };
    let [in_names, _] = compare(0..2 * 0x1_0010, name);
    assert!((30_000..110_000).contains(&in_names), "{in_names}");
}

/// Asks Cedar of each document; how many could be read, and how many declare entities.
fn compare(numbers: Range<u64>, document: impl Fn(u64) -> Vec<u8> + Sync) -> [u64; 2] {
    let (mut cedar, mut pipe) = Cedar::start();
    let (mut differences, mut accepted, mut entities) = (Vec::new(), 0, 0);
    std::thread::scope(|scope| {
        let (sent, document) = (numbers.clone(), &document);
        scope.spawn(move || {
            for number in sent {
                cedar::send(&mut pipe, &document(number)).expect("Cedar listens");
            }
        });
        for number in numbers.clone() {
            let document = document(number);
            let theirs = cedar.answer();
            let ours = section(&document);
            accepted += u64::from(ours.is_ok());
            if matches!(&ours, Err(refusal) if refusal.contains("declares an entity of its own")) {
                // The one difference that is wanted.
                entities += 1;
            } else if !agree_on(&document, &ours, &theirs) {
                differences.push(format!(
                    "document {number}: {}\n  ours   {ours:?} {:?}\n  Cedar's {theirs:?}",
                    document.escape_ascii(),
                    settings(&document)
                ));
            }
        }
    });
    assert!(
        differences.is_empty(),
        "{} of {} documents read differently, such as:\n{}",
        differences.len(),
        numbers.end - numbers.start,
        differences[..differences.len().min(20)].join("\n")
    );
    [accepted, entities]
}

fn agree_on(document: &[u8], ours: &Result<Value, String>, theirs: &[Value; 2]) -> bool {
    // Without a section nothing is left to be asked of the settings.
    agree(ours, &theirs[0]) && (ours.is_err() || agree(&settings(document), &theirs[1]))
}

fn agree(ours: &Result<Value, String>, theirs: &Value) -> bool {
    match ours {
        Ok(ours) => ours == theirs,
        Err(_) => theirs.get("refused").is_some(),
    }
}

fn section(document: &[u8]) -> Result<Value, String> {
    let local = LocalConfig::parse(document).map_err(refusal)?;
    let values = local.postgresql.as_ref().map(|section| {
        json!([
            section.user,
            section.compress_mode.map(CompressMode::as_str),
            section.all,
            section.databases,
        ])
    });
    Ok(json!({"valid": local.validate().is_ok(), "section": values}))
}

fn settings(document: &[u8]) -> Result<Value, String> {
    let settings = Settings::parse(document).map_err(refusal)?;
    Ok(json!([
        settings.collect_dir,
        settings.backup_user,
        settings.backup_group,
        settings.pg_dump,
        settings.pg_dumpall
    ]))
}

fn refusal(error: Error) -> String {
    match error {
        Error::Document(fault) => fault.to_string(),
        Error::Io(error) => panic!("no file is read here: {error}"),
    }
}
