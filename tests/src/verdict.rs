//! What a backup's run has come to, whatever befell it.

use crate::{Job, Server, Site};
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What stands for yesterday's backup. It is no dump: what is one later is today's.
pub const YESTERDAY: &[u8] = b"yesterday's backup";

/// What lies where the backup belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// [`YESTERDAY`], to the byte.
    Old,
    /// The whole dump.
    New,
    /// Neither, and whoever looks finds out: it is empty or missing, or `gzip -t` or `bzip2 -t` refuses it.
    Lost,
    /// Part of a dump that passes for a whole one.
    Posing,
}

/// What a run has come to.
#[derive(Debug)]
pub struct Verdict {
    /// Of the process that was started; none where it was still there after [`PATIENCE`].
    pub status: Option<ExitStatus>,
    /// What lies where the backup belongs.
    pub published: Published,
    /// The processes that were still there [`GRACE`] after it.
    pub left: Vec<String>,
}

/// After this long a run hangs. One that works takes a second, on a busy machine ten.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// After this long a process is left. On its way out it takes milliseconds.
pub const GRACE: Duration = Duration::from_secs(10);

impl Verdict {
    /// What a run must never come to, in words; none where it has kept its promises.
    pub fn broken_promise(&self) -> Option<&'static str> {
        let succeeded = self.status.is_some_and(|status| status.success());
        match self.published {
            _ if self.status.is_none() => Some("it hangs"),
            Published::Lost => Some("yesterday's backup is lost"),
            Published::Posing => Some("a part of a dump is published"),
            Published::Old if succeeded => Some("it claims success and has published nothing"),
            _ if !self.left.is_empty() => Some("processes are left"),
            _ => None,
        }
    }
}

/// A whole dump, to compare others with.
pub struct Yardstick(Vec<u8>);

impl Yardstick {
    /// By pg_dump itself, or pg_dumpall; the database must not change while this is in use.
    #[track_caller]
    pub fn new(server: &Server, database: Option<&str>) -> Self {
        let program = database.map_or("pg_dumpall", |_| "pg_dump");
        let output = server.command(program).args(database).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{program}: {}", output.status);
        Self(without_keys(&output.stdout))
    }

    /// What lies at `file`.
    pub fn measure(&self, file: &Path) -> Published {
        let bytes = fs::read(file).unwrap_or_default();
        if bytes == YESTERDAY {
            return Published::Old;
        }
        match text_of(file, bytes) {
            Some(text) if without_keys(&text) == self.0 => Published::New,
            Some(text) if !text.is_empty() => Published::Posing,
            _ => Published::Lost,
        }
    }
}

/// Puts [`YESTERDAY`] where the backup is to appear.
pub fn put_yesterdays(site: &Site, job: &Job) {
    fs::write(job.file(site), YESTERDAY).expect("room for a few bytes");
}

/// Starts the run in the background and in silence.
pub fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Waits for the end of `child` and of all it has started, and ends what does not end by itself.
pub fn judge(site: &Site, yardstick: &Yardstick, file: &Path, child: &mut Child) -> Verdict {
    judge_within(PATIENCE, site, yardstick, file, child)
}

/// [`judge`] with less patience.
pub fn judge_within(
    patience: Duration,
    site: &Site,
    yardstick: &Yardstick,
    file: &Path,
    child: &mut Child,
) -> Verdict {
    let mut status = None;
    within(patience, || {
        status = child.try_wait().expect("a child of ours");
        status.is_some()
    });
    if status.is_none() {
        end_all(site);
        child.wait().expect("a child of ours");
    }
    within(GRACE.min(patience), || site.alive().is_empty());
    let left = site.processes();
    end_all(site);
    Verdict {
        status,
        published: yardstick.measure(file),
        left,
    }
}

fn end_all(site: &Site) {
    site.alive()
        .iter()
        .for_each(|process| process.send(Signal::KILL));
}

fn within(deadline: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() && start.elapsed() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// None where the decompressor refuses it.
fn text_of(file: &Path, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let program = match file.extension()?.to_str()? {
        "gz" => "gzip",
        "bz2" => "bzip2",
        _ => return Some(bytes),
    };
    let output = Command::new(program)
        .args(["-dc", "--"])
        .arg(file)
        .output()
        .expect("it runs");
    output.status.success().then_some(output.stdout)
}

/// pg_dump makes up a key for each dump.
fn without_keys(dump: &[u8]) -> Vec<u8> {
    let is_key =
        |line: &[u8]| line.starts_with(b"\\restrict ") || line.starts_with(b"\\unrestrict ");
    dump.split_inclusive(|&byte| byte == b'\n')
        .filter(|line| !is_key(line))
        .flatten()
        .copied()
        .collect()
}
