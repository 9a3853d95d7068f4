//! Every command in README.md and the guides of docs/, and every example of `--help`, is run, in order, on a copy of
//! this machine, with a real server, a real cback3, a real object store and what the README itself has installed.
//! Stand-ins are only for another host and a systemd that runs.
//!
//! A block says by its info string what it is: `sh` is typed into bash, `xml` goes into cback3.conf,
//! `ini` into a unit, `cron` into cron; `text` is not for typing. Further words: `postgres` types it,
//! where root does not; `last`: after all others; any other is a name by which `readme.sh` knows the
//! block, or `scripts/trial`, for a Debian that is really booted.

use crate::machine::throwaway_machine;
use cback_tests::{Finished, Server, Site, create_sample, extension, noon, python, workspace};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Those whose commands are run.
pub(crate) const GUIDES: [&str; 9] = [
    "docs/install.md", // whose link shows cback3 the module that README.md has it run
    "README.md",
    "docs/cback3.md",
    "docs/pool.md",
    "docs/monitoring.md",
    "docs/service.md",
    "docs/servers.md",
    "docs/stages.md",
    "docs/pipelines.md",
];
const OTHER_PAGES: &str =
    "CHANGELOG.md CONTRIBUTING.md SECURITY.md docs/bench.md docs/faults.md docs/versions.md";

const TYPIST: &str = include_str!("readme.sh");

struct Block {
    /// `FILE:LINE`.
    place: String,
    info: String,
    text: String,
}

fn read(page: impl AsRef<Path>) -> String {
    fs::read_to_string(workspace().join(page)).unwrap()
}

fn blocks() -> Vec<Block> {
    GUIDES.iter().flat_map(|page| blocks_of(page)).collect()
}

fn blocks_of(page: &str) -> Vec<Block> {
    let text = read(page);
    let mut blocks = vec![];
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|(_, line)| *line != "```");
            blocks.push(Block {
                place: format!("{page}:{}", number + 1),
                info: info.to_owned(),
                text: body.flat_map(|(_, line)| [line, "\n"]).collect(),
            });
        } else {
            let is_code = line.starts_with("    ") && !line.trim().is_empty();
            assert!(!is_code, "{page}: {line}");
        }
    }
    blocks
}

#[test]
fn every_block_says_what_it_is_and_every_name_is_used() {
    let users = read("scripts/trial.d/inside") + TYPIST;
    let words: Vec<_> = users.split([' ', '\n', ')', ';', '*']).collect();
    let blocks = blocks();
    assert!(blocks.len() > 30);
    for Block { place, info, .. } in &blocks {
        let (kind, labels) = info.split_once(' ').unwrap_or((info, ""));
        let is_known = ["sh", "xml", "ini", "cron", "text"].contains(&kind);
        let mut labels = labels.split_whitespace();
        let are_used = labels.all(|it| it == "last" || words.contains(&it));
        assert!(is_known && are_used, "{place}: {info}");
    }
}

/// Pages elsewhere cannot be reached from a test.
#[test]
fn every_link_to_a_file_leads_somewhere() {
    for page in GUIDES.into_iter().chain(OTHER_PAGES.split(' ')) {
        let directory = workspace().join(page);
        for link in read(page).split("](").skip(1) {
            let file = link.split([')', '#']).next().unwrap();
            let is_there = file.starts_with("https://") || directory.with_file_name(file).exists();
            assert!(is_there, "{page}: {file}");
        }
    }
}

#[test]
fn the_changelog_begins_with_this_version() {
    let changelog = read("CHANGELOG.md");
    let mut versions = changelog.lines().filter_map(|it| it.strip_prefix("## ["));
    let first = versions.find(|it| !it.starts_with("Unreleased"));
    let expected = concat!(env!("CARGO_PKG_VERSION"), "] - 20");
    assert!(first.unwrap().starts_with(expected), "{first:?}");
}

/// All blocks as one script, which stops at the first that fails and says where it stands.
fn typed(site: &Site) -> String {
    let mut blocks = blocks();
    blocks.sort_by_key(|block| block.info.ends_with(" last"));
    let last = blocks.partition_point(|block| !block.info.ends_with(" last"));
    let mut script = format!("{TYPIST}\n");
    for (number, Block { place, info, text }) in blocks.iter().enumerate() {
        if number == last {
            script += "type_help\n";
        }
        let file = site.path(&format!("block-{number}"));
        fs::write(&file, text).unwrap();
        writeln!(script, "block {place} {} {info}", file.display()).unwrap();
    }
    script + "afterwards"
}

/// "A backup that was never restored is a hope": and so is a command that was never typed.
#[test]
fn every_command_does_what_the_text_around_it_says() {
    let server = Server::start();
    create_sample(&server, "shop");
    // The text says that the read-only role may not read them.
    server.sql("shop", "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    let mut site = Site::new();
    site.add_section(&extension("CedarBackup3.extend.postgresql"));
    site.configure("gzip", &["shop"]);
    let mut environment = server.command("true");
    environment.env_remove("PGPORT").env("python", python());
    environment.env("TZ", noon());
    environment.env("site", site.config().parent().unwrap());
    let cargo = Path::new(env!("CARGO")).parent().unwrap().display();
    let (bin, clients) = (site.path("bin"), server.bin().display());
    let usual = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let path = format!("{}:{clients}:{usual}:{cargo}", bin.display());
    let machine = throwaway_machine(&typed(&site), environment.env("PATH", path));
    // By its own time: the release build alone takes minutes on a busy machine.
    machine.map(|mut it| it.output().unwrap().succeeds());
}
