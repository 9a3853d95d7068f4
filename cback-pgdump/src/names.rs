//! Files of names that each end in NUL, so that a file that breaks off is noticed.

use crate::stdio;
use anyhow::{Context, ensure};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The names in `file`, `-` for standard input, of at most so many bytes.
///
/// # Errors
///
/// It cannot be read, is longer, or its last name does not end.
pub(crate) fn read(file: &Path, most: u64) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut text = Vec::new();
    let read = if file.as_os_str() == "-" {
        stdio::input().and_then(|input| input.take(most).read_to_end(&mut text))
    } else {
        File::open(file).and_then(|file| file.take(most).read_to_end(&mut text))
    };
    let file = file.display();
    let length = read.with_context(|| file.to_string())? as u64;
    ensure!(
        length < most,
        "{file}: more than {} MiB of names",
        most >> 20
    );
    let names = text.split_inclusive(|&byte| byte == 0);
    let names = names.map(|name| name.strip_suffix(b"\0").map(<[u8]>::to_vec));
    let names: Option<_> = names.collect();
    names.with_context(|| format!("{file}: the last name does not end in NUL"))
}
