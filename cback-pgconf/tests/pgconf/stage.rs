//! `<stage>` and the peers, which a pool's master reads.

use crate::{cedars, given, message};
use serde_json::json;

/// Documents, and the peers that are staged into /s.
#[rustfmt::skip]
const STAGED: [(&str, &[&str]); 4] = [
    ("<stage><staging_dir>/s</staging_dir><peer><type>local</type><name>a</name></peer>\
      <peer><name>b c</name><type>remote</type></peer></stage>", &["a", "b c"]),
    // Those of <peers> count where <stage> has none, and only then. Another type is passed over.
    ("<peers><peer><name>a</name><type>remote</type></peer><peer><name>x</name><type>Local</type></peer></peers>\
      <stage><peer><name>y</name></peer><staging_dir>/s</staging_dir></stage>", &["a"]),
    ("<stage><staging_dir>/s</staging_dir><peer><name>a</name><type>local</type></peer></stage>\
      <peers><peer><name>x</name><type>remote</type></peer></peers>", &["a"]),
    ("<stage><x><peer><name>x</name><type>local</type></peer></x><staging_dir/><staging_dir>/s<!----></staging_dir>\
      <peer><name>&#x61;</name><name>x</name><type>local</type></peer></stage><stage/>", &["a"]),
];

/// "Reads `<stage>` of the master's own configuration (`staging_dir` and peers) as Cedar reads them."
#[test]
fn the_stage_and_its_peers_are_those_that_cedar_reads() {
    let documents = STAGED.map(|(sections, _)| format!("<cb_config>{sections}</cb_config>"));
    let answers = cedars(&documents.clone().map(String::into_bytes));
    for ((document, (_, peers)), [.., stage]) in documents.iter().zip(STAGED).zip(answers) {
        let printed = format!("staging_dir='/s'\nset -- '{}'\n", peers.join("' '"));
        given(document, "stage").is(0, &printed, "");
        assert_eq!(stage, json!(["/s", peers]), "{document}");
    }
}

/// Documents and faults.
#[rustfmt::skip]
const FAULTY: [(&str, &str); 7] = [
    ("", " there is no <stage> section in <cb_config>"),
    ("<stage><peer><name>a</name><type>local</type></peer></stage>", "1:12: staging_dir is missing in <stage>"),
    ("<stage><staging_dir>s</staging_dir></stage>", "1:19: staging_dir must be an absolute path, not \"s\""),
    ("<stage><staging_dir>/s</staging_dir></stage>", "1:12: there is no local or remote <peer>"),
    ("<stage><staging_dir>/s</staging_dir><peer><type>local</type><name>a</name></peer><peer><type>local</type><name>a</name></peer></stage>",
     "1:117: peer \"a\" is named twice"),
    ("<stage><staging_dir>/s</staging_dir><peer><type>local</type></peer></stage>", "1:48: name is missing in <peer>"),
    ("<stage><staging_dir>/s</staging_dir><peer><name>a/../b</name><type>local</type></peer></stage>",
     "1:54: peer \"a/../b\" cannot be the name of a directory"),
];

#[test]
fn a_stage_that_names_no_directories_is_refused() {
    for (sections, cause) in FAULTY {
        let document = format!("<cb_config>{sections}</cb_config>");
        given(&document, "stage").is(1, "", &message(cause, ""));
    }
}
