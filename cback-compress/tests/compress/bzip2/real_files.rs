//! Files that every Debian machine has.

use std::fs;

use super::{assert_same, assert_same_at_every_level};

/// Path and content of the regular files in a directory, in order, but for the largest.
fn files(directory: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file() && !path.is_symlink());
    paths.sort();
    let files = paths.iter();
    let files = files.map(|path| (path.display().to_string(), fs::read(path).unwrap()));
    files.filter(|(_, bytes)| bytes.len() < 1_500_000).collect()
}

#[test]
fn licences_and_programs() {
    let licences = files("/usr/share/common-licenses");
    let programs = files("/usr/bin").into_iter().take(60);
    for ((path, bytes), level) in programs.zip((1..=9).cycle()) {
        assert_same(&path, level, &bytes);
    }
    let all: Vec<u8> = licences.into_iter().flat_map(|(_, bytes)| bytes).collect();
    assert!(!all.is_empty());
    assert_same_at_every_level("all licences as one", &all);
}
