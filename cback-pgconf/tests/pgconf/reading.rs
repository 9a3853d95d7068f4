//! The same documents, read here and by the real Cedar Backup.

use crate::{cedars, documents};
use cback_pgconf::{CompressMode, Fault, LocalConfig, PostgresqlConfig, Settings};
use cback_tests::cases;
use serde_json::{Value, json};

/// "What Cedar accepts reads here to the same values, or is refused"; and what expat, and so cback3,
/// cannot load is refused here too: "`check` is asked whether cback3 will run"; "no panics, whatever the input".
#[test]
fn documents_read_as_cedar_reads_them() {
    let total = u64::from(cases(20_000));
    let documents: Vec<_> = (1..=total).map(documents::document).collect();
    // How many are read alike, refused by both, refused here alone.
    let mut counts = [0; 3];
    for (document, [section, settings, _]) in documents.iter().zip(cedars(&documents)) {
        if let Some(kind) = compare(document, &section, &settings) {
            counts[kind] += 1;
        }
    }
    // Agreement on what hardly ever comes would mean little.
    let [read, refused, refused_here] = counts;
    assert!(read * 3 > total && refused * 20 > total, "{counts:?}");
    assert!((1..total / 10).contains(&refused_here), "{counts:?}");
}

fn compare(document: &[u8], section: &Value, settings: &Value) -> Option<usize> {
    let shown = document.escape_ascii();
    // A section that was written, if perhaps into no configuration, is there. And nothing panics.
    let postgresql = Some(PostgresqlConfig::default());
    let local = LocalConfig { postgresql };
    if let Ok(added) = local.add_config(document, true) {
        assert_eq!(LocalConfig::parse(&added), Ok(local), "{shown}");
    }
    let ours = LocalConfig::parse(document);
    if let Some(refusal) = section.get("refused").map(ToString::to_string) {
        // Letters that XML allows in names only since its fifth edition, which expat does not know.
        let has_new_letters = String::from_utf8_lossy(document).contains('\u{132}');
        if !refusal.contains("Unable to parse XML") || has_new_letters {
            return None;
        }
        assert!(ours.is_err(), "{refusal}: {shown}");
        return Some(1);
    }
    if ours.is_err_and(|fault| is_wanted(&fault)) {
        return Some(2);
    }
    let theirs = format!("{shown}\nCedar's {section} {settings}");
    assert_eq!(our_section(document).as_ref(), Ok(section), "{theirs}");
    if settings.get("refused").is_none() {
        assert_eq!(our_settings(document).as_ref(), Ok(settings), "{theirs}");
    }
    Some(0)
}

/// "Refused only if it has a DOCTYPE, is larger than 1 MiB [see limits.rs], or is not UTF-8"; of
/// `<globals>`, which is ours, Cedar knows nothing.
fn is_wanted(refusal: &Fault) -> bool {
    let cause = &refusal.cause;
    let refused = [
        "a DOCTYPE is not read here",
        "globals must be Y or N",
        "`version` is out of place in the XML declaration, or its value is", // read by expat 2.5
    ];
    refused.iter().any(|it| cause.starts_with(it))
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
    let programs = json!([all.pg_dump, all.pg_dumpall]);
    Ok(json!([
        all.collect_dir,
        all.backup_user,
        all.backup_group,
        programs
    ]))
}
