//! What Cedar Backup accepts reads here to the same values, or is refused for one of a few reasons.
//!
//! Held against the real thing on documents made at random. `CBACK_DIFF_DOCUMENTS` says how many,
//! `CBACK_DIFF_FIRST` which is the first.

#[path = "cedar/mod.rs"]
mod cedar;
#[path = "documents/mod.rs"]
mod documents;

use cback_pgconf::{CompressMode, Fault, LocalConfig, Settings};
use cedar::Cedar;
use serde_json::{Value, json};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect(variable))
}

#[test]
fn reads_what_cedar_accepts() {
    let first = number("CBACK_DIFF_FIRST", 1);
    let total = number("CBACK_DIFF_DOCUMENTS", 20_000);
    let counted = compare((first..first + total).map(documents::document));
    eprintln!("{counted:?}");
    // Agreement on what hardly ever comes would mean little.
    assert!(counted.accepted * 2 > total, "{counted:?}");
    assert!(
        (1..total / 10).contains(&counted.refused_here),
        "{counted:?}"
    );
}

#[derive(Debug, Default)]
struct Counted {
    accepted: u64,
    refused_here: u64,
}

/// Asks Cedar of each document.
fn compare(documents: impl Iterator<Item = Vec<u8>> + Clone + Send) -> Counted {
    let (cedar, mut pipe) = Cedar::start();
    let (mut differences, mut counted) = (Vec::new(), Counted::default());
    std::thread::scope(|scope| {
        let sent = documents.clone();
        scope.spawn(move || {
            for document in sent {
                cedar::send(&mut pipe, &document).expect("Cedar listens");
            }
        });
        // Ends with this, by a panic too: or the documents would wait for it for ever.
        let mut cedar = cedar;
        for document in documents {
            let [section, settings] = cedar.answer();
            if section.get("refused").is_some() {
                continue;
            }
            counted.accepted += 1;
            if LocalConfig::parse(&document).is_err_and(|fault| is_wanted(&fault)) {
                counted.refused_here += 1;
            } else if !is_same(ours(&document), &section)
                || (settings.get("refused").is_none()
                    && !is_same(our_settings(&document), &settings))
            {
                differences.push(format!(
                    "{}\n  ours   {:?} {:?}\n  Cedar's {section} {settings}",
                    document.escape_ascii(),
                    ours(&document),
                    our_settings(&document),
                ));
            }
        }
    });
    let count = differences.len();
    differences.truncate(10);
    assert!(
        count == 0,
        "{count} read differently, such as:\n{}",
        differences.join("\n")
    );
    counted
}

/// What is refused here although Cedar accepts it; so is what is larger than 1 MiB, which limits.rs has.
/// `<globals>` is ours, Cedar knows nothing of it.
fn is_wanted(refusal: &Fault) -> bool {
    refusal.cause == "a DOCTYPE is not read here"
        || refusal.cause.starts_with("globals must be Y or N")
}

fn is_same(ours: Result<Value, Fault>, theirs: &Value) -> bool {
    ours.is_ok_and(|ours| ours == *theirs)
}

fn ours(document: &[u8]) -> Result<Value, Fault> {
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
