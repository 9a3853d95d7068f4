//! Compress standard input with gzip or bzip2 on all cores.

fn main() {
    std::process::exit(1);
}
