//! Read, check and write the postgresql section of a cback3 configuration.

fn main() {
    std::process::exit(1);
}
