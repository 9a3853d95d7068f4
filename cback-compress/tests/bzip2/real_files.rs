//! Files that every Debian machine has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::oracle::assert_same;

/// The regular files in a directory, in order, up to so many bytes in all.
fn files(directory: &str, total: u64) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.is_file() && !path.is_symlink())
        .collect();
    files.sort();
    let mut sum = 0;
    let fits = |path: &PathBuf| {
        let size = fs::metadata(path).unwrap().len();
        sum += size;
        sum <= total || {
            sum -= size;
            false
        }
    };
    files.into_iter().filter(fits).collect()
}

fn compare(files: &[PathBuf]) {
    assert!(!files.is_empty());
    for (path, level) in files.iter().zip((1..=9).cycle()) {
        assert_same(&path.display().to_string(), level, &fs::read(path).unwrap());
    }
}

#[test]
fn licences() {
    compare(&files("/usr/share/common-licenses", 2_000_000));
}

#[test]
fn programs() {
    compare(&files("/usr/bin", 12_000_000));
}

#[test]
fn all_licences_as_one_at_every_level() {
    let text: Vec<u8> = files("/usr/share/common-licenses", 2_000_000)
        .iter()
        .flat_map(|path: &PathBuf| fs::read(path as &Path).unwrap())
        .collect();
    for level in 1..=9 {
        assert_same("licences", level, &text);
    }
}
