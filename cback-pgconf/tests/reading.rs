//! What we read is what Cedar Backup reads: the same values, or both refuse.
//!
//! Held against the real thing on documents made at random. `CBACK_DIFF_DOCUMENTS` says how many,
//! `CBACK_DIFF_FIRST` which is the first.

#[path = "cedar/mod.rs"]
mod cedar;
#[path = "documents/mod.rs"]
mod documents;

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
    let (mut cedar, mut pipe) = Cedar::start();
    let (mut differences, mut accepted, mut entities) = (Vec::new(), 0, 0);
    std::thread::scope(|scope| {
        let sent = numbers.clone();
        scope.spawn(move || {
            for number in sent {
                cedar::send(&mut pipe, &documents::document(number)).expect("Cedar listens");
            }
        });
        for number in numbers.clone() {
            let document = documents::document(number);
            let theirs = cedar.answer();
            let ours = section(&document);
            accepted += u64::from(ours.is_ok());
            let agrees = match &ours {
                Err(refusal) if refusal.contains("declares an entity of its own") => {
                    entities += 1;
                    continue;
                }
                // Without a section nothing is left to be asked of the settings.
                Err(_) => agree(&ours, &theirs[0]),
                Ok(_) => agree(&ours, &theirs[0]) && agree(&settings(&document), &theirs[1]),
            };
            if !agrees {
                differences.push(format!(
                    "document {number}: {}\n  ours   {ours:?} {:?}\n  Cedar's {theirs:?}",
                    document.escape_ascii(),
                    settings(&document)
                ));
            }
        }
    });
    let total = numbers.end - numbers.start;
    assert!(
        differences.is_empty(),
        "{} of {total} documents read differently, such as:\n{}",
        differences.len(),
        differences[..differences.len().min(20)].join("\n")
    );
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
