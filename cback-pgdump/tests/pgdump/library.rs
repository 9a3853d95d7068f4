//! "As a library: the dump as a function that writes to any `Write`."

use crate::{DEADLINE, SEAL, SHIM, WHOLE};
use cback_pgdump::{Error, Options, Stopper, Target, dump};
use cback_tests::Process;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

/// A comment in sh that only this process's children have.
fn mark(name: &str) -> String {
    format!("# {name} {}", std::process::id())
}

/// Options for a database whose pg_dump is this script.
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

/// The same of a script that writes a line and then nothing, for as long as a test waits.
fn endless(name: &str) -> Options {
    options(&format!("echo begun; sleep 600 {}", mark(name)))
}

/// Whether the child of [`endless`] is there.
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

/// The outcome of [`dump`], unless it panics or takes too long.
fn outcome(options: Options, mut output: impl Write + Send + 'static) -> Option<Result<(), Error>> {
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

/// Also one of the seal alone, and of the last bytes, which a writer may keep until it is flushed.
#[test]
fn a_failed_write_or_flush_is_a_failure_and_ends_the_child() {
    let is_seal = |bytes: &[u8]| bytes == SEAL.as_bytes();
    let write = move |bytes: &[u8]| if is_seal(bytes) { full() } else { Ok(()) };
    let full_at_once = Writer(|_: &[u8]| full(), || Ok(()));
    for outcome in [
        outcome(options(WHOLE), Writer(write, || Ok(()))),
        outcome(options(WHOLE), Writer(|_: &[u8]| Ok(()), full)),
        outcome(endless("failed-write"), full_at_once),
    ] {
        let is_full = |error: &io::Error| error.kind() == ErrorKind::StorageFull;
        let is_as_told = matches!(&outcome, Some(Err(Error::Write(error))) if is_full(error));
        assert!(is_as_told, "{outcome:?}");
    }
    assert!(!is_there("failed-write"));
}

#[test]
fn a_panic_of_the_writer_ends_the_child() {
    let panicking = Writer(|_: &[u8]| panic!("as wanted"), || Ok(()));
    let outcome = outcome(endless("panic"), panicking);
    assert!(outcome.is_none(), "{outcome:?}");
    assert!(!is_there("panic"));
}

#[test]
fn another_thread_can_stop_it_for_good() {
    let stopper = Stopper::default();
    let (sender, written) = channel();
    let tell = move |_: &[u8]| sender.send(()).map_err(io::Error::other);
    let mut writer = Writer(tell, || Ok(()));
    thread::scope(|scope| {
        let dumping = scope.spawn(|| dump(&endless("stopped"), &stopper, &mut writer));
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
