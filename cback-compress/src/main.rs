//! Compress standard input with gzip or bzip2 on all cores, or unpack it.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use cback_compress::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    report_panics();
    match cback_compress::run(Cli::parse()) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => {}
        Err(error) => complain(&format!("{error:#}")),
    }
    ExitCode::FAILURE
}

/// Has a panic end the process at once, so that nothing is dropped that would finish a stream.
fn report_panics() {
    std::panic::set_hook(Box::new(|bug| {
        complain(&format!("internal error: {bug}").replace('\n', " "));
        std::process::exit(1);
    }));
}

/// Whether the output's reader has gone away, who knows it.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref());
    causes.any(|cause: &io::Error| cause.kind() == ErrorKind::BrokenPipe)
}

/// One write, since the pipeline's other programs write there too.
fn complain(message: &str) {
    let _ = io::stderr().write_all(format!("cback-compress: {message}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_one_line_and_status_1() {
        cback_tests::assert_panic_is_one_line("cback-compress", super::report_panics);
    }
}
