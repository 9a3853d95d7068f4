//! Files that every Debian machine has.

use std::fs;
use std::path::Path;

use super::{assert_same, assert_same_at_every_level};

/// Path and content of the regular files in a directory, in order, up to so many bytes in all.
fn files(directory: &str, mut room: usize) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file() && !path.is_symlink());
    paths.sort();
    let read = |path: &Path| (path.display().to_string(), fs::read(path).unwrap());
    let mut files: Vec<_> = paths.iter().map(|path| read(path)).collect();
    files.retain(|(_, bytes)| {
        let fits = bytes.len() <= room;
        room -= if fits { bytes.len() } else { 0 };
        fits
    });
    assert!(!files.is_empty());
    files
}

#[test]
fn licences_and_programs() {
    let licences = files("/usr/share/common-licenses", 2_000_000);
    let programs = files("/usr/bin", 12_000_000);
    for ((path, bytes), level) in licences.iter().chain(&programs).zip((1..=9).cycle()) {
        assert_same(path, level, bytes);
    }
    let all: Vec<u8> = licences.into_iter().flat_map(|(_, bytes)| bytes).collect();
    assert_same_at_every_level("all licences as one", &all);
}
