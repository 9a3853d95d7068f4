//! What Cedar Backup accepts reads here to the same values, or is refused for one of a few reasons; a
//! document that it cannot parse is refused here too.
//!
//! Held against the real thing on documents made at random. `CBACK_DIFF_DOCUMENTS` says how many,
//! `CBACK_DIFF_FIRST` which is the first.

use crate::cedar::{self, Cedar};
use crate::documents;
use cback_pgconf::{CompressMode, Fault, LocalConfig, Settings};
use serde_json::{Value, json};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect(variable))
}

#[test]
fn reads_what_cedar_accepts() {
    let first = number("CBACK_DIFF_FIRST", 1);
    let total = number("CBACK_DIFF_DOCUMENTS", 20_000);
    let documents = || (first..first + total).map(documents::document);
    let (cedar, mut pipe) = Cedar::start();
    let [mut accepted, mut unreadable, mut refused_here] = [0; 3];
    let mut differences = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for document in documents() {
                cedar::send(&mut pipe, &document).expect("Cedar listens");
            }
        });
        // Ends with this, by a panic too: or the documents would wait for it for ever.
        let mut cedar = cedar;
        for document in documents() {
            let [section, settings] = cedar.answer();
            if let Some(refusal) = section.get("refused") {
                let refusal = refusal.as_str().expect("words");
                if refusal.contains("Unable to parse XML") && !has_new_letters(&document) {
                    let ours = LocalConfig::parse(&document);
                    assert!(ours.is_err(), "{refusal}: {}", document.escape_ascii());
                    unreadable += 1;
                }
                continue;
            }
            accepted += 1;
            if LocalConfig::parse(&document).is_err_and(|fault| is_wanted(&fault)) {
                refused_here += 1;
                continue;
            }
            let ours = [our_section(&document), our_settings(&document)];
            let is_same = is_same(&ours[0], &section)
                && (settings.get("refused").is_some() || is_same(&ours[1], &settings));
            if !is_same {
                let document = document.escape_ascii();
                differences.push(format!(
                    "{document}\n  ours   {ours:?}\n  Cedar's {section} {settings}"
                ));
            }
        }
    });
    let some = &differences[..differences.len().min(10)];
    assert!(
        some.is_empty(),
        "{} read differently:\n{}",
        differences.len(),
        some.join("\n")
    );
    // Agreement on what hardly ever comes would mean little.
    assert!(accepted * 2 > total, "only {accepted} accepted");
    assert!(
        unreadable * 20 > total,
        "only {unreadable} that Cedar cannot read"
    );
    assert!(
        (1..total / 10).contains(&refused_here),
        "{refused_here} refused here"
    );
}

/// What is refused here although Cedar accepts it; so is what is larger than 1 MiB, which limits.rs has.
/// `<globals>` is ours, Cedar knows nothing of it.
fn is_wanted(refusal: &Fault) -> bool {
    refusal.cause == "a DOCTYPE is not read here"
        || refusal.cause.starts_with("globals must be Y or N")
}

/// Letters that XML allows in names only since its fifth edition, which expat does not know.
fn has_new_letters(document: &[u8]) -> bool {
    String::from_utf8_lossy(document).contains('\u{132}')
}

fn is_same(ours: &Result<Value, Fault>, theirs: &Value) -> bool {
    ours.as_ref().is_ok_and(|ours| ours == theirs)
}

fn our_section(document: &[u8]) -> Result<Value, Fault> {
    let local = LocalConfig::parse(document)?;
    let values = local.postgresql.as_ref().map(|section| {
        let mode = section.compress_mode.map(CompressMode::as_str);
        json!([section.user, mode, section.all, section.databases])
    });
    Ok(json!({"valid": local.validate().is_ok(), "section": values}))
}

fn our_settings(document: &[u8]) -> Result<Value, Fault> {
    let all = Settings::parse(document)?;
    let programs = [all.pg_dump, all.pg_dumpall];
    Ok(json!([
        all.collect_dir,
        all.backup_user,
        all.backup_group,
        programs[0],
        programs[1]
    ]))
}
