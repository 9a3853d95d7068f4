//! The same as a function, which writes to anything.

use crate::{DEADLINE, SEAL, SHIM, WHOLE};
use cback_pgdump::{Error, Options, Stopper, Target, dump};
use cback_tests::Process;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

/// A script that writes a line and then nothing, for as long as a test waits.
fn endless(name: &str) -> String {
    format!("echo begun; sleep 90 {}", mark(name))
}

/// A comment in sh that only this process's children have.
fn mark(name: &str) -> String {
    format!("# {name} {}", std::process::id())
}

fn options(script: &str) -> Options {
    Options {
        target: Target::Database("db".into()),
        user: None,
        pg_dump: SHIM.into(),
        pg_dumpall: SHIM.into(),
        arguments: vec![script.into()],
        seal: Some(SEAL.into()),
    }
}

/// Whether the child with the [`endless`] script of that name is there.
fn is_there(name: &str) -> bool {
    !Process::with_argument(Path::new(&mark(name))).is_empty()
}

/// Writes and flushes as these do.
struct Writer<W, F>(W, F);

impl<W: FnMut(&[u8]) -> io::Result<()>, F: FnMut() -> io::Result<()>> Write for Writer<W, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        (self.1)()
    }
}

fn full() -> io::Result<()> {
    Err(ErrorKind::StorageFull.into())
}

/// What [`dump`] returns, unless it panics or takes too long.
fn outcome(script: &str, mut output: impl Write + Send + 'static) -> Option<Result<(), Error>> {
    let options = options(script);
    let (sender, outcome) = channel();
    thread::spawn(move || sender.send(dump(&options, &Stopper::default(), &mut output)));
    outcome.recv_timeout(DEADLINE).ok()
}

#[test]
fn it_writes_to_a_vector() {
    let mut output = Vec::new();
    dump(&options(WHOLE), &Stopper::default(), &mut output).expect("a whole dump");
    let dump = "--\n-- PostgreSQL database dump complete\n--\n\n";
    assert_eq!(String::from_utf8_lossy(&output), format!("{dump}{SEAL}"));
}

/// That of the seal alone, and of the last bytes, which a writer may keep until it is flushed.
#[test]
fn a_failed_write_or_flush_is_a_failure() {
    let is_seal = |bytes: &[u8]| bytes == SEAL.as_bytes();
    let write = move |bytes: &[u8]| if is_seal(bytes) { full() } else { Ok(()) };
    for outcome in [
        outcome(WHOLE, Writer(write, || Ok(()))),
        outcome(WHOLE, Writer(|_: &[u8]| Ok(()), full)),
    ] {
        let Some(Err(Error::Write(error))) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

#[test]
fn a_failed_write_ends_the_child() {
    let script = endless("failed-write");
    let outcome = outcome(&script, Writer(|_: &[u8]| full(), || Ok(())));
    assert!(matches!(outcome, Some(Err(Error::Write(_)))), "{outcome:?}");
    assert!(!is_there("failed-write"));
}

#[test]
fn a_panic_of_the_writer_ends_the_child() {
    let script = endless("panic");
    let outcome = outcome(&script, Writer(|_: &[u8]| panic!("as wanted"), || Ok(())));
    assert!(outcome.is_none(), "{outcome:?}");
    assert!(!is_there("panic"));
}

#[test]
fn another_thread_can_stop_it_for_good() {
    let stopper = Stopper::default();
    let (sender, written) = channel();
    thread::scope(|scope| {
        let dumping = scope.spawn(|| {
            let options = options(&endless("stopped"));
            let tell = move |_: &[u8]| {
                let _ = sender.send(());
                Ok(())
            };
            dump(&options, &stopper, &mut Writer(tell, || Ok(())))
        });
        written.recv_timeout(DEADLINE).expect("the first line");
        assert!(is_there("stopped"));
        stopper.stop();
        assert!(!is_there("stopped"));
        let outcome = dumping.join().expect("no panic");
        assert!(matches!(outcome, Err(Error::Stopped)), "{outcome:?}");
    });
    let mut output = Vec::new();
    let outcome = dump(&options(WHOLE), &stopper, &mut output);
    assert!(matches!(outcome, Err(Error::Stopped)), "{outcome:?}");
    assert!(output.is_empty());
}
