//! The same as a function, which writes to anything.

mod server;

use cback_pgdump::{Error, Options, Stopper, Target, dump};
use server::processes;
use std::io::{self, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread;

const WHOLE: &str = "printf '%s\n' -- '-- PostgreSQL database dump complete' -- ''";
/// Writes a line and then waits for ever.
const ENDLESS: &str = "echo begun; while :; do sleep 600; done";

fn options(script: &str) -> Options {
    let shim = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shim");
    Options {
        target: Target::Database("db".into()),
        user: None,
        pg_dump: shim.into(),
        pg_dumpall: shim.into(),
        arguments: vec![script.into()],
        seal: Some("walrus".into()),
    }
}

/// Whether the child whose script holds this mark is there.
fn is_there(mark: &str) -> bool {
    processes(|_| true).iter().any(|line| line.contains(mark))
}

/// Tells that it was written to, then does what `outcome` says.
struct Writer<F>(Sender<()>, F);

impl<F: FnMut() -> io::Result<()>> Write for Writer<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(());
        (self.1)().map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn it_writes_to_a_vector() {
    let mut output = Vec::new();
    dump(&options(WHOLE), &Stopper::default(), &mut output).unwrap();
    assert_eq!(
        output,
        b"--\n-- PostgreSQL database dump complete\n--\n\nwalrus"
    );
}

#[test]
fn a_failed_write_ends_the_child() {
    let options = options(&format!("{ENDLESS} # failed-write"));
    let mut output = Writer(channel().0, || Err(ErrorKind::StorageFull.into()));
    let error = dump(&options, &Stopper::default(), &mut output).unwrap_err();
    assert!(matches!(error, Error::Write(error) if error.kind() == ErrorKind::StorageFull));
    assert!(!is_there("# failed-write"));
}

#[test]
fn a_panic_of_the_writer_ends_the_child() {
    let options = options(&format!("{ENDLESS} # panic"));
    let mut output = Writer(channel().0, || panic!("as wanted"));
    let run = || dump(&options, &Stopper::default(), &mut output);
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert!(!is_there("# panic"));
}

#[test]
fn a_failed_flush_is_a_failure() {
    struct Unflushed;
    impl Write for Unflushed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(ErrorKind::StorageFull.into())
        }
    }
    let outcome = dump(&options(WHOLE), &Stopper::default(), &mut Unflushed);
    assert!(matches!(outcome, Err(Error::Write(_))));
}

#[test]
fn another_thread_can_stop_it_for_good() {
    let stopper = Stopper::default();
    let (sender, written) = channel();
    thread::scope(|scope| {
        let dumping = scope.spawn(|| {
            let options = options(&format!("{ENDLESS} # stopped"));
            dump(&options, &stopper, &mut Writer(sender, || Ok(())))
        });
        written.recv().expect("the first line");
        stopper.stop();
        assert!(!is_there("# stopped"));
        assert!(matches!(
            dumping.join().expect("no panic"),
            Err(Error::Stopped)
        ));
    });
    let mut output = Vec::new();
    assert!(matches!(
        dump(&options(WHOLE), &stopper, &mut output),
        Err(Error::Stopped)
    ));
    assert!(output.is_empty());
}
