//! `<stage>` and the peers, which a pool's master reads.

use crate::{given, message};
use cback_tests::{Run, python};
use std::process::Command;

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

const CEDAR: &str = "
import sys
from CedarBackup3.config import Config
for document in sys.argv[1:]:
    config = Config(xmlData=document, validate=False)
    peers = config.stage if config.stage.hasPeers() else config.peers
    names = [peer.name for peer in (peers.localPeers or []) + (peers.remotePeers or [])]
    print(config.stage.targetDir, *names, sep='|')
";

/// "Reads `<stage>` of the master's own configuration (`staging_dir` and peers) as Cedar reads them."
#[test]
fn the_stage_and_its_peers_are_those_that_cedar_reads() {
    let mut cedar = Command::new(python());
    cedar.args(["-c", CEDAR]);
    let mut expected = String::new();
    for (sections, peers) in STAGED {
        let document = format!("<cb_config>{sections}</cb_config>");
        let quoted: Vec<_> = peers.iter().map(|it| format!(" '{it}'")).collect();
        let printed = format!("staging_dir='/s'\nset --{}\n", quoted.concat());
        given(&document, "stage").is(0, &printed, "");
        cedar.arg(document);
        expected.extend(["/s|", &peers.join("|"), "\n"]);
    }
    assert_eq!(cedar.prints(), expected);
}

#[test]
#[rustfmt::skip]
fn a_stage_that_names_no_directories_is_refused() {
    let peer = "<peer><name>a</name><type>local</type></peer>";
    let start = "<stage><staging_dir>/s</staging_dir>";
    for (sections, cause) in [
        (String::new(), " there is no <stage> section in <cb_config>".to_owned()),
        (format!("<stage>{peer}</stage>"), "1:12: staging_dir is missing in <stage>".to_owned()),
        (format!("<stage><staging_dir>s</staging_dir>{peer}</stage>"),
         "1:19: staging_dir must be an absolute path, not \"s\"".to_owned()),
        (format!("{start}</stage>"), "1:12: there is no local or remote <peer>".to_owned()),
        (format!("{start}{peer}{peer}</stage>"), "1:99: peer \"a\" is named twice".to_owned()),
        (format!("{start}{}</stage>", peer.replace("<name>a</name>", "")), "1:48: name is missing in <peer>".to_owned()),
        (format!("{start}{}</stage>", peer.replace(">a<", ">a/../b<")),
         "1:54: peer \"a/../b\" cannot be the name of a directory".to_owned()),
    ] {
        let document = format!("<cb_config>{sections}</cb_config>");
        given(&document, "stage").is(1, "", &message(&cause, ""));
    }
}
