//! Ways to make backups: ours, and those that people use instead.

use cback_tests::{
    Job, Published, Run, Server, Site, WholeDump, YESTERDAY, cback3, extension, path_with_tools,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A way to back up PostgreSQL.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum Contender {
    /// `scripts/cback-postgresql`.
    Ours,
    /// Cedar Backup's own extension, run by cback3.
    Cedar,
    /// `pg_dump DATABASE | gzip > FILE`, which stands in many a crontab.
    PlainPipe,
    /// `pg_back DATABASE`, which writes pg_dump's custom format, whatever the job's mode is, and
    /// gives every night's file a name of its own.
    PgBack,
}

impl Contender {
    /// All of them, with their titles in a table's head.
    pub(crate) const ALL: [(Self, &str); 4] = [
        (Self::Ours, "cback-postgresql"),
        (Self::Cedar, "Cedar's extension"),
        (Self::PlainPipe, "`pg_dump \\| gzip > file`"),
        (Self::PgBack, "pg_back"),
    ];

    /// `job`, as far as the contender knows its like.
    pub(crate) fn adapt(self, job: Job) -> Job {
        match self {
            Self::PgBack => Job::new(job.mode, Some(crate::DATABASE)),
            _ => job,
        }
    }

    /// Where yesterday's backup lies.
    pub(crate) fn yesterdays(self, site: &Site, job: &Job) -> PathBuf {
        match self {
            Self::PgBack => site.path("collect/shop_2000-01-01T01:30:00+00:00.dump"),
            _ => job.file(site),
        }
    }

    /// State of the backup where yesterday's was (`file`), or beside it under today's name.
    pub(crate) fn published(self, file: &Path, whole: &WholeDump, site: &Site) -> Published {
        if self != Self::PgBack {
            return whole.compare(file);
        }
        let entries = fs::read_dir(file.parent().unwrap()).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        let is_todays = |it: &PathBuf| it != file && it.extension().is_some_and(|it| it == "dump");
        if let Some(todays) = paths.find(is_todays) {
            let output = Command::new("pg_restore").arg("-f-").arg(todays).run();
            if output.status.success() {
                let sql = site.path("restored.txt");
                fs::write(&sql, output.stdout).unwrap();
                return whole.compare(&sql);
            }
        }
        match fs::read(file) {
            Ok(bytes) if bytes == YESTERDAY => Published::Old,
            _ => Published::Lost,
        }
    }

    /// The kernel's names of the processes that do the work, besides the one that is started.
    pub(crate) fn stages(self, job: &Job) -> Vec<&'static str> {
        let dump = job.database.map_or("pg_dumpall", |_| "pg_dump");
        match (self, job.mode) {
            (Self::Ours, _) => vec!["cback-pgdump", dump, "pg_dump", "cback-compress"],
            (Self::PlainPipe, "gzip" | "bzip2") => vec![dump, "pg_dump", job.mode],
            _ => vec![dump, "pg_dump"],
        }
    }

    /// The run, ready to start; the site is configured for it.
    pub(crate) fn command(self, site: &mut Site, server: &Server, job: &Job) -> Command {
        if self == Self::Cedar {
            site.add_section(&extension("CedarBackup3.extend.postgresql"));
        }
        job.configure(site);
        let mut command = match self {
            Self::Ours => site.command(server, job.shell),
            Self::Cedar => cback3(site, server),
            Self::PlainPipe => plain_pipe(site, server, job),
            Self::PgBack => pg_back(site, server),
        };
        if self == Self::Cedar {
            command.arg("postgresql");
        }
        site.mark(&mut command);
        command
    }
}

fn plain_pipe(site: &Site, server: &Server, job: &Job) -> Command {
    let dump = job.database.map_or("pg_dumpall", |_| "pg_dump \"$2\"");
    let filter = match job.mode {
        "none" => String::new(),
        mode => format!("| {mode} "),
    };
    let mut command = server.command("sh");
    command.args(["-c", &format!("{dump} {filter}>\"$1\"; exit"), "sh"]);
    command.arg(job.file(site)).args(job.database);
    command
}

/// It is found on PATH. It must not read a configuration of this machine's.
fn pg_back(site: &Site, server: &Server) -> Command {
    fs::write(site.path("pg_back.conf"), "purge_older_than = 36500\n").unwrap();
    let mut command = server.command("pg_back");
    command.env("PATH", path_with_tools(server));
    command.arg("--config").arg(site.path("pg_back.conf"));
    command.arg("--backup-directory").arg(site.collect_dir());
    command.arg(crate::DATABASE);
    command
}
