//! Outcome of a run for a backup, whatever happened to it.

use crate::run::{comes_true, ended};
use crate::{Finished, Run, Server, Site, YESTERDAY, end_of};
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// State of the file where the backup belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// [`YESTERDAY`], to the byte.
    Old,
    /// The whole dump.
    New,
    /// Neither, and whoever looks finds out: it is empty or missing, or `gzip -t` or `bzip2 -t` refuses it.
    Lost,
    /// Part of a dump that passes for a whole one.
    Partial,
}

/// End of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Status of the process that was started; none where it was still there when patience ended.
    pub status: Option<ExitStatus>,
    /// State of the file where the backup belongs.
    pub published: Published,
    /// The processes that were still there [`GRACE`] after it.
    pub left: Vec<String>,
}

/// After this long a run hangs. One that works takes a second, on a busy machine a minute.
const PATIENCE: Duration = Duration::from_secs(300);

/// After this long a process is left. On its way out it takes milliseconds, on a busy machine seconds.
const GRACE: Duration = Duration::from_secs(120);

impl Outcome {
    /// Waits for the end of `child` and of all that the site has started, and ends what does not
    /// end by itself.
    pub fn of(site: &Site, whole: &WholeDump, file: &Path, child: &mut Child) -> Self {
        let status = ended(child, PATIENCE);
        let end_all = || site.alive().iter().for_each(|it| it.send(Signal::KILL));
        if status.is_none() {
            end_all();
            end_of(child);
        }
        comes_true(GRACE, || site.alive().is_empty());
        let left = site.processes();
        end_all();
        Self {
            status,
            published: whole.compare(file),
            left,
        }
    }

    /// The exit status; none where it hung or a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status?.code()
    }

    /// Panics at an end that no run may ever come to.
    #[track_caller]
    pub fn assert_safe(&self, done: &str) {
        let succeeded = self.status.is_some_and(|status| status.success());
        let fault = match self.published {
            _ if self.status.is_none() => "it hangs",
            Published::Lost => "yesterday's backup is lost",
            Published::Partial => "a part of a dump is published",
            Published::Old if succeeded => "it claims success and has published nothing",
            _ if !self.left.is_empty() => "processes are left",
            _ => return,
        };
        panic!("{fault}: {done}: {self:?}");
    }

    /// [`Outcome::assert_safe`], and it ended with this exit status, and this is published.
    #[track_caller]
    pub fn assert_ended(&self, code: i32, published: Published, done: &str) {
        self.assert_safe(done);
        let end = (self.code(), self.published);
        assert_eq!(end, (Some(code), published), "{done}: {self:?}");
    }
}

/// A whole dump, to compare others with.
#[derive(PartialEq, Eq)]
pub struct WholeDump(Vec<u8>);

impl WholeDump {
    /// By pg_dump itself, or pg_dumpall; the database must not change while this is in use.
    #[track_caller]
    pub fn of(server: &Server, database: Option<&str>) -> Self {
        let program = database.map_or("pg_dumpall", |_| "pg_dump");
        let output = server.command(program).args(database).run();
        output.succeeds();
        Self(without_keys(&output.stdout))
    }

    /// State of `file`.
    pub fn compare(&self, file: &Path) -> Published {
        if fs::read(file).is_ok_and(|bytes| bytes == YESTERDAY) {
            return Published::Old;
        }
        match unpacked(file) {
            Some(text) if without_keys(&text) == self.0 => Published::New,
            Some(text) if !text.is_empty() => Published::Partial,
            _ => Published::Lost,
        }
    }
}

/// The dump in `file`; none where the program that its name asks for refuses it.
pub fn unpacked(file: &Path) -> Option<Vec<u8>> {
    let program = match file.extension()?.to_str()? {
        "gz" => "gzip",
        "bz2" => "bzip2",
        _ => return fs::read(file).ok(),
    };
    let mut command = Command::new(program);
    let output = command.args(["-dc", "--"]).arg(file).run();
    output.status.success().then_some(output.stdout)
}

/// A dump without the random key that pg_dump makes up for each.
pub fn without_keys(dump: &[u8]) -> Vec<u8> {
    let lines = dump.split_inclusive(|&byte| byte == b'\n');
    let is_key = |it: &&[u8]| it.starts_with(b"\\restrict ") || it.starts_with(b"\\unrestrict ");
    lines.filter(|it| !is_key(it)).flatten().copied().collect()
}
