//! Dump PostgreSQL to standard output and prove that the dump is whole.

fn main() {
    std::process::exit(1);
}
